/* SPDX-License-Identifier: MIT */
/*
 * Chardevs by name: from options to an object, in order of creation.
 */
#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "chardev/birth.h"
#include "chardev/chardev-impl.h"
#include "chardev/inheritance.h"
#include "chardev/link.h"
#include "chardev/log.h"
#include "chardev/rotate.h"
#include "io/work-pool.h"
#include "chardev/qapi.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE_DEFAULT = 1 }; /* Ctrl-A */

struct chardev_set {
	struct chardev_shared shared;
	struct work_pool *pool; /* held until the end, so that closing a file never waits */
	const struct chardev_class *const *classes;
	struct chardev_node chardevs; /* head */
	struct names names;
};

static struct chardev *chardev_of_node(const struct chardev_node *node)
{
	return container_of(node, struct chardev, node);
}

/* The body may not free anybody. */
#define for_each_chardev(pos, in_set)                                        \
	for (struct chardev *pos = chardev_of_node((in_set)->chardevs.next); \
		&(pos)->node != &(in_set)->chardevs; pos = chardev_of_node((pos)->node.next))

static void append(struct chardev_set *set, struct chardev *chardev)
{
	struct chardev_node *head = &set->chardevs, *node = &chardev->node;

	node->prev = head->prev;
	node->next = head;
	node->prev->next = head->prev = node;
	names_add(&set->names, &chardev->name, chardev->id);
}

static const struct opt_desc common_options[] = {
	{ .name = "backend", .type = OPT_STRING, .help = "type of the chardev; may be left out" },
	{ .name = "id", .type = OPT_STRING, .help = "its name" },
	{ .name = "mux",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "share it: ID is a mux then, and the chardev itself is called ID-base" },
	{ .name = "logfile",
		.type = OPT_STRING,
		.live = true,
		.help = "file that gets every byte from the guest once" },
	{ .name = "logappend",
		.type = OPT_BOOL,
		.live = true,
		.preset = "off",
		.help = "add to the log file instead of emptying it" },
	{ .name = "logtimestamp",
		.type = OPT_BOOL,
		.live = true,
		.preset = "off",
		.help = "put the time in front of each line of the log" },
	{ .name = "logstamp",
		.type = OPT_ENUM,
		.live = true,
		.preset = "utc",
		.values = "utc|start",
		.help = "which time: date and time in UTC, or how long the log has been open" },
	{ .name = "logmode",
		.type = OPT_STRING,
		.live = true,
		.preset = "0640",
		.help = "permissions of a log file that is made, whatever the umask" },
	ROTATION_OPTIONS,
	{ .name = "time-index",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "keep PATH.idx beside the log, or a file: what was written when" },
	{ 0 },
};

const struct opt_desc *const chardev_common_options = common_options;

struct chardev_set *chardev_set_new(struct loop *loop, const struct chardev_class *const *classes)
{
	struct chardev_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	if (work_pool_get(loop, &set->pool) < 0) {
		free(set);
		return NULL;
	}
	set->shared.loop = loop;
	set->shared.set = set;
	set->shared.escape = ESCAPE_DEFAULT;
	set->classes = classes;
	set->chardevs.prev = set->chardevs.next = &set->chardevs;
	return set;
}

void chardev_set_show(struct chardev_set *set, struct display *display)
{
	set->shared.display = display;
}

void chardev_set_objects(struct chardev_set *set, struct object_set *objects)
{
	set->shared.objects = objects;
}

void chardev_set_escape(struct chardev_set *set, unsigned char escape)
{
	set->shared.escape = escape;
}

int chardev_set_inherit(struct chardev_set *set, const struct snapshot *from,
	const struct snapshot_groups *chardevs)
{
	return chardev_inheritance_new(from, chardevs, &set->shared.inheritance);
}

void chardev_set_inherited(struct chardev_set *set)
{
	if (set->shared.inheritance)
		chardev_inheritance_join(set->shared.inheritance);
	chardev_inheritance_free(TAKE_PTR(set->shared.inheritance));
}

