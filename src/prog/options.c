/* SPDX-License-Identifier: MIT */
/*
 * What charhubd can be told: one line of the table an option. A handler only notes what is wanted;
 * daemon.c makes it.
 */
/* syscalls: prctl */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "base/parse.h"
#include "chardev/chardev-impl.h"
#include "config/console.h"
#include "frontend/frontend.h"
#include "lib/classes.h"
#include "object/object.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "control/auditor.h"
#include "control/listens.h"
#include "control/monitors.h"
#include "control/recorders.h"
#include "control/scrapes.h"
#include "prog/serials.h"
#include "prog/setup.h"
#include "prog/steer.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static bool is_help(const char *word)
{
	return word && (!strcmp(word, "help") || !strcmp(word, "?"));
}

/* ---- -chardev ---- */

static int list_chardev_classes(void)
{
	printf("Available chardev backend types: \n");
	for (const struct chardev_class *const *at = charhub_classes; *at; at++)
		printf("  %-10s  %s\n", (*at)->name, (*at)->summary);
	return CMDLINE_HELP;
}

static int help_chardev_class(const struct chardev_class *class)
{
	opts_print_help(class->name,
		(const struct opt_desc *const[]){ class->options, chardev_common_options, NULL });
	return CMDLINE_HELP;
}

static int add_chardev(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const char *backend = opts_text(opts, "backend");
	const struct chardev_class *class =
		backend ? chardev_class_find(charhub_classes, backend) : NULL;
	int r;

	if (is_help(backend))
		return list_chardev_classes();
	if (class && opts_wants_help(opts))
		return help_chardev_class(class);
	if (backend && opts_wants_help(opts))
		return error_set(err, EINVAL, "'%s' is not a valid char driver name", backend);
	r = chardev_check(charhub_classes, opts, &class, err);
	if (r < 0)
		return r;
	return request_list_add(&setup->wanted.lists[THING_CHARDEV], opts, where, err);
}

/* ---- -device ---- */

static int list_frontend_classes(void)
{
	printf("Available devices:\n");
	for (const struct frontend_class *const *at = frontend_classes; *at; at++) {
		const char *const *aliases = (*at)->aliases;

		printf("  %-14s  %s", (*at)->name, (*at)->summary);
		for (size_t i = 0; aliases && aliases[i]; i++)
			printf("%s%s", i ? ", " : "; also ", aliases[i]);
		putchar('\n');
	}
	return CMDLINE_HELP;
}

static int help_frontend_class(const struct frontend_class *class)
{
	opts_print_help(class->name,
		(const struct opt_desc *const[]){ class->options, frontend_common_options, NULL });
	return CMDLINE_HELP;
}

static int add_device(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const char *driver = opts_text(opts, "driver");
	const struct frontend_class *class =
		driver ? frontend_class_find(frontend_classes, driver) : NULL;
	int r;

	if (is_help(driver))
		return list_frontend_classes();
	if (class && opts_wants_help(opts))
		return help_frontend_class(class);
	r = frontend_check(frontend_classes, opts, &class, err);
	if (r < 0)
		return r;
	return request_list_add(&setup->wanted.lists[THING_DEVICE], opts, where, err);
}

/* ---- -object ---- */

static int list_object_classes(void)
{
	printf("List of user creatable objects:\n");
	for (const struct object_class *const *at = charhub_objects; *at; at++)
		printf("  %-16s  %s\n", (*at)->name, (*at)->summary);
	for (const char *const *at = monitor_types; *at; at++)
		printf("  %-16s  %s\n", *at, "a monitor, as -mon makes it");
	return CMDLINE_HELP;
}

static int help_object_class(const struct object_class *class)
{
	opts_print_help(class->name,
		(const struct opt_desc *const[]){ class->options, object_common_options, NULL });
	return CMDLINE_HELP;
}

static int add_object(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const char *type = opts_text(opts, "qom-type");
	const struct object_class *class = type ? object_class_find(charhub_objects, type) : NULL;
	int r;

	if (is_help(type))
		return list_object_classes();
	if (class && opts_wants_help(opts))
		return help_object_class(class);
	if (type && monitors_is_type(type))
		return steer_add_object(setup, opts, where, err);
	r = object_check(charhub_objects, opts, err);
	if (r < 0)
		return r;
	return request_list_add(&setup->wanted.lists[THING_OBJECT], opts, where, err);
}

