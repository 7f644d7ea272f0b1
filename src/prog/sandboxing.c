/* SPDX-License-Identifier: MIT */
/*
 * QEMU's words, and what they mean here. A list of what is forbidden, as QEMU has it, would be
 * another one: here only what the source names is allowed, whatever `obsolete` and
 * `resourcecontrol` say.
 */
/* syscalls: newfstatat readlink */
#include "prog/sandboxing.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/spawner.h"
#include "prog/setup.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char implied[] = "enable";

const struct opt_desc sandboxing_options[] = {
	{ .name = "enable", .type = OPT_BOOL, .required = true, .help = "is there one" },
	{ .name = "elevateprivileges",
		.type = OPT_ENUM,
		.values = "allow|deny|children",
		.preset = "allow",
		.help = "may children gain rights by what they run; this program never does" },
	{ .name = "obsolete",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "deny",
		.help = "accepted, without effect: no old system call is used" },
	{ .name = "paths",
		.type = OPT_LIST,
		.help = "folders in which files may be that are named later, besides those of the "
			"configuration" },
	{ .name = "resourcecontrol",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "allow",
		.help = "accepted, without effect: priorities are not changed" },
	{ .name = "spawn",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "allow",
		.help = "may children be started later: by exec, a helper outside of the sandbox "
			"does that" },
	{ .name = "upgrade",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "allow",
		.help = "may the installed program take over later, which has to be executed for "
			"that" },
	{ 0 },
};

int sandboxing_read(struct sandboxing *sandbox, struct opts *opts, struct error **err)
{
	int r = opts_check(
		opts, "sandbox", (const struct opt_desc *const[]){ sandboxing_options, NULL }, err);

	if (r < 0)
		return r;
	if (opts_get_bool(opts, "enable") && !sandbox_has_filter())
		return error_set(err, ENOTSUP, "this charhubd was built without libseccomp");
	opts_free(sandbox->opts);
	sandbox->opts = opts;
	return 0;
}

bool sandboxing_is_on(const struct sandboxing *sandbox)
{
	return sandbox->opts && opts_get_bool(sandbox->opts, "enable");
}

enum { ALLOW }; /* the first word of all of them */

bool sandboxing_upgrades(const struct sandboxing *sandbox)
{
	return !sandboxing_is_on(sandbox) || opts_get_enum(sandbox->opts, "upgrade") == ALLOW;
}

/* ---- where files may be ---- */

/* The folder of the program's name, and that of the file that it is now. */
static void put_program(struct path_list *folders, const struct setup *setup)
{
	AUTO_FREE char *real = setup->program ? realpath(setup->program, NULL) : NULL;

	if (!real || !sandboxing_upgrades(&setup->sandbox))
		return;
	path_list_add_folder(folders, setup->program);
	path_list_add_folder(folders, real);
}

enum { NO_LIMITS = 1 };

/* Return: 0; NO_LIMITS: the kernel has none, or may not; -errno with @err. */
static int allow_paths(
	const struct places *places, const struct path_list *programs, struct error **err)
{
	const struct sandbox_paths paths = { .files = (const char *const *)places->files.items,
		.folders = (const char *const *)places->folders.items,
		.programs = (const char *const *)programs->items,
		.n_files = places->files.len,
		.n_folders = places->folders.len,
		.n_programs = programs->len };
	struct error *why = NULL;
	int r = programs->failed ? error_set(err, ENOMEM, "out of memory")
				 : sandbox_limit_paths(&paths, &why);

	if (r == -ENOSYS || r == -EOPNOTSUPP || (r == -EPERM && why)) {
		log_report(LOG_WARNING, why);
		return NO_LIMITS;
	}
	if (r < 0 && why)
		*err = why;
	return r;
}

static int limit_paths(struct setup *setup, struct error **err)
{
	struct places places;
	struct path_list programs = { 0 };
	int r = places_read(&places, setup, err);

	if (r < 0)
		return r;
	put_program(&programs, setup);
	r = allow_paths(&places, &programs, err);
	if (r == 0)
		r = places_real(&places, &setup->forgone.places, err);
	path_list_done(&programs);
	places_done(&places);
	return r < 0 ? r : 0;
}

/* ---- entering ---- */

static int limit_syscalls(struct setup *setup, struct error **err)
{
	bool upgrades = sandboxing_upgrades(&setup->sandbox);

	setup->forgone.syscalls = sandbox_syscalls(upgrades);
	if (!setup->forgone.syscalls)
		return error_set(err, ENOMEM, "out of memory");
	return sandbox_limit_syscalls(upgrades, err);
}

static int forbid_children(struct loop *loop, struct error **err)
{
	return spawner_forbid(loop) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

int sandboxing_enter(struct setup *setup, struct loop *loop, struct error **err)
{
	const struct opts *opts = setup->sandbox.opts;
	bool gains;
	int r = 0;

	if (!sandboxing_is_on(&setup->sandbox))
		return 0;
	gains = opts_get_enum(opts, "elevateprivileges") == ALLOW;
	if (!gains)
		r = sandbox_gain_nothing(err);
	if (r == 0)
		r = opts_get_enum(opts, "spawn") == ALLOW ? spawner_start(loop, err)
							  : forbid_children(loop, err);
	if (r == 0 && gains)
		r = sandbox_gain_nothing(err);
	if (r == 0)
		r = limit_paths(setup, err);
	return r < 0 ? r : limit_syscalls(setup, err);
}

/* ---- in another program's place ---- */

char *sandboxing_text(const struct sandboxing *sandbox)
{
	return opts_canonical(sandbox->opts, implied);
}

int sandboxing_compare(const struct sandboxing *now, const char *then, struct error **err)
{
	AUTO_FREE char *text = sandboxing_is_on(now) ? sandboxing_text(now) : NULL;
	int r = text ? opts_compare(now->opts, then, implied) : OPTS_OTHER;

	if (r == OPTS_SAME)
		return 0;
	return error_set(err, EPERM,
		"-sandbox is '%s' for good in this process, and cannot become "
		"'%s'",
		then, text ? text : "off");
}

int sandboxing_go_on(const struct setup *setup, struct loop *loop, struct error **err)
{
	const struct forgone *forgone = &setup->forgone;

	if (!forgone->sandbox)
		return 0;
	return spawner_adopt(loop, forgone->spawner, forgone->spawner_pid) < 0
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

void sandboxing_done(struct sandboxing *sandbox)
{
	opts_free(sandbox->opts);
	sandbox->opts = NULL;
}
