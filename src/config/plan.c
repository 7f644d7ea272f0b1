/* SPDX-License-Identifier: MIT */
/*
 * The phases of a plan walk all that is wanted, kind by kind, or all that there is, youngest first:
 *
 *	NAME	each gets its name; two may not have the same
 *	REFS	what options name has to be wanted, or there
 *	DIFF	compare with what there is
 *	UNSEEN	what is there and was not seen is not wanted any more
 *	DROP	unmake that, and what is made anew; the youngest goes first
 *	MAKE	make and change the others in the order of the text
 */
#include "config/plan.h"

#include "base/log.h"
#include "config/things.h"
#include "control/world.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

enum phase { NAME, REFS, DIFF, UNSEEN, DROP, MAKE, OVER };

int config_plan_init(
	struct plan *plan, struct world *world, struct wanted *wanted, const char *group)
{
	*plan = (struct plan){ .world = world, .wanted = wanted, .group = group };
	plan->names = inventory_new();
	return plan->names ? 0 : -ENOMEM;
}

bool config_plan_shrink(struct plan *plan)
{
	const struct thing *thing = plan->names ? inventory_before(plan->names, NULL) : NULL;

	if (!thing)
		return false;
	inventory_forget(plan->names, thing->kind, thing->name);
	return true;
}

void config_plan_done(struct plan *plan)
{
	inventory_free(plan->names);
	plan->names = NULL;
}

static void next_phase(struct plan *plan)
{
	plan->phase++;
	plan->kind = 0;
	plan->index = 0;
}

/* The next request of this phase; NULL: they are over, and the phase is. */
static struct request *next_request(struct plan *plan, enum thing_kind *ret_kind)
{
	while (plan->kind < THING_KINDS) {
		struct request_list *list = &plan->wanted->lists[plan->kind];

		if (plan->index < list->len) {
			*ret_kind = (enum thing_kind)plan->kind;
			return &list->items[plan->index++];
		}
		plan->kind++;
		plan->index = 0;
	}
	next_phase(plan);
	return NULL;
}

/* ---- checking ---- */

/* What may be meant by a name in options: another's id, of these kinds. */
static const enum thing_kind named[] = { THING_OBJECT, THING_CHARDEV, THING_LISTEN, THING_DEVICE };

static bool is_known(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const struct thing *thing =
			inventory_find_asked(world_inventory(plan->world), named[i], name);

		if (inventory_find(plan->names, named[i], name))
			return true;
		/* What another group, or nobody of the configuration, has made stays. */
		if (!thing || (plan->group && (!thing->group || strcmp(thing->group, plan->group))))
			if (thing_exists(plan->world, named[i], name))
				return true;
	}
	return false;
}

/* The port of a bus may be written behind its id: "bus0.0". */
static bool is_known_bus(const struct plan *plan, const char *name)
{
	const char *dot = strrchr(name, '.');
	char bus[256];

	if (!dot || (size_t)(dot - name) >= sizeof(bus))
		return false;
	memcpy(bus, name, (size_t)(dot - name));
	bus[dot - name] = '\0';
	return is_known(plan, bus);
}

static int check_refs(const struct plan *plan, const struct request *request, struct error **err)
{
	const struct opt_desc *desc;
	const char *name;
	size_t at = 0;

	while ((name = opts_next_ref(request->opts, &at, &desc))) {
		if (is_known(plan, name) || is_known_bus(plan, name))
			continue;
		log_set_place(request->where);
		return error_set(err, ENOENT, "'%s': there is no '%s', which %s= names",
			request->name, name, desc->name);
	}
	return 0;
}

/* Does it go and come, or come where it is not, since it could not be made, or was removed? */
static bool comes(const struct plan *plan, enum thing_kind kind, const char *name)
{
	const struct thing *thing = inventory_find_asked(world_inventory(plan->world), kind, name);

	return thing ? thing->made_anew : inventory_find(plan->names, kind, name) != NULL;
}

/* Does something that it leans on come anew? */
static enum reload_action lean(const struct plan *plan, const struct request *request)
{
	enum reload_action action = RELOAD_KEEP;
	const struct opt_desc *desc;
	const char *name;
	size_t at = 0;

	while ((name = opts_next_ref(request->opts, &at, &desc)))
		for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
			if (!comes(plan, named[i], name))
				continue;
			if (!desc->live)
				return RELOAD_MAKE_ANEW;
			action = RELOAD_CHANGE;
		}
	return action;
}

static int diff(struct plan *plan, enum thing_kind kind, struct request *request)
{
	static const enum reload_action actions[] = { [OPTS_SAME] = RELOAD_KEEP,
		[OPTS_LIVE] = RELOAD_CHANGE,
		[OPTS_OTHER] = RELOAD_MAKE_ANEW };
	struct thing *thing =
		inventory_find_asked(world_inventory(plan->world), kind, request->name);
	enum reload_action leaning;
	int change;

	if (!thing) {
		request->action = thing_exists(plan->world, kind, request->name) ? RELOAD_MAKE_ANEW
										 : RELOAD_ADD;
		return 0;
	}
	change = thing_compare(thing, request);
	if (change < 0)
		return change;
	leaning = lean(plan, request);
	request->action = actions[change] > leaning ? actions[change] : leaning;
	thing->seen = true;
	thing->made_anew = request->action == RELOAD_MAKE_ANEW;
	return 0;
}