/* ---- -vnc ---- */

static int help_options(const char *owner, const struct opt_desc *options)
{
	opts_print_help(owner, (const struct opt_desc *const[]){ options, NULL });
	return CMDLINE_HELP;
}

static int add_vnc(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	if (opts_wants_help(opts) || is_help(opts_text(opts, "vnc")))
		return help_options("vnc", vnc_options);
	return request_list_add(&setup->wanted.lists[THING_VNC], opts, where, err);
}

/* ---- -run-with, -sandbox ---- */

static int add_run_with(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r;

	(void)where;
	if (opts_wants_help(opts))
		return help_options("run-with", privileges_options);
	r = privileges_read(&setup->privileges, opts, err);
	/* Whoever takes over may be in a root in which nobody knows the user that it is. */
	if (r == 0 && !setup->takes_over)
		r = privileges_check(&setup->privileges, err);
	if (r == 0)
		opts_free(opts);
	return r;
}

static int add_sandbox(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	(void)where;
	if (opts_wants_help(opts) || is_help(opts_text(opts, "enable")))
		return help_options("sandbox", sandboxing_options);
	return sandboxing_read(&setup->sandbox, opts, err);
}

/* ---- -metrics ---- */

static int add_metrics(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	AUTO_OPTS struct opts *address = NULL;
	int r;

	if (opts_wants_help(opts) || is_help(opts_text(opts, "metrics")))
		return help_options("metrics", scrapes_options);
	r = scrapes_where(opts, &address, err);
	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_METRICS], opts, where, err);
}

/* ---- -audit ---- */

static int add_audit(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r;

	if (opts_wants_help(opts) || is_help(opts_text(opts, "path")))
		return help_options("audit", auditor_options);
	r = auditor_check(opts, err);
	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_AUDIT], opts, where, err);
}

/* ---- -record ---- */

static int add_record(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r;

	if (opts_wants_help(opts) || is_help(opts_text(opts, "consoles")))
		return help_options("record", recorder_options);
	r = recorder_check(opts, err);
	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_RECORD], opts, where, err);
}

/* ---- -listen ---- */

static int add_listen(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const struct chardev_class *class = chardev_class_find(charhub_classes, "socket");
	int r;

	if (opts_wants_help(opts) || is_help(opts_text(opts, "listen"))) {
		opts_print_help("listen",
			(const struct opt_desc *const[]){ listens_options, class->options, NULL });
		return CMDLINE_HELP;
	}
	r = listens_check(opts, err);
	return r < 0 ? r : request_list_add(&setup->wanted.lists[THING_LISTEN], opts, where, err);
}

/* ---- -console, -template, and where they are written ---- */

static int help_console(void)
{
	opts_print_help("console", (const struct opt_desc *const[]){ console_options, NULL });
	printf("%s\n", console_parts_help);
	return CMDLINE_HELP;
}

static int add_console(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	if (opts_wants_help(opts) || is_help(opts_text(opts, "id")))
		return help_console();
	return request_list_add(&setup->consoles, opts, where, err);
}

static int add_template(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	if (opts_wants_help(opts) || is_help(opts_text(opts, "id")))
		return help_console();
	if (!opts_text(opts, "id"))
		return error_set(err, EINVAL, "a template needs a name");
	return request_list_add(&setup->templates, opts, where, err);
}

static int take_config(struct setup *setup, const char *arg, struct error **err)
{
	return readconfig_open(setup, arg, CONFIG_OURS, err);
}

static int take_readconfig(struct setup *setup, const char *arg, struct error **err)
{
	return readconfig_open(setup, arg, CONFIG_QEMU, err);
}

/* ---- -mon, -qmp, -control ---- */

static int add_mon(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	if (opts_wants_help(opts) || is_help(opts_text(opts, "chardev")))
		return help_options("mon", monitor_options);
	return steer_add(setup, opts, where, err);
}