struct chardev *chardev_take_orphan(struct chardev_set *set, const char *id)
{
	return set->shared.inheritance ? chardev_inheritance_take(set->shared.inheritance, id)
				       : NULL;
}

unsigned chardev_set_settle(struct chardev_set *set, int max_ms)
{
	return work_pool_settle(set->pool, max_ms);
}

void chardev_set_free(struct chardev_set *set)
{
	unsigned unwritten;

	if (!set)
		return;
	while (set->chardevs.prev != &set->chardevs)
		chardev_free(chardev_of_node(set->chardevs.prev));
	unwritten = work_pool_drain(set->pool);
	if (unwritten)
		log_warning("%u files do not answer: what was left to write to them is lost",
			unwritten);
	work_pool_put(set->pool);
	names_done(&set->names);
	/* Memory of the chardevs goes in a task; the loop may live on without this set. */
	free(set);
}

const struct chardev_class *chardev_class_find(
	const struct chardev_class *const *classes, const char *name)
{
	for (; *classes; classes++)
		if (!strcmp((*classes)->name, name))
			return *classes;
	return NULL;
}

/* QEMU has texts of its own for what only a screen has. */
static int check_sizes(
	struct opts *opts, const struct chardev_class *class, const char *id, struct error **err)
{
	const char *key = opts_unknown_key(opts,
		(const struct opt_desc *const[]){ class->options, chardev_common_options, NULL });

	if (key && opts_enum_index("width|height|cols|rows", key) >= 0)
		return error_set(err, EINVAL, "chardev '%s' does not support size options", id);
	if (key && !strcmp(key, "encoding"))
		return error_set(err, EINVAL, "chardev '%s' does not support encoding option", id);
	return 0;
}

/* Types that QEMU has and that make no sense outside of a VMM. */
static const struct {
	const char *name, *why;
} foreign[] = {
	{ "braille", "shows the text of a VMM's own screen" },
	{ "console", "is a window of Windows" },
	{ "dbus", "belongs to a VMM's display over D-Bus" },
	{ "msmouse", "takes its movements from a VMM's display" },
	{ "parallel", "is driven by a VMM's parallel port; 'pipe' and 'file' take bytes" },
	{ "parport", "is driven by a VMM's parallel port; 'pipe' and 'file' take bytes" },
	{ "qemu-vdagent", "belongs to a VMM's display" },
	{ "spiceport", "belongs to a VMM's SPICE server; 'vc' and -vnc show consoles" },
	{ "spicevmc", "belongs to a VMM's SPICE server; 'vc' and -vnc show consoles" },
	{ "testdev", "lets a guest end a VMM with a status; no guest ends a hub" },
	{ "tty", "is called 'serial'" },
	{ "wctablet", "takes its movements from a VMM's display" },
};

static int no_such_class(const char *name, struct error **err)
{
	error_set(err, EINVAL, "'%s' is not a valid char driver name", name);
	error_set_hint(err, "'-chardev help' lists those that are.");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!strcmp(name, foreign[i].name))
			error_set_hint(err, "'%s' %s.", name, foreign[i].why);
	return -EINVAL;
}

int chardev_check(const struct chardev_class *const *classes, struct opts *opts,
	const struct chardev_class **ret_class, struct error **err)
{
	const char *id, *backend;
	int r = qapi_flatten(opts, err);

	if (r < 0)
		return r;
	id = opts_text(opts, "id");
	backend = opts_text(opts, "backend");
	/* QEMU takes "null,,id=a" for the backend "null,id=a" with the id "a". */
	if (!id && !(backend && strchr(backend, ',')))
		return error_set(err, EINVAL, "chardev: no id specified");
	if (!backend)
		return error_set(err, EINVAL, "chardev: \"%s\" missing backend", id);
	*ret_class = chardev_class_find(classes, backend);
	if (!*ret_class)
		return no_such_class(backend, err);
	r = check_sizes(opts, *ret_class, id, err);
	if (r == 0)
		r = opts_check(opts, (*ret_class)->name,
			(const struct opt_desc *const[]){
				(*ret_class)->options, chardev_common_options, NULL },
			err);
	if (r == 0)
		r = chardev_log_check(opts, err);
	return r == 0 && (*ret_class)->check ? (*ret_class)->check(opts, err) : r;
}

