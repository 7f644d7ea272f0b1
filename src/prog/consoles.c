/* SPDX-License-Identifier: MIT */
#include "prog/consoles.h"

#include "chardev/chardev-impl.h"
#include "lib/classes.h"

#include "config/console.h"
#include "config/globs.h"
#include "frontend/frontend.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/setup.h"
#include "record/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* @group: see struct thing. */
struct expansion {
	struct setup *setup;
	const struct request *console;
	const char *group;
};

/* The line of a key that stands in the console's own file; those of templates have none. */
static void enter_line_of(const struct opts *opts, const char *where)
{
	const char *colon = strrchr(where, ':');
	char path[4096];

	if (!opts_line(opts) || !colon || *where == ' ')
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(colon - where), where);
	config_files_enter(path, opts_line(opts));
}

static int check(enum thing_kind kind, struct opts *opts, struct error **err)
{
	const struct chardev_class *chardev;
	const struct frontend_class *frontend;

	switch (kind) {
	case THING_CHARDEV: return chardev_check(charhub_classes, opts, &chardev, err);
	case THING_RECORD: return recorder_check(opts, err);
	default: return frontend_check(frontend_classes, opts, &frontend, err);
	}
}

static int want(
	void *data, enum thing_kind kind, struct opts *opts, const char *where, struct error **err)
{
	const struct expansion *expansion = data;
	struct request_list *list = &expansion->setup->wanted.lists[kind];
	int r = check(kind, opts, err);

	if (r < 0)
		enter_line_of(opts, where);
	else
		r = request_list_add(list, opts, where, err);
	if (r < 0 || !expansion->group)
		return r;
	list->items[list->len - 1].group = strdup(expansion->group);
	return list->items[list->len - 1].group ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int expand(struct expansion *expansion, const struct opts *opts, struct error **err)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return console_expand(opts, host, expansion->console->where, want, expansion, err);
}

/* One of those that a star means. */
static int expand_found(void *data, struct opts *opts, struct error **err)
{
	int r = expand(data, opts, err);

	if (r == 0)
		opts_free(opts);
	return r;
}

int consoles_expand(struct setup *setup, const struct request *console, struct error **err)
{
	struct expansion expansion = { .setup = setup, .console = console };
	int r = console_apply_template(console->opts, &setup->templates, err);

	if (r < 0)
		return r;
	if (!globs_is_one(console->opts))
		return expand(&expansion, console->opts, err);
	expansion.group = opts_text(console->opts, "id");
	return globs_expand(console->opts, expand_found, &expansion, err);
}