static int add_control(
	struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	const struct chardev_class *class = chardev_class_find(charhub_classes, "socket");

	if (opts_wants_help(opts) || is_help(opts_text(opts, "path")))
		return help_options("control", class->options);
	return steer_add_control(setup, opts, where, err);
}

static int take_qmp(struct setup *setup, const char *arg, struct error **err)
{
	return steer_add_short(setup, "qmp", arg, "control", false, err);
}

static int take_qmp_pretty(struct setup *setup, const char *arg, struct error **err)
{
	return steer_add_short(setup, "qmp-pretty", arg, "control", true, err);
}

/* ---- -add-fd ---- */

static int add_fd(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	int r;

	(void)where;
	if (opts_wants_help(opts))
		return help_options("add-fd", fdset_options);
	/* Whoever takes over has those in use, by other names, and no others. */
	r = setup->takes_over ? 0 : fdsets_add(&setup->fdsets, opts, err);
	if (r == 0)
		opts_free(opts);
	return r;
}

/* ---- -name ---- */

static const struct opt_desc name_options[] = {
	{ .name = "guest", .type = OPT_STRING, .help = "the guest's name; may be left out" },
	{ .name = "process", .type = OPT_STRING, .help = "name of this process, as ps shows it" },
	{ .name = "debug-threads",
		.type = OPT_BOOL,
		.help = "accepted, without effect: there is one thread" },
	{ 0 },
};

static int add_name(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	static const struct opt_desc *const tables[] = { name_options, NULL };
	const char *guest, *process;
	int r;

	(void)where;
	if (opts_wants_help(opts)) {
		opts_print_help("name", tables);
		return CMDLINE_HELP;
	}
	r = opts_check(opts, "name", tables, err);
	if (r < 0)
		return r;
	guest = opts_get_string(opts, "guest");
	free(setup->name);
	if (copy_text(guest, &setup->name) < 0)
		return error_set(err, ENOMEM, "out of memory");
	process = opts_get_string(opts, "process");
	if (process)
		prctl(PR_SET_NAME, process);
	opts_free(opts);
	return 0;
}

/* ---- -memory-max ---- */

static const struct opt_desc memory_options[] = {
	{ .name = "size",
		.type = OPT_SIZE,
		.required = true,
		.help = "what all consoles together may take for what they hold; 0: any" },
	{ 0 },
};

static int set_memory(struct setup *setup, struct opts *opts, const char *where, struct error **err)
{
	static const struct opt_desc *const tables[] = { memory_options, NULL };
	int r;

	(void)where;
	if (opts_wants_help(opts) || is_help(opts_text(opts, "size")))
		return help_options("memory-max", memory_options);
	r = opts_check(opts, "memory-max", tables, err);
	if (r < 0)
		return r;
	setup->memory_max = (size_t)opts_get_number(opts, "size");
	opts_free(opts);
	return 0;
}

/* ---- plain options ---- */

static int take_logfile(struct setup *setup, const char *arg, struct error **err)
{
	(void)err;
	setup->logfile = arg;
	return 0;
}

static bool is_folder(const char *word, size_t len)
{
	static const char known[] = "," CHARHUB_FOLDERS ",";
	AUTO_FREE char *look = NULL;

	return len && asprintf(&look, ",%.*s,", (int)len, word) > 0 && strstr(known, look);
}

/* At once: what the other options do is traced too. */
static int take_log(struct setup *setup, const char *arg, struct error **err)
{
	size_t len = strcspn(arg, ",");
	const char *folders = arg[len] ? arg + len + 1 : NULL;
	int level = log_level_find(arg, len);

	(void)setup;
	if (level < 0) {
		error_set(err, EINVAL, "'%.*s' is no level", (int)len, arg);
		error_set_hint(err, "Levels are error, warning, info and debug");
		return -EINVAL;
	}
	for (const char *at = folders; at; at = at[len] ? at + len + 1 : NULL) {
		len = strcspn(at, ",");
		if (is_folder(at, len))
			continue;
		error_set(err, EINVAL, "'%.*s' is no folder of the source", (int)len, at);
		error_set_hint(err, "Folders are " CHARHUB_FOLDERS);
		return -EINVAL;
	}
	log_set_level((enum log_level)level);
	log_set_folders(folders);
	return 0;
}

