/* SPDX-License-Identifier: MIT */
#include "frontend/frontend.h"

#include "base/log.h"
#include "frontend/inheritance.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 1000 };

struct frontend_set {
	struct loop *loop;
	struct chardev_set *chardevs;
	const struct frontend_class *const *classes;
	struct list frontends;
	struct names names;
	struct frontend_inheritance *inheritance; /* NULL: there is none */
	void (*on_guest_open)(void *data, const struct frontend *frontend, bool open);
	void *listener;
};

static const struct opt_desc common_options[] = {
	{ .name = "driver", .type = OPT_STRING, .help = "type of the device; may be left out" },
	{ .name = "id", .type = OPT_STRING, .help = "its name" },
	{ 0 },
};

const struct opt_desc *const frontend_common_options = common_options;

struct frontend_set *frontend_set_new(struct loop *loop, struct chardev_set *chardevs,
	const struct frontend_class *const *classes)
{
	struct frontend_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->loop = loop;
	set->chardevs = chardevs;
	set->classes = classes;
	list_init(&set->frontends);
	return set;
}

static void frontend_reap(void *data)
{
	struct frontend *frontend = data;

	free(frontend->id);
	free(frontend->key);
	free(frontend);
}

static void reap_later(struct frontend *frontend)
{
	timer_free(frontend->quiet);
	task_post(frontend->loop, &frontend->reap, frontend_reap, frontend);
}

static void unmake(struct frontend *frontend)
{
	list_remove(&frontend->node);
	names_remove(&frontend->name);
	frontend->class->close(frontend);
	reap_later(frontend);
}

void frontend_set_free(struct frontend_set *set)
{
	if (!set)
		return;
	frontend_inheritance_free(set->inheritance);
	while (!list_is_empty(&set->frontends))
		unmake(container_of(set->frontends.prev, struct frontend, node));
	names_done(&set->names);
	free(set);
}

static bool has_alias(const struct frontend_class *class, const char *name)
{
	for (const char *const *alias = class->aliases; alias && *alias; alias++)
		if (!strcmp(*alias, name))
			return true;
	return false;
}

const struct frontend_class *frontend_class_find(
	const struct frontend_class *const *classes, const char *name)
{
	for (; *classes; classes++)
		if (!strcmp((*classes)->name, name) || has_alias(*classes, name))
			return *classes;
	return NULL;
}

void frontend_set_listen(struct frontend_set *set,
	void (*on_guest_open)(void *data, const struct frontend *frontend, bool open), void *data)
{
	set->on_guest_open = on_guest_open;
	set->listener = data;
}

static void tell_guest_open(void *data)
{
	struct frontend *frontend = data;
	const struct frontend_set *set = frontend->set;
	bool open = frontend->guest_open;

	if (frontend->told_open == open)
		return;
	frontend->told_open = open;
	if (*frontend->id)
		log_info("%s '%s': the guest has %s it", frontend->class->name, frontend->id,
			open ? "opened" : "closed");
	if (frontend->quiet)
		timer_start(frontend->quiet, QUIET_MS);
	if (set->on_guest_open)
		set->on_guest_open(set->listener, frontend, open);
}

void frontend_guest_open(struct frontend *frontend, bool open)
{
	frontend->guest_open = open;
	if (!frontend->quiet)
		frontend->quiet = timer_new(frontend->loop, tell_guest_open, frontend);
	if (!frontend->quiet || !timer_is_running(frontend->quiet))
		tell_guest_open(frontend);
}

struct frontend *frontend_set_next(const struct frontend_set *set, const struct frontend *after)
{
	const struct list *node = after ? after->node.next : set->frontends.next;

	return node == &set->frontends ? NULL : container_of(node, struct frontend, node);
}

struct frontend *frontend_set_find(const struct frontend_set *set, const char *id)
{
	struct name *name = names_find(&set->names, id);

	return name ? container_of(name, struct frontend, name) : NULL;
}

/* QEMU has a text of its own for an unknown key of a device. */
static int check_keys(struct opts *opts, const struct frontend_class *class, struct error **err)
{
	const struct opt_desc *const tables[] = { class->options, common_options, NULL };
	const char *key = opts_unknown_key(opts, tables);

	if (!key)
		return 0;
	error_set(err, EINVAL, "Property '%s.%s' not found", opts_text(opts, "driver"), key);
	opts_set_names_hint(class->name, tables, err);
	return -EINVAL;
}

