/* SPDX-License-Identifier: MIT */
/*
 * Chardevs by name, their birth and their death. A chardev's memory outlives its removal until the
 * dispatch is over, since it may be removed inside its own callback.
 */
#include "chardev/set.h"

#include <charhub/chardev-impl.h>

#include "base/cleanup.h"
#include "chardev/log.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

enum { SCRATCH_BYTES = 64 * 1024 };

struct chardev_set {
	struct loop *loop;
	const struct chardev_class *const *classes;
	struct chardev *first, *last;
	struct display *display;
	char scratch[SCRATCH_BYTES];
};

static const struct opt_desc common_options[] = {
	{ .name = "backend", .type = OPT_STRING, .help = "type of the chardev; may be left out" },
	{ .name = "id", .type = OPT_STRING, .help = "its name" },
	{ .name = "logfile",
		.type = OPT_STRING,
		.help = "file that gets every byte from the guest once" },
	{ .name = "logappend",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "add to the log file instead of emptying it" },
	{ .name = "logtimestamp",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "put date and time (UTC) in front of each line of the log" },
	{ 0 },
};

const struct opt_desc *const chardev_common_options = common_options;

struct chardev_set *chardev_set_new(struct loop *loop, const struct chardev_class *const *classes)
{
	struct chardev_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->loop = loop;
	set->classes = classes;
	return set;
}

void chardev_set_show(struct chardev_set *set, struct display *display)
{
	set->display = display;
}

struct display *chardev_display(const struct chardev *chardev)
{
	return chardev->set->display;
}

void chardev_set_free(struct chardev_set *set)
{
	if (!set)
		return;
	while (set->last)
		chardev_free(set->last);
	/* Memory of the chardevs goes in a task; the loop may live on without this set. */
	free(set);
}

void *chardev_set_scratch(struct chardev_set *set, size_t *ret_size)
{
	*ret_size = sizeof(set->scratch);
	return set->scratch;
}

static void set_append(struct chardev_set *set, struct chardev *chardev)
{
	chardev->prev = set->last;
	if (set->last)
		set->last->next = chardev;
	else
		set->first = chardev;
	set->last = chardev;
}

static void set_unlink(struct chardev_set *set, struct chardev *chardev)
{
	if (!chardev->prev && set->first != chardev)
		return; /* a peer is in no list */
	if (chardev->prev)
		chardev->prev->next = chardev->next;
	else
		set->first = chardev->next;
	if (chardev->next)
		chardev->next->prev = chardev->prev;
	else
		set->last = chardev->prev;
}

static void chardev_reap(void *data)
{
	struct chardev *chardev = data;

	free(chardev->id);
	free(chardev);
}

void chardev_free(struct chardev *chardev)
{
	if (!chardev || chardev->closing)
		return;
	chardev->closing = true;
	if (chardev->link)
		chardev_link_detach(chardev->link);
	chardev->class->close(chardev);
	task_cancel(&chardev->resume);
	chardev_log_close(chardev->log);
	chardev->log = NULL;
	set_unlink(chardev->set, chardev);
	task_post(chardev->loop, &chardev->reap, chardev_reap, chardev);
}

const struct chardev_class *chardev_class_find(
	const struct chardev_class *const *classes, const char *name)
{
	for (; *classes; classes++)
		if (!strcmp((*classes)->name, name))
			return *classes;
	return NULL;
}

static struct chardev *chardev_alloc(
	struct chardev_set *set, const struct chardev_class *class, const char *id)
{
	struct chardev *chardev = calloc(1, class->size);

	if (!chardev)
		return NULL;
	chardev->id = strdup(id);
	if (!chardev->id) {
		free(chardev);
		return NULL;
	}
	chardev->class = class;
	chardev->set = set;
	chardev->loop = set->loop;
	return chardev;
}

int chardev_check(const struct chardev_class *const *classes, struct opts *opts,
	const struct chardev_class **ret_class, struct error **err)
{
	const char *id = opts_text(opts, "id"), *backend = opts_text(opts, "backend");

	if (!id)
		return error_set(err, EINVAL, "chardev: no id specified");
	if (!backend)
		return error_set(err, EINVAL, "chardev: \"%s\" missing backend", id);
	*ret_class = chardev_class_find(classes, backend);
	if (!*ret_class) {
		error_set(err, EINVAL, "'%s' is not a valid char driver name", backend);
		error_set_hint(err, "'-chardev help' lists those that are.");
		return -EINVAL;
	}
	return opts_check(opts, (*ret_class)->name,
		(const struct opt_desc *const[]){
			(*ret_class)->options, chardev_common_options, NULL },
		err);
}