/* Things keep no marks between plans. */
static void clear_marks(struct plan *plan)
{
	struct thing *thing = NULL;

	while ((thing = inventory_next(world_inventory(plan->world), thing)))
		thing->seen = thing->made_anew = false;
}

int config_plan_check_step(struct plan *plan, struct error **err)
{
	struct request *request;
	enum thing_kind kind;
	int r = 0;

	if (plan->phase >= UNSEEN)
		return PLAN_DONE;
	if (plan->phase == DIFF && !plan->kind && !plan->index)
		clear_marks(plan);
	request = next_request(plan, &kind);
	if (!request)
		return PLAN_MORE;
	switch ((enum phase)plan->phase) {
	case NAME: r = things_name_one(plan->world, kind, request, plan->names, err); break;
	case REFS: r = check_refs(plan, request, err); break;
	default:
		r = diff(plan, kind, request);
		if (r < 0)
			error_set(err, -r, "out of memory");
		break;
	}
	return r < 0 ? r : PLAN_MORE;
}

/* ---- telling ---- */

static bool is_ours(const struct plan *plan, const struct thing *thing)
{
	return thing->is_asked &&
	       (!plan->group || (thing->group && !strcmp(thing->group, plan->group)));
}

static bool is_unwanted(const struct plan *plan, const struct thing *thing)
{
	return !thing->seen && is_ours(plan, thing);
}

void config_plan_tell(const struct plan *plan, const struct reload_listener *listener)
{
	const struct thing *thing = NULL;

	while ((thing = inventory_before(world_inventory(plan->world), thing)))
		if (is_unwanted(plan, thing))
			listener->on_step(
				listener->data, RELOAD_REMOVE, thing->kind, thing->name, NULL);
	for (int kind = 0; kind < THING_KINDS; kind++)
		for (size_t i = 0; i < plan->wanted->lists[kind].len; i++) {
			const struct request *request = &plan->wanted->lists[kind].items[i];

			if (request->action != RELOAD_KEEP)
				listener->on_step(listener->data, request->action,
					(enum thing_kind)kind, request->name, NULL);
		}
}

static void tell(const struct reload_listener *listener, enum reload_action action,
	enum thing_kind kind, const char *name, const struct error *err)
{
	if (listener)
		listener->on_step(listener->data, action, kind, name, err);
}

/* ---- carrying out ---- */

/* Return: a bit of each kind of which something goes: mostly of none. */
static unsigned unwanted_kinds(const struct plan *plan)
{
	const struct thing *thing = NULL;
	unsigned kinds = 0;

	while ((thing = inventory_next(world_inventory(plan->world), thing)))
		if (is_unwanted(plan, thing))
			kinds |= 1u << thing->kind;
	return kinds;
}

/* The youngest goes first. */
static void drop_unwanted(
	struct plan *plan, enum thing_kind kind, const struct reload_listener *listener)
{
	struct thing *thing = inventory_before(world_inventory(plan->world), NULL);

	while (thing) {
		struct thing *before = inventory_before(world_inventory(plan->world), thing);

		if (thing->kind == kind && is_unwanted(plan, thing)) {
			tell(listener, RELOAD_REMOVE, thing->kind, thing->name, NULL);
			thing_drop(plan->world, thing->kind, thing->name);
		}
		thing = before;
	}
}

static void drop_all_unwanted(struct plan *plan, const struct reload_listener *listener)
{
	unsigned kinds = unwanted_kinds(plan);

	for (int kind = THING_KINDS - 1; kind >= 0; kind--)
		if (kinds >> kind & 1)
			drop_unwanted(plan, (enum thing_kind)kind, listener);
}

static void drop_made_anew(struct plan *plan)
{
	for (int kind = THING_KINDS - 1; kind >= 0; kind--) {
		const struct request_list *list = &plan->wanted->lists[kind];

		for (size_t i = list->len; i > 0; i--)
			if (list->items[i - 1].action == RELOAD_MAKE_ANEW)
				thing_drop(plan->world, (enum thing_kind)kind,
					list->items[i - 1].name);
	}
}

static int carry_out(
	struct plan *plan, enum thing_kind kind, struct request *request, struct error **err)
{
	const struct thing *thing;

	if (request->action != RELOAD_CHANGE)
		return thing_make(plan->world, kind, request, err);
	thing = inventory_find_asked(world_inventory(plan->world), kind, request->name);
	if (!thing) /* it has gone meanwhile */
		return thing_make(plan->world, kind, request, err);
	return thing_change(plan->world, thing, request, err);
}

static void make(struct plan *plan, const struct reload_listener *listener)
{
	enum thing_kind kind;
	struct request *request = next_request(plan, &kind);
	struct error *err = NULL;

	if (!request || request->action == RELOAD_KEEP)
		return;
	log_set_place(request->where);
	carry_out(plan, kind, request, &err);
	tell(listener, request->action, kind, request->name, err);
	if (err)
		log_report(LOG_ERROR, err);
	log_set_place(NULL);
}

int config_plan_apply_step(struct plan *plan, const struct reload_listener *listener)
{
	switch ((enum phase)plan->phase) {
	case UNSEEN:
		drop_all_unwanted(plan, listener);
		next_phase(plan);
		return PLAN_MORE;
	case DROP:
		drop_made_anew(plan);
		next_phase(plan);
		return PLAN_MORE;
	case MAKE: make(plan, listener); return PLAN_MORE;
	default: return PLAN_DONE;
	}
}