int frontend_check(const struct frontend_class *const *classes, struct opts *opts,
	const struct frontend_class **ret_class, struct error **err)
{
	const char *driver = opts_text(opts, "driver");
	int r;

	if (!driver)
		return error_set(err, EINVAL, "Parameter 'driver' is missing");
	*ret_class = frontend_class_find(classes, driver);
	if (!*ret_class) {
		error_set(err, ENODEV, "'%s' is not a valid device model name", driver);
		error_set_hint(err, "'-device help' lists those that are.");
		return -ENODEV;
	}
	r = check_keys(opts, *ret_class, err);
	if (r < 0)
		return r;
	return opts_check(opts, (*ret_class)->name,
		(const struct opt_desc *const[]){ (*ret_class)->options, common_options, NULL },
		err);
}

static struct frontend *frontend_alloc(
	struct frontend_set *set, const struct frontend_class *class, const struct opts *opts)
{
	struct frontend *frontend = calloc(1, class->size);
	const char *id = opts_text(opts, "id");

	if (!frontend)
		return NULL;
	frontend->id = strdup(id ? id : "");
	frontend->key = id ? strdup(id) : opts_canonical(opts, "driver");
	if (!frontend->id || !frontend->key) {
		free(frontend->id);
		free(frontend->key);
		free(frontend);
		return NULL;
	}
	frontend->class = class;
	frontend->set = set;
	frontend->chardevs = set->chardevs;
	frontend->loop = set->loop;
	return frontend;
}

int frontend_set_add(struct frontend_set *set, struct opts *opts, struct frontend **ret_frontend,
	struct error **err)
{
	const struct frontend_class *class;
	struct frontend *frontend;
	int r = frontend_check(set->classes, opts, &class, err);
	const char *id = opts_text(opts, "id");

	if (r < 0)
		return r;
	if (id && frontend_set_find(set, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for device", id);
	frontend = frontend_alloc(set, class, opts);
	if (!frontend)
		return error_set(err, ENOMEM, "device '%s': out of memory", class->name);
	if (set->inheritance)
		frontend->left = frontend_inheritance_find(set->inheritance, frontend);
	r = class->open(frontend, opts, err);
	if (r < 0) {
		reap_later(frontend);
		return r;
	}
	list_append(&set->frontends, &frontend->node);
	if (*frontend->id)
		names_add(&set->names, &frontend->name, frontend->id);
	if (ret_frontend)
		*ret_frontend = frontend;
	return 0;
}

int frontend_set_inherit(struct frontend_set *set, const struct snapshot_groups *frontends)
{
	return frontend_inheritance_new(frontends, &set->inheritance);
}

void frontend_set_inherited(struct frontend_set *set)
{
	struct frontend_inheritance *all = set->inheritance;

	set->inheritance = NULL;
	if (all)
		frontend_inheritance_load(all, set);
	frontend_inheritance_free(all);
}

int frontend_set_remove(struct frontend_set *set, const char *id, struct error **err)
{
	struct frontend *frontend = frontend_set_find(set, id);

	if (!frontend)
		return error_set(err, ENOENT, "Device '%s' not found", id);
	if (frontend->class->is_used && frontend->class->is_used(frontend))
		return error_set(err, EBUSY, "Device '%s' has ports", id);
	unmake(frontend);
	return 0;
}

void frontend_set_drop(struct frontend_set *set, struct frontend *frontend)
{
	(void)set;
	unmake(frontend);
}

int frontend_attach(struct frontend *frontend, const char *property, const char *id,
	struct chardev_link *link, unsigned flags, const struct chardev_holder_ops *ops,
	struct error **err)
{
	const char *driver = frontend->class->name;
	struct chardev *chardev = chardev_set_find(frontend->chardevs, id);
	int r;

	if (!chardev)
		return error_set(err, ENOENT, "Property '%s.%s' can't find value '%s'", driver,
			property, id);
	if (!strcmp(property, "chardev"))
		frontend->console = link;
	r = chardev_link_attach(link, chardev, flags, ops, frontend, err);
	if (r < 0)
		error_prefix(err, "Property '%s.%s' can't take value '%s': ", driver, property, id);
	return r;
}