static int chardev_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	int r = chardev_log_open(chardev->id, opts, &chardev->log, err);

	if (r < 0)
		return r;
	r = chardev->class->open(chardev, opts, err);
	if (r < 0) {
		chardev_log_close(chardev->log);
		chardev->log = NULL;
	}
	return r;
}

int chardev_set_add(struct chardev_set *set, struct opts *opts, struct chardev **ret_chardev,
	struct error **err)
{
	const struct chardev_class *class;
	struct chardev *chardev;
	int r = chardev_check(set->classes, opts, &class, err);

	if (r < 0)
		return r;
	if (chardev_set_find(set, opts_text(opts, "id")))
		return error_set(
			err, EEXIST, "Duplicate ID '%s' for chardev", opts_text(opts, "id"));
	chardev = chardev_alloc(set, class, opts_text(opts, "id"));
	if (!chardev)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", opts_text(opts, "id"));
	r = chardev_open(chardev, opts, err);
	if (r < 0) {
		chardev->closing = true;
		task_post(chardev->loop, &chardev->reap, chardev_reap, chardev);
		return r;
	}
	set_append(set, chardev);
	if (ret_chardev)
		*ret_chardev = chardev;
	return 0;
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
	struct chardev *chardev = set->first;

	while (chardev && strcmp(chardev->id, id))
		chardev = chardev->next;
	return chardev;
}

struct chardev *chardev_set_next(const struct chardev_set *set, const struct chardev *after)
{
	return after ? after->next : set->first;
}

static int find_or_error(const struct chardev_set *set, const char *id,
	struct chardev **ret_chardev, struct error **err)
{
	*ret_chardev = chardev_set_find(set, id);
	return *ret_chardev ? 0 : error_set(err, ENOENT, "Chardev '%s' not found", id);
}

int chardev_set_remove(struct chardev_set *set, const char *id, struct error **err)
{
	struct chardev *chardev;
	int r = find_or_error(set, id, &chardev, err);

	if (r < 0)
		return r;
	if (chardev->link)
		return error_set(err, EBUSY, "Chardev '%s' is busy", id);
	chardev_free(chardev);
	return 0;
}

void chardev_set_reopen_logs(struct chardev_set *set)
{
	for (struct chardev *chardev = set->first; chardev; chardev = chardev->next)
		chardev_log_reopen(chardev->log);
}

int chardev_set_send_break(struct chardev_set *set, const char *id, struct error **err)
{
	struct chardev_event event = { .type = CHARDEV_BREAK };
	struct chardev *chardev;
	int r = find_or_error(set, id, &chardev, err);

	if (r == 0)
		chardev_event(chardev, &event);
	return r;
}

/* ---- what anybody may ask ---- */

const char *chardev_id(const struct chardev *chardev)
{
	return chardev->id;
}

const char *chardev_class_name(const struct chardev *chardev)
{
	return chardev->class->name;
}

bool chardev_is_open(const struct chardev *chardev)
{
	return chardev->open;
}

bool chardev_is_held(const struct chardev *chardev)
{
	return chardev->link != NULL;
}

char *chardev_describe(const struct chardev *chardev)
{
	return chardev->class->describe ? chardev->class->describe(chardev)
					: strdup(chardev->class->name);
}

/* ---- peers ---- */

struct chardev *chardev_new_peer(
	struct chardev *server, const struct chardev_class *class, const char *id)
{
	return chardev_alloc(server->set, class, id);
}

bool chardev_takes_peers(const struct chardev *chardev)
{
	return chardev->link && chardev->link->ops->on_peer;
}

int chardev_offer_peer(struct chardev *server, struct chardev *peer, struct error **err)
{
	if (!chardev_takes_peers(server))
		return error_set(
			err, EBUSY, "chardev '%s' has nobody that takes clients", server->id);
	return server->link->ops->on_peer(server->link->holder, peer, err);
}
