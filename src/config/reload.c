/* SPDX-License-Identifier: MIT */
/*
 * One at a time, of four parts: read, check, apply, clear away. Up to the third everything can be
 * dropped without a trace. Who asks while one runs, by a signal or since a socket has come, is
 * served afterwards; who asks by a command is told that one runs.
 */
#include "config/reload.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "config/plan.h"
#include "control/event-table.h"
#include "control/world.h"

#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NS_IN_MS = 1000000 };

enum stage { IDLE, READING, CHECKING, APPLYING, CLEARING };

/**
 * struct config_reload
 * @group:    of what is done now; NULL: all
 * @listener: who waits for it; NULL: nobody
 * @err:      why it was not carried out, once that is known
 * @all_again, @groups: what is to be done next
 */
struct config_reload {
	struct loop *loop;
	struct world *world;
	const struct config_source *source;
	void *data;
	struct reloader reloader;
	struct timer *timer;
	enum stage stage;
	char *group;
	bool dry_run;
	const struct reload_listener *listener;
	struct plan plan;
	struct error *err;
	bool all_again;
	char **groups;
	size_t n_groups;
};

static void start_next(struct config_reload *reload);

/* ---- the end of one ---- */

/* Where it was is said by the place of messages, which ends here. */
static void put_place(struct error **err)
{
	const char *place = log_place();

	if (place)
		error_prefix(err, "%s ", place + (*place == ' '));
	log_set_place(NULL);
}

/* It is decided; what it has left behind is cleared away next. */
static void begin_end(struct config_reload *reload, struct error *err)
{
	if (err)
		put_place(&err);
	if (err)
		log_error("the configuration is not used: %s", error_message(err));
	reload->err = err;
	reload->stage = CLEARING;
}

static bool is_used(const struct config_reload *reload)
{
	return !reload->err && !reload->dry_run;
}

/* Of one that was carried out, or was to be. */
static void publish(const struct config_reload *reload)
{
	struct event_bus *events = world_events(reload->world);
	const char *why = reload->err ? error_message(reload->err) : NULL;

	if (!reload->dry_run && event_bus_is_heard(events))
		event_publish(events, &event_config_reloaded, json_pack("{s:s*}", "error", why));
}

/* Return: false: all is cleared away, and who waited was told. */
static bool end(struct config_reload *reload)
{
	const struct reload_listener *listener;
	struct error *err;

	if (config_plan_shrink(&reload->plan) || reload->source->end(reload->data, is_used(reload)))
		return true;
	config_plan_done(&reload->plan);
	publish(reload);
	free(TAKE_PTR(reload->group));
	reload->stage = IDLE;
	listener = TAKE_PTR(reload->listener);
	err = TAKE_PTR(reload->err);
	if (listener)
		listener->on_end(listener->data, err);
	else
		error_free(err);
	start_next(reload);
	return false;
}

/* ---- steps ---- */

