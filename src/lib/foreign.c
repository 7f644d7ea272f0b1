/* SPDX-License-Identifier: MIT */
/*
 * A class of somebody else's is wrapped in one of ours, which is made when the context is. The
 * object of ours is the handle of theirs.
 */
#include "lib/foreign.h"

#include <charhub-backend.h>

#include "chardev/chardev-impl.h"
#include "lib/classes.h"
#include "lib/context.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 64, OPTIONS_MAX = 64 };

/** struct foreign_class - @ours comes first; @theirs: a copy that has our size */
struct foreign_class {
	struct chardev_class ours;
	struct charhub_class theirs;
	struct charhub *charhub;
	struct opt_desc *options;
};

/** struct charhub_backend - @self: theirs; @opts: during open() only */
struct charhub_backend {
	struct chardev base;
	void *self;
	const struct opts *opts;
};

static struct charhub_backend *backend_of(struct chardev *chardev)
{
	return container_of(chardev, struct charhub_backend, base);
}

static const struct foreign_class *class_of(const struct chardev *chardev)
{
	return container_of(chardev->class, struct foreign_class, ours);
}

/* ---- what we are asked ---- */

static int foreign_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	const struct charhub_class *theirs = &class_of(chardev)->theirs;
	struct charhub_backend *backend = backend_of(chardev);
	struct error *why = NULL;
	int r;

	backend->opts = opts;
	r = theirs->open(backend, &backend->self, (struct charhub_error **)&why);
	backend->opts = NULL;
	if (r >= 0) {
		error_free(why);
		return 0;
	}
	if (!why)
		return error_set(err, -r, "%s '%s': %s", theirs->name, chardev->id, strerror(-r));
	error_move(err, &why);
	return r;
}

static void foreign_close(struct chardev *chardev)
{
	class_of(chardev)->theirs.close(backend_of(chardev)->self);
}

/* An error behind bytes that were taken is heard of with the next ones. */
static ssize_t taken_before(struct chardev *chardev, ssize_t done)
{
	chardev_room_later(chardev);
	return done;
}

static ssize_t foreign_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	const struct charhub_class *theirs = &class_of(chardev)->theirs;
	ssize_t done = 0;

	for (int i = 0; i < n; i++) {
		ssize_t taken =
			theirs->out(backend_of(chardev)->self, iov[i].iov_base, iov[i].iov_len);

		if (taken < 0)
			return done ? taken_before(chardev, done) : taken;
		if ((size_t)taken > iov[i].iov_len)
			taken = (ssize_t)iov[i].iov_len;
		done += taken;
		if ((size_t)taken < iov[i].iov_len)
			break;
	}
	return done;
}

static void foreign_in_resume(struct chardev *chardev)
{
	class_of(chardev)->theirs.on_room(backend_of(chardev)->self);
}

static int foreign_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct charhub_event theirs = { .cols = event->cols, .rows = event->rows };

	if (event->type == CHARDEV_RESIZE)
		theirs.type = CHARHUB_RESIZE;
	else if (event->type == CHARDEV_BREAK)
		theirs.type = CHARHUB_BREAK;
	else
		return -ENOTSUP;
	class_of(chardev)->theirs.on_event(backend_of(chardev)->self, &theirs);
	return 0;
}

/* ---- the table ---- */

static const enum opt_type option_types[] = {
	[CHARHUB_OPTION_STRING] = OPT_STRING,
	[CHARHUB_OPTION_BOOL] = OPT_BOOL,
	[CHARHUB_OPTION_NUMBER] = OPT_NUMBER,
	[CHARHUB_OPTION_SIZE] = OPT_SIZE,
	[CHARHUB_OPTION_ENUM] = OPT_ENUM,
};

static int convert_option(const struct charhub_class *class,
	const struct charhub_class_option *theirs, struct opt_desc *ours, struct error **err)
{
	if ((unsigned)theirs->type >= sizeof(option_types) / sizeof(option_types[0]) ||
		(theirs->type == CHARHUB_OPTION_ENUM && !theirs->values))
		return error_set(err, EINVAL, "class '%s': option '%s' has no type that there is",
			class->name, theirs->name);
	*ours = (struct opt_desc){
		.name = theirs->name,
		.type = option_types[theirs->type],
		.required = theirs->required,
		.preset = theirs->preset,
		.values = theirs->values,
		.min = theirs->min,
		.max = theirs->max,
		.help = theirs->help ? theirs->help : "",
	};
	return 0;
}

static int convert_options(struct foreign_class *class, struct error **err)
{
	const struct charhub_class_option *theirs = class->theirs.options;
	size_t n = 0;
	int r = 0;

	while (theirs && theirs[n].name && n < OPTIONS_MAX)
		n++;
	if (n == OPTIONS_MAX)
		return error_set(err, EINVAL, "class '%s': has too many options, or no end of them",
			class->theirs.name);
	class->options = calloc(n + 1, sizeof(*class->options));
	if (!class->options)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n && r == 0; i++)
		r = convert_option(&class->theirs, &theirs[i], &class->options[i], err);
	return r;
}

