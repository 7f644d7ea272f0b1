/* SPDX-License-Identifier: MIT */
/*
 * What steers the program, as the command line says it: each is a chardev and a monitor on it.
 */
#include "prog/steer.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "control/monitors.h"
#include "control/shorthand.h"
#include "lib/classes.h"
#include "opts/opts.h"
#include "prog/setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char by_id[] = "chardev:";

/* Who may speak to the control socket: its owner and group, as many at a time as clients=. */
#define CONTROL_CLIENTS "64"
#define CONTROL_MODE	"0660"

int steer_add(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r = opts_check(
		opts, "mon", (const struct opt_desc *const[]){ monitor_options, NULL }, err);

	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_MONITOR], opts, where, err);
}

int steer_add_object(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r = monitors_check_object(opts, err);

	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_MONITOR], opts, where, err);
}

static int add_monitor(struct setup *setup, const char *chardev, const char *mode, bool pretty,
	const char *where, struct error **err)
{
	AUTO_OPTS struct opts *opts = opts_new();
	int r = opts ? opts_set(opts, "chardev", chardev) : -ENOMEM;

	if (r == 0)
		r = opts_set(opts, "mode", mode);
	if (r == 0 && pretty)
		r = opts_set(opts, "pretty", "on");
	if (r < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = steer_add(setup, opts, where, err);
	if (r == 0)
		opts = NULL;
	return r;
}

int steer_add_person(
	struct setup *setup, const char *chardev, const char *where, struct error **err)
{
	return add_monitor(setup, chardev, "readline", false, where, err);
}

static int add_chardev(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const struct chardev_class *class;
	int r = chardev_check(charhub_classes, opts, &class, err);

	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_CHARDEV], opts, where, err);
}

static int add_spec(struct setup *setup, const char *spec, const char *id, const char *where,
	struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = shorthand_parse(spec, id, &opts, err);

	if (r == 0)
		r = add_chardev(setup, opts, where, err);
	if (r == 0)
		opts = NULL;
	return r;
}

int steer_add_short(struct setup *setup, const char *option, const char *spec, const char *mode,
	bool pretty, struct error **err)
{
	bool named = !strncmp(spec, by_id, strlen(by_id));
	AUTO_FREE char *where = NULL;
	char id[32];
	int r = 0;

	if (asprintf(&where, " -%s %s", option, spec) < 0) {
		where = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	snprintf(id, sizeof(id), "compat_monitor%zu", setup->n_monitors);
	if (!named)
		r = add_spec(setup, spec, id, where, err);
	if (r == 0)
		r = add_monitor(setup, named ? spec + strlen(by_id) : id, mode, pretty, where, err);
	if (r == 0 && !named)
		setup->n_monitors++;
	return r;
}

static int preset(struct opts *opts, const char *key, const char *value)
{
	return opts_has(opts, key) ? 0 : opts_set(opts, key, value);
}

static int preset_control(struct opts *opts, const char *id)
{
	static const char *const presets[][2] = {
		{ "backend", "socket" },
		{ "server", "on" },
		{ "wait", "off" },
		{ "clients", CONTROL_CLIENTS },
	};
	int r = preset(opts, "id", id);

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]) && r == 0; i++)
		r = preset(opts, presets[i][0], presets[i][1]);
	if (r == 0 && opts_has(opts, "path"))
		r = preset(opts, "mode", CONTROL_MODE);
	return r;
}

int steer_add_control(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	AUTO_FREE char *id = NULL;
	char preset_id[32] = "control";
	int r;

	if (setup->n_controls)
		snprintf(preset_id, sizeof(preset_id), "control%zu", setup->n_controls);
	if (preset_control(opts, preset_id) < 0)
		return error_set(err, ENOMEM, "out of memory");
	id = strdup(opts_text(opts, "id"));
	if (!id)
		return error_set(err, ENOMEM, "out of memory");
	r = add_monitor(setup, id, "control", false, where, err);
	if (r < 0)
		return r;
	setup->n_controls++;
	return add_chardev(setup, opts, where, err);
}