static int begin_check(struct config_reload *reload, struct error **err)
{
	reload->stage = CHECKING;
	return config_plan_init(&reload->plan, reload->world, reload->source->wanted(reload->data),
		       reload->group) < 0
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

/* Return: false: it is over. */
static bool step(struct config_reload *reload)
{
	struct error *err = NULL;
	int r = 0;

	switch (reload->stage) {
	case READING:
		r = reload->source->step(reload->data, &err);
		if (r == 0)
			r = begin_check(reload, &err);
		break;
	case CHECKING:
		r = config_plan_check_step(&reload->plan, &err);
		if (r != PLAN_DONE)
			break;
		if (reload->listener && reload->dry_run)
			config_plan_tell(&reload->plan, reload->listener);
		if (reload->dry_run)
			begin_end(reload, NULL);
		else
			reload->stage = APPLYING;
		break;
	case APPLYING:
		if (config_plan_apply_step(&reload->plan, reload->listener) == PLAN_DONE)
			begin_end(reload, NULL);
		break;
	default: return end(reload);
	}
	if (r < 0)
		begin_end(reload, err);
	return true;
}

static void run_slice(void *data)
{
	struct config_reload *reload = data;
	uint64_t until = loop_clock_ns(reload->loop) + (uint64_t)RELOAD_SLICE_MS * NS_IN_MS;

	while (step(reload)) {
		if (loop_clock_ns(reload->loop) < until)
			continue;
		log_set_place(NULL);
		timer_start(reload->timer, 0);
		return;
	}
}

/* ---- starting ---- */

static int start(struct config_reload *reload, const char *group, struct error **err)
{
	int r;

	if (copy_text(group, &reload->group) < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = reload->source->begin(reload->data, reload->group, err);
	if (r < 0) {
		free(TAKE_PTR(reload->group));
		return r;
	}
	reload->stage = READING;
	timer_start(reload->timer, 0);
	return 0;
}

static void start_waiting(struct config_reload *reload)
{
	AUTO_FREE char *group = NULL;
	struct error *err = NULL;

	if (!reload->all_again)
		group = reload->groups[--reload->n_groups];
	reload->all_again = false;
	reload->dry_run = false;
	if (start(reload, group, &err) < 0)
		log_report(LOG_ERROR, err);
}

static void start_next(struct config_reload *reload)
{
	while (reload->stage == IDLE && (reload->all_again || reload->n_groups))
		start_waiting(reload);
}

void config_reload_start(struct config_reload *reload)
{
	reload->all_again = true;
	start_next(reload);
}

static bool waits(const struct config_reload *reload, const char *group)
{
	for (size_t i = 0; i < reload->n_groups; i++)
		if (!strcmp(reload->groups[i], group))
			return true;
	return false;
}

void config_reload_start_group(struct config_reload *reload, const char *group)
{
	char **groups, *copy;

	if (waits(reload, group))
		return;
	groups = reallocarray(reload->groups, reload->n_groups + 1, sizeof(*groups));
	copy = strdup(group);
	if (groups)
		reload->groups = groups;
	if (groups && copy)
		groups[reload->n_groups++] = TAKE_PTR(copy);
	else
		log_error("consoles '%s': out of memory", group);
	free(copy);
	start_next(reload);
}

/* ---- for the world ---- */

static int start_listened(
	void *data, bool dry_run, const struct reload_listener *listener, struct error **err)
{
	struct config_reload *reload = data;
	int r;

	if (reload->stage != IDLE)
		return error_set(err, EBUSY, "the configuration is being read just now");
	reload->dry_run = dry_run;
	r = start(reload, NULL, err);
	if (r == 0)
		reload->listener = listener;
	return r;
}

static void forget(void *data, const struct reload_listener *listener)
{
	struct config_reload *reload = data;

	if (reload->listener == listener)
		reload->listener = NULL;
}

static const struct reloader_ops reloader_ops = { .start = start_listened, .forget = forget };

int config_reload_new(struct loop *loop, struct world *world, const struct config_source *source,
	void *data, struct config_reload **ret_reload)
{
	struct config_reload *reload = calloc(1, sizeof(*reload));

	if (!reload)
		return -ENOMEM;
	*reload = (struct config_reload){
		.loop = loop,
		.world = world,
		.source = source,
		.data = data,
		.reloader = { &reloader_ops, reload },
		.timer = timer_new(loop, run_slice, reload),
	};
	if (!reload->timer) {
		free(reload);
		return -ENOMEM;
	}
	world_set_reloader(world, &reload->reloader);
	*ret_reload = reload;
	return 0;
}

void config_reload_free(struct config_reload *reload)
{
	if (!reload)
		return;
	world_set_reloader(reload->world, NULL);
	timer_free(reload->timer);
	config_plan_done(&reload->plan);
	while (reload->stage != IDLE && reload->source->end(reload->data, false))
		;
	error_free(reload->err);
	while (reload->n_groups)
		free(reload->groups[--reload->n_groups]);
	free(reload->groups);
	free(reload->group);
	free(reload);
}