static int add(struct chardev_set *set, const struct chardev_class *class, const char *id,
	const struct opts *opts, struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev;
	int r;

	if (chardev_set_find(set, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for chardev", id);
	chardev = chardev_new(&set->shared, class, id);
	if (!chardev)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", id);
	r = chardev_open(chardev, opts, err);
	if (r < 0)
		return r;
	append(set, chardev);
	if (ret_chardev)
		*ret_chardev = chardev;
	return 0;
}

static int add_mux(struct chardev_set *set, const char *id, const char *below,
	struct chardev **ret_chardev, struct error **err)
{
	AUTO_OPTS struct opts *opts = opts_new();

	if (!opts || opts_set(opts, "backend", "mux") < 0 || opts_set(opts, "id", id) < 0 ||
		opts_set(opts, "chardev", below) < 0)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", id);
	return chardev_set_add(set, opts, ret_chardev, err);
}

/* `mux=on`: two chardevs, of which the mux has the name. The log is that of the one below. */
static int add_below_mux(struct chardev_set *set, const struct chardev_class *class,
	const struct opts *opts, struct chardev **ret_chardev, struct error **err)
{
	AUTO_FREE char *below = NULL;
	const char *id = opts_text(opts, "id");
	struct chardev *chardev;
	int r;

	if (asprintf(&below, "%s-base", id) < 0) {
		below = NULL;
		return error_set(err, ENOMEM, "chardev '%s': out of memory", id);
	}
	r = add(set, class, below, opts, &chardev, err);
	if (r < 0)
		return r;
	r = add_mux(set, id, below, ret_chardev, err);
	if (r < 0)
		chardev_free(chardev);
	return r;
}

int chardev_set_add(struct chardev_set *set, struct opts *opts, struct chardev **ret_chardev,
	struct error **err)
{
	const struct chardev_class *class;
	int r = chardev_check(set->classes, opts, &class, err);

	if (r < 0)
		return r;
	if (opts_get_bool(opts, "mux"))
		return add_below_mux(set, class, opts, ret_chardev, err);
	return add(set, class, opts_text(opts, "id"), opts, ret_chardev, err);
}

int chardev_set_add_text(
	struct chardev_set *set, const char *text, struct chardev **ret_chardev, struct error **err)
{
	struct opts *opts = NULL;
	int r = opts_parse(text, "backend", &opts, err);

	if (r < 0)
		return r;
	r = chardev_set_add(set, opts, ret_chardev, err);
	opts_free(opts);
	return r;
}

struct chardev *chardev_set_find(const struct chardev_set *set, const char *id)
{
	struct name *name = names_find(&set->names, id);

	return name ? container_of(name, struct chardev, name) : NULL;
}

struct chardev *chardev_set_next(const struct chardev_set *set, const struct chardev *after)
{
	const struct chardev_node *next = after ? after->node.next : set->chardevs.next;

	return next == &set->chardevs ? NULL : chardev_of_node(next);
}

static int find_or_error(const struct chardev_set *set, const char *id,
	struct chardev **ret_chardev, struct error **err)
{
	*ret_chardev = chardev_set_find(set, id);
	return *ret_chardev ? 0 : error_set(err, ENOENT, "Chardev '%s' not found", id);
}

/* In the list it takes the place of the old one. */
static int replace(struct chardev *old, struct chardev *chardev, struct error **err)
{
	int r = old->link ? chardev_move_link(old, chardev, err) : 0;

	if (r < 0)
		return r;
	chardev->node.prev = &old->node;
	chardev->node.next = old->node.next;
	old->node.next->prev = &chardev->node;
	old->node.next = &chardev->node;
	names_remove(&old->name);
	names_add(&chardev->set->names, &chardev->name, chardev->id);
	chardev_free(old);
	return 0;
}

static int change(struct chardev_set *set, struct chardev *old, const struct chardev_class *class,
	const struct opts *opts, struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev = chardev_new(&set->shared, class, old->id);
	int r;

	if (!chardev)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", old->id);
	r = chardev_open(chardev, opts, err);
	if (r < 0)
		return r;
	r = replace(old, chardev, err);
	if (r < 0)
		chardev_free(chardev);
	else if (ret_chardev)
		*ret_chardev = chardev;
	return r;
}

int chardev_set_change(struct chardev_set *set, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err)
{
	const struct chardev_class *class;
	struct chardev *old;
	int r = find_or_error(set, id, &old, err);

	if (r == 0 && old->link && !(chardev_holder_flags(old) & CHARDEV_LINK_SWAPS))
		r = error_set(err, EBUSY, "Chardev user does not support chardev hotswap");
	if (r == 0)
		r = chardev_check(set->classes, opts, &class, err);
	if (r == 0 && old->link && class->join)
		r = error_set(err, EBUSY, "For mux or hub device hotswap is not supported yet");
	return r < 0 ? r : change(set, old, class, opts, ret_chardev, err);
}

static bool is_same(const struct opts *a, const struct opts *b, const char *key)
{
	const char *left = opts_text(a, key), *right = opts_text(b, key);

	return left && right ? !strcmp(left, right) : left == right;
}

/* The clients of a server write where it wrote when they came. */
static int change_log(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err)
{
	static const char *const keys[] = { "logfile", "logappend", "logtimestamp", "logstamp",
		"logmode", "rotate-size", "rotate-age", "rotate-keep", "compress" };
	struct chardev_log *log = NULL;
	bool same = true;
	int r;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		same &= is_same(opts, old, keys[i]);
	if (same)
		return 0;
	r = chardev_log_open(chardev, opts, NULL, is_same(opts, old, "logfile"), &log, err);
	if (r < 0)
		return r;
	chardev_log_unref(chardev->log, chardev);
	chardev->log = log;
	return 0;
}

int chardev_set_retune(struct chardev_set *set, const char *id, struct opts *opts,
	const struct opts *old, struct error **err)
{
	const struct chardev_class *class;
	struct chardev *chardev;
	int r = find_or_error(set, id, &chardev, err);

	if (r == 0)
		r = chardev_check(set->classes, opts, &class, err);
	if (r == 0 && opts_get_bool(opts, "mux"))
		chardev = chardev->class->child(chardev, 0);
	if (r == 0 && class != chardev->class)
		r = error_set(err, ENOTSUP, "chardev '%s' is no %s", id, class->name);
	if (r == 0)
		r = change_log(chardev, opts, old, err);
	if (r == 0 && class->change)
		r = class->change(chardev, opts, old, err);
	return r;
}

int chardev_set_remove(struct chardev_set *set, const char *id, struct error **err)
{
	struct chardev *chardev;
	int r = find_or_error(set, id, &chardev, err);

	if (r < 0)
		return r;
	if (chardev_is_held(chardev))
		return error_set(err, EBUSY, "Chardev '%s' is busy", id);
	chardev_free(chardev);
	return 0;
}

void chardev_set_reopen_files(struct chardev_set *set)
{
	for_each_chardev (chardev, set) {
		chardev_log_reopen(chardev->log);
		if (chardev->class->reopen)
			chardev->class->reopen(chardev);
	}
}

int chardev_set_send_break(struct chardev_set *set, const char *id, struct error **err)
{
	struct chardev_event event = { .type = CHARDEV_BREAK };
	struct chardev *chardev;
	int r = find_or_error(set, id, &chardev, err);

	if (r < 0)
		return r;
	if (chardev->class->raise)
		chardev->class->raise(chardev, &event);
	else
		chardev_event(chardev, &event);
	return 0;
}