static int take_escape(struct setup *setup, const char *arg, struct error **err)
{
	uint64_t escape;

	if (parse_u64(arg, &escape) < 0 || !escape || escape > UCHAR_MAX)
		return error_set(err, EINVAL,
			"Bad argument to echr: '%s' is not the number of a character, 1 to 255",
			arg);
	setup->escape = (unsigned char)escape;
	return 0;
}

static int take_pidfile(struct setup *setup, const char *arg, struct error **err)
{
	(void)err;
	setup->pidfile = arg;
	return 0;
}

static int take_daemonize(struct setup *setup, const char *arg, struct error **err)
{
	(void)arg, (void)err;
	setup->daemonize = true;
	return 0;
}

static int take_check_snapshot(struct setup *setup, const char *arg, struct error **err)
{
	uint64_t fd;

	if (parse_u64(arg, &fd) < 0 || fd <= STDERR_FILENO || fd > INT_MAX)
		return error_set(err, EINVAL, "'%s' is no descriptor", arg);
	setup->examiner_fd = (int)fd;
	setup->takes_over = true;
	return 0;
}

static int take_check(struct setup *setup, const char *arg, struct error **err)
{
	(void)arg, (void)err;
	setup->check_only = true;
	return 0;
}

/* ---- of virtual machines ---- */

static int take_serial(struct setup *setup, const char *arg, struct error **err)
{
	return serials_add(setup, arg, err);
}

static int only_none(const char *what, const char *arg, struct error **err)
{
	if (!strcmp(arg, "none"))
		return 0;
	return error_set(err, EINVAL, "'%s': there is no %s here: only 'none' is taken", arg, what);
}

static int take_parallel(struct setup *setup, const char *arg, struct error **err)
{
	(void)setup;
	return only_none("parallel port", arg, err);
}

static int take_monitor(struct setup *setup, const char *arg, struct error **err)
{
	if (!strcmp(arg, "none"))
		return 0;
	return steer_add_short(setup, "monitor", arg, "readline", false, err);
}

static int take_display(struct setup *setup, const char *arg, struct error **err)
{
	int r = only_none("window", arg, err);

	(void)setup;
	if (r < 0)
		error_set_hint(err, "Consoles are shown by -chardev vc,id=ID and -vnc :0");
	return r;
}

static int take_nothing(struct setup *setup, const char *arg, struct error **err)
{
	(void)setup, (void)arg, (void)err;
	return 0;
}

/* ---- help ---- */

static int take_help(struct setup *setup, const char *arg, struct error **err)
{
	(void)setup, (void)arg, (void)err;
	cmdline_print_help();
	return CMDLINE_HELP;
}

static int take_version(struct setup *setup, const char *arg, struct error **err)
{
	(void)setup, (void)arg, (void)err;
	printf("charhubd version %s\n", CHARHUB_VERSION);
	return CMDLINE_HELP;
}

