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

#include "base/cleanup.h"
#include "base/console-parts.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST_BYTES = 256 };

/**
 * struct expansion
 * @wanted: where what it becomes is added
 * @group:  see struct thing
 * @others: names that one that is found may not have
 */
struct expansion {
	struct wanted *wanted;
	const struct request *console;
	const char *group;
	struct inventory *others;
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
	struct request_list *list = &expansion->wanted->lists[kind];
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

static void host_name(char host[HOST_BYTES])
{
	host[0] = host[HOST_BYTES - 1] = '\0';
	gethostname(host, HOST_BYTES - 1);
}

/* One that has a name, or an example of those that a star means. */
static int expand(void *data, struct opts *opts, struct error **err)
{
	struct expansion *expansion = data;
	char host[HOST_BYTES];

	host_name(host);
	return console_expand(opts, host, expansion->console->where, want, expansion, err);
}

/* ---- those that a star means ---- */

/* A set of names: of what kind a thing is does not matter here. */
static int note_name(struct inventory *names, const char *name)
{
	return inventory_note(names, THING_CHARDEV, name, "", NULL);
}

/* The names that a console may take for its parts. Return: 0; -ENOMEM. */
static int note_parts(struct inventory *names, const char *console)
{
	int r = 0;

	for (const char *const *suffix = console_suffixes; *suffix && r == 0; suffix++) {
		AUTO_FREE char *part = NULL;

		if (asprintf(&part, "%s%s", console, *suffix) < 0)
			part = NULL;
		r = part ? note_name(names, part) : -ENOMEM;
	}
	return r;
}

static int note_consoles(struct inventory *names, const struct request_list *consoles)
{
	int r = 0;

	for (size_t i = 0; i < consoles->len && r == 0; i++)
		if (!globs_is_one(consoles->items[i].opts))
			r = note_parts(names, opts_text(consoles->items[i].opts, "id"));
	return r;
}

static int note_wanted(struct inventory *names, const struct wanted *wanted)
{
	int r = 0;

	for (int kind = 0; kind < THING_KINDS; kind++)
		for (size_t i = 0; i < wanted->lists[kind].len && r == 0; i++) {
			const char *id = opts_text(wanted->lists[kind].items[i].opts, "id");

			r = id ? note_name(names, id) : 0;
		}
	return r;
}

/* What commands have made stays, and where only @group is read again, all that is not of it. */
static int note_there(struct inventory *names, const struct inventory *there, const char *group)
{
	const struct thing *thing = NULL;
	int r = 0;

	while (there && r == 0 && (thing = inventory_next(there, thing)))
		if (!thing->is_asked || (group && (!thing->group || strcmp(thing->group, group))))
			r = note_name(names, thing->name);
	return r;
}

static bool is_taken(const struct inventory *names, const char *console)
{
	for (const char *const *suffix = console_suffixes; *suffix; suffix++) {
		char part[256];

		snprintf(part, sizeof(part), "%s%s", console, *suffix);
		if (inventory_find(names, THING_CHARDEV, part))
			return true;
	}
	return false;
}

/* Whoever makes a socket there takes no name from anybody. */
static int expand_found(void *data, struct opts *opts, struct error **err)
{
	struct expansion *expansion = data;
	const char *name = opts_text(opts, "id"), *guest = opts_text(opts, "guest");

	if (is_taken(expansion->others, name)) {
		log_warning("console '%s': %s is left out: '%s', or a part of it, would have the "
			    "name of something else",
			expansion->group, guest, name);
		return 0;
	}
	if (note_parts(expansion->others, name) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return expand(expansion, opts, err);
}

/* Options that are wrong are so before there is a socket. */
static int check_example(const struct expansion *expansion, struct error **err)
{
	struct wanted wanted = { 0 };
	struct expansion example = { .wanted = &wanted, .console = expansion->console };
	int r = globs_example(example.console->opts, expand, &example, err);

	wanted_done(&wanted);
	return r;
}

static int expand_all(struct expansion *expansion, const struct request_list *consoles,
	const struct inventory *there, bool only, struct error **err)
{
	int r = check_example(expansion, err);

	if (r < 0)
		return r;
	expansion->others = inventory_new();
	if (!expansion->others || note_consoles(expansion->others, consoles) < 0 ||
		note_wanted(expansion->others, expansion->wanted) < 0 ||
		note_there(expansion->others, there, only ? expansion->group : NULL) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	else
		r = globs_expand(expansion->console->opts, expand_found, expansion, err);
	inventory_free(expansion->others);
	return r;
}

/* ---- all ---- */

int consoles_expand(struct setup *setup, const struct request *console, struct error **err)
{
	struct expansion expansion = { .wanted = &setup->wanted, .console = console };
	char host[HOST_BYTES];
	int r = console_apply_template(console->opts, &setup->templates, err);

	if (r < 0)
		return r;
	if (!globs_is_one(console->opts))
		return expand(&expansion, console->opts, err);
	host_name(host);
	expansion.group = opts_text(console->opts, "id");
	r = console_expand_pattern(console->opts, host, err);
	return r < 0 ? r : expand_all(&expansion, &setup->consoles, setup->there, false, err);
}

int consoles_look_again(const struct setup *setup, const struct request *console,
	const struct inventory *there, struct wanted *wanted, struct error **err)
{
	struct expansion expansion = {
		.wanted = wanted, .console = console, .group = opts_text(console->opts, "id")
	};

	return expand_all(&expansion, &setup->consoles, there, true, err);
}