static int wrap(struct charhub *charhub, struct foreign_class *class,
	const struct charhub_class *given, struct error **err)
{
	struct charhub_class *theirs = &class->theirs;
	int r = copy_config(theirs, sizeof(*theirs), given, err);

	if (r < 0)
		return r;
	if (!theirs->name || !theirs->open || !theirs->close)
		return error_set(err, EINVAL, "class '%s': needs a name, open() and close()",
			theirs->name ? theirs->name : "");
	if (chardev_class_find(charhub->classes, theirs->name))
		return error_set(err, EINVAL, "there are two classes '%s'", theirs->name);
	r = convert_options(class, err);
	if (r < 0)
		return r;
	class->charhub = charhub;
	class->ours = (struct chardev_class){
		.name = theirs->name,
		.summary = theirs->summary ? theirs->summary : theirs->name,
		.options = class->options,
		.is_sink = theirs->is_sink,
		.size = sizeof(struct charhub_backend),
		.open = foreign_open,
		.close = foreign_close,
		.out = theirs->out ? foreign_out : NULL,
		.in_resume = theirs->on_room ? foreign_in_resume : NULL,
		.event = theirs->on_event ? foreign_event : NULL,
		.identity = theirs->is_sink ? chardev_nobody : NULL,
	};
	return 0;
}

int foreign_classes_new(struct charhub *charhub, struct error **err)
{
	const struct charhub_class *const *theirs = charhub->config.classes;
	size_t n_ours = 0, n = 0;
	int r = 0;

	while (charhub_lib_classes[n_ours])
		n_ours++;
	while (theirs && theirs[n] && n < CLASSES_MAX)
		n++;
	if (n == CLASSES_MAX)
		return error_set(err, EINVAL, "there are too many classes, or no end of them");
	charhub->foreign = calloc(n + 1, sizeof(*charhub->foreign));
	charhub->classes = calloc(n_ours + n + 1, sizeof(*charhub->classes));
	if (!charhub->foreign || !charhub->classes)
		return error_set(err, ENOMEM, "out of memory");
	memcpy(charhub->classes, charhub_lib_classes, n_ours * sizeof(*charhub->classes));
	for (size_t i = 0; i < n && r == 0; i++) {
		r = wrap(charhub, &charhub->foreign[i], theirs[i], err);
		charhub->classes[n_ours + i] = r == 0 ? &charhub->foreign[i].ours : NULL;
	}
	return r;
}

void foreign_classes_free(struct charhub *charhub)
{
	for (struct foreign_class *class = charhub->foreign; class && class->theirs.size; class ++)
		free(class->options);
	free(charhub->foreign);
	free(charhub->classes);
}

/* ---- what they tell and ask ---- */

static struct charhub *context_of(const struct charhub_backend *backend)
{
	return class_of(&backend->base)->charhub;
}

const char *charhub_backend_id(const struct charhub_backend *backend)
{
	return backend->base.id;
}

struct charhub *charhub_backend_context(const struct charhub_backend *backend)
{
	return context_of(backend);
}

static const struct charhub_class_option *find_option(
	const struct charhub_backend *backend, const char *name)
{
	const struct charhub_class_option *option = class_of(&backend->base)->theirs.options;

	while (option && option->name && strcmp(option->name, name) != 0)
		option++;
	return option && option->name && backend->opts ? option : NULL;
}

const char *charhub_backend_string(const struct charhub_backend *backend, const char *option)
{
	const struct charhub_class_option *found = find_option(backend, option);
	const char *text = found ? opts_text(backend->opts, option) : NULL;

	return text || !found ? text : found->preset;
}

uint64_t charhub_backend_number(const struct charhub_backend *backend, const char *option)
{
	const struct charhub_class_option *found = find_option(backend, option);

	if (!found)
		return 0;
	switch (found->type) {
	case CHARHUB_OPTION_BOOL: return opts_get_bool(backend->opts, option);
	case CHARHUB_OPTION_ENUM: return (uint64_t)opts_get_enum(backend->opts, option);
	case CHARHUB_OPTION_NUMBER:
	case CHARHUB_OPTION_SIZE: return opts_get_number(backend->opts, option);
	default: return 0;
	}
}

int charhub_error_set(struct charhub_error **err, int code, const char *message, const char *hint)
{
	error_set(error_out(err), code, "%s", message);
	if (hint)
		error_set_hint(error_out(err), "%s", hint);
	return -code;
}

size_t charhub_backend_wants(struct charhub_backend *backend)
{
	ENTER(context_of(backend));
	return chardev_in_room(&backend->base);
}

size_t charhub_backend_in(struct charhub_backend *backend, const void *bytes, size_t len)
{
	size_t done = 0;

	ENTER(context_of(backend));
	while (done < len && !backend->base.closing) {
		size_t room = chardev_in_room(&backend->base), part = len - done;

		if (!room)
			break;
		part = part < room ? part : room;
		chardev_in(&backend->base, (const char *)bytes + done, part);
		done += part;
	}
	return done;
}

void charhub_backend_room(struct charhub_backend *backend)
{
	ENTER(context_of(backend));
	chardev_room(&backend->base);
}

void charhub_backend_open(struct charhub_backend *backend, int open)
{
	ENTER(context_of(backend));
	if (open)
		chardev_set_open(&backend->base, true);
	else
		chardev_hang_up(&backend->base);
}

void charhub_backend_event(struct charhub_backend *backend, const struct charhub_event *event)
{
	const struct chardev_event ours = {
		.type = event->type == CHARHUB_RESIZE ? CHARDEV_RESIZE : CHARDEV_BREAK,
		.cols = event->cols,
		.rows = event->rows,
	};

	ENTER(context_of(backend));
	chardev_event(&backend->base, &ours);
}