const struct program_option program_options[] = {
	{ "D", "LOGFILE", "once started, write messages to LOGFILE; SIGHUP opens it anew",
		.take = take_logfile, .once = true },
	{ "add-fd", "fd=N,set=M", "let /dev/fdset/M be a path that means the open descriptor N",
		.add = add_fd, .once = true },
	{ "audit", "PATH[,...]",
		"write down who comes, goes and does what, in a file that shows whether it was "
		"changed; 'help' lists the options",
		.add = add_audit, .implied = "path" },
	{ "chardev", "TYPE,id=ID[,...]", "make a chardev; 'help' lists the types",
		.add = add_chardev, .implied = "backend" },
	{ "check", NULL, "look at options and files, say what is wrong, and exit",
		.take = take_check, .once = true },
	{ "check-snapshot", "FD", "what charhubd asks the program that is to take over: could it",
		.take = take_check_snapshot, .once = true },
	{ "config", "FILE",
		"read a configuration file of charhub, or a folder: its charhub.conf and "
		"conf.d/*.conf",
		.take = take_config },
	{ "console", "NAME,guest=SPEC[,...]",
		"make all of a console: the way to its guest, a hub, a socket for people, a log; "
		"'help' lists the options",
		.add = add_console, .implied = "id" },
	{ "control", "PATH[,...]",
		"let programs and the client steer this one at a unix socket; 'help' lists the "
		"options",
		.add = add_control, .implied = "path" },
	{ "daemonize", NULL, "go to the background once everything is ready",
		.take = take_daemonize, .once = true },
	{ "device", "DRIVER[,...]", "make a guest's end; 'help' lists the drivers",
		.add = add_device, .implied = "driver" },
	{ "display", "none", "accepted: there is no window", .take = take_display },
	{ "echr", "NUMBER", "escape character of muxes, default 1: Ctrl-A", .take = take_escape,
		.once = true },
	{ "h", NULL, "print this help and exit", .take = take_help },
	{ "help", NULL, "the same", .take = take_help },
	{ "listen", "ADDRESS[,consoles=GLOB][,...]",
		"let people choose a console at one port; 'help' lists the options",
		.add = add_listen, .implied = "listen" },
	{ "log", "LEVEL[,FOLDER...]",
		"tell messages down to 'error', 'warning', 'info' or 'debug', which traces the "
		"folders",
		.take = take_log, .once = true },
	{ "memory-max", "SIZE",
		"hold no more than SIZE of consoles' output, compressed as it is; the oldest of "
		"the quietest goes first",
		.add = set_memory, .implied = "size" },
	{ "metrics", "ADDRESS[,...]",
		"tell Prometheus and the like how things are, by HTTP; 'help' lists the options",
		.add = add_metrics, .implied = "metrics" },
	{ "mon", "CHARDEV,mode=control[,...]",
		"let a chardev be a monitor; 'help' lists the options", .add = add_mon,
		.implied = "chardev" },
	{ "monitor", "SPEC", "let people steer, at a chardev in QEMU's short form; 'none': nothing",
		.take = take_monitor },
	{ "name", "NAME", "name of the guest, for messages and titles", .add = add_name,
		.implied = "guest", .once = true },
	{ "no-user-config", NULL, "accepted: no files are read unless told", .take = take_nothing },
	{ "nodefaults", NULL, "accepted: nothing is made unless told", .take = take_nothing },
	{ "object", "TYPE,id=ID[,...]", "make a secret and the like; 'help' lists the types",
		.add = add_object, .implied = "qom-type" },
	{ "parallel", "none", "accepted: there is no parallel port", .take = take_parallel },
	{ "pidfile", "FILE", "write the process's id to FILE, which it holds while it runs",
		.take = take_pidfile, .once = true },
	{ "qmp", "SPEC",
		"make a chardev as -serial does, and let programs steer this one there by QMP",
		.take = take_qmp },
	{ "qmp-pretty", "SPEC", "the same, with answers in several lines",
		.take = take_qmp_pretty },
	{ "readconfig", "FILE", "read options from a configuration file", .take = take_readconfig },
	{ "record", "CONSOLES[,...]",
		"record consoles to files that 'charhub play' shows again; 'help' lists the "
		"options",
		.add = add_record, .implied = "consoles" },
	{ "run-with", "user=USER[,chroot=FOLDER]",
		"once everything was made, be another user, in another root; 'help' lists the "
		"options",
		.add = add_run_with, .once = true },
	{ "sandbox", "on[,spawn=deny][,...]",
		"once everything was made, do and open no more than that needs; 'help' lists the "
		"options",
		.add = add_sandbox, .implied = "enable", .once = true },
	{ "serial", "SPEC", "make the chardev serialN, in QEMU's short form: unix:PATH, stdio, ...",
		.take = take_serial },
	{ "template", "NAME[,...]", "what consoles have that do not say otherwise",
		.add = add_template, .implied = "id" },
	{ "version", NULL, "print the version and exit", .take = take_version },
	{ "vnc", "HOST:DISPLAY[,...]", "show the consoles over VNC; 'help' lists the options",
		.add = add_vnc, .implied = "vnc" },
	{ 0 },
};
