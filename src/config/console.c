/* SPDX-License-Identifier: MIT */
/*
 * The keys of a console go to its parts: those of console_options are its own, "guest.KEY" and the
 * like are those of a part, and what is left is the hub's. So the classes' tables stay the only
 * place where options are written down, and check what they get.
 */
#include "config/console.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "config/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATES_MAX = 8 }; /* that name each other */

const struct opt_desc console_options[] = {
	{ .name = "id", .type = OPT_ID, .required = true, .help = "its name, and that of its hub" },
	{ .name = "guest",
		.type = OPT_STRING,
		.required = true,
		.help = "where the guest is: unix:PATH, tcp:HOST:PORT, telnet:HOST:PORT, "
			"serial:DEVICE, exec:COMMAND, pty:[LINK], virtio[:SOCKET], "
			"libvirt:DOMAIN" },
	{ .name = "listen",
		.type = OPT_STRING,
		.preset = "on",
		.help = "where people come: unix:PATH, [HOST]:PORT, telnet:[HOST]:PORT; on: "
			"unix:NAME.sock; off" },
	{ .name = "log",
		.type = OPT_STRING,
		.preset = "off",
		.help = "file that all output is added to; on: NAME.log; off" },
	{ .name = "journal",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "do its lines go to the systemd journal" },
	{ .name = "syslog",
		.type = OPT_STRING,
		.preset = "off",
		.help = "syslog server that its lines go to: udp:HOST[:PORT], tcp:HOST[:PORT], "
			"unix:PATH; on: unix:/dev/log; off" },
	{ .name = "vnc",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "is it one of the consoles that -vnc shows" },
	{ .name = "record",
		.type = OPT_ENUM,
		.values = "off|always|attached|typed",
		.preset = "off",
		.help = "when it is recorded: always; while somebody is there; the same, from the "
			"first key on" },
	{ .name = "template",
		.type = OPT_STRING,
		.preset = "default",
		.help = "where what is not said here is looked for" },
	{ 0 },
};

const char console_parts_help[] = "Besides these, all options of the hub; and guest.KEY, "
				  "listen.KEY, vc.KEY, journal.KEY, syslog.KEY, record.KEY, "
				  "device.KEY for those of the other parts.";

/** What the keys of a console are about. */
enum part { OWN, GUEST, LISTEN, VC, JOURNAL, SYSLOG, RECORD, DEVICE, HUB, PARTS };

static const char *const prefixes[PARTS] = {
	[GUEST] = "guest.",
	[LISTEN] = "listen.",
	[VC] = "vc.",
	[JOURNAL] = "journal.",
	[SYSLOG] = "syslog.",
	[RECORD] = "record.",
	[DEVICE] = "device.",
};

/**
 * struct expansion - what a console becomes
 * @parts: options, by part
 * @members: of the hub, so far
 */
struct expansion {
	const char *name, *host, *where;
	struct opts *parts[PARTS];
	unsigned members;
	config_want_fn *want;
	void *data;
	struct error **err;
};

static int out_of_memory(struct expansion *at)
{
	return error_set(at->err, ENOMEM, "out of memory");
}

/* ---- templates ---- */

static const struct opts *find_template(const struct request_list *templates, const char *name)
{
	for (size_t i = templates->len; i > 0; i--)
		if (!strcmp(opts_text(templates->items[i - 1].opts, "id"), name))
			return templates->items[i - 1].opts;
	return NULL;
}

static int add_defaults(struct opts *console, const struct opts *template)
{
	int r = 0;

	for (size_t i = 0; i < opts_count(template) && r == 0; i++) {
		const char *key = opts_key_at(template, i);

		r = opts_preset(console, key, opts_text(template, key));
	}
	return r;
}

int console_apply_template(
	struct opts *console, const struct request_list *templates, struct error **err)
{
	const char *name = opts_text(console, "template");
	const struct opts *template = find_template(templates, name ? name : "default");
	int r = 0;

	if (name && !template)
		return error_set(err, ENOENT, "there is no template '%s'", name);
	opts_set_line(console, 0);
	for (int depth = 0; template && r == 0; depth++) {
		if (depth == TEMPLATES_MAX)
			return error_set(err, ELOOP,
				"template '%s': more than %d that name each other",
				opts_text(template, "id"), TEMPLATES_MAX);
		r = add_defaults(console, template);
		name = opts_text(template, "template");
		template = name ? find_template(templates, name) : NULL;
		if (name && !template)
			return error_set(err, ENOENT, "there is no template '%s'", name);
	}
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}

/* ---- the keys, sorted by part ---- */

static int no_percent(const char *key, const char *text, struct error **err)
{
	error_set(err, EINVAL, "%s: '%%%.1s' means nothing", key, text);
	error_set_hint(err, "%%n is the name of the console, %%h that of the host, %%%% a percent "
			    "sign.");
	return -EINVAL;
}

/*
 * @text with its percents; @name NULL: the console has none yet; @later: those that are no names
 * are for who gets it. Return: to be freed; NULL with @err.
 */
static char *expand_text(const char *name, const char *host, const char *key, const char *text,
	bool later, struct error **err)
{
	struct strbuf value = { 0 };

	strbuf_puts(&value, "");
	for (; *text; text++) {
		if (*text != '%') {
			strbuf_putc(&value, *text);
			continue;
		}
		text++;
		if (later && (*text == '%' || *text == 't')) {
			strbuf_putc(&value, '%');
			strbuf_putc(&value, *text);
		} else if (*text == '%') {
			strbuf_putc(&value, '%');
		} else if (*text == 'h') {
			strbuf_puts(&value, host);
		} else if (*text == 'n' && name) {
			strbuf_puts(&value, name);
		} else {
			no_percent(key, text, err);
			strbuf_done(&value);
			return NULL;
		}
	}
	if (value.failed)
		error_set(err, ENOMEM, "out of memory");
	return strbuf_take(&value);
}

int console_expand_pattern(struct opts *console, const char *host, struct error **err)
{
	const char *guest = opts_text(console, "guest");
	AUTO_FREE char *pattern = NULL;

	if (!guest)
		return 0;
	pattern = expand_text(NULL, host, "guest", guest, false, err);
	if (pattern)
		return opts_set(console, "guest", pattern) < 0
			       ? error_set(err, ENOMEM, "out of memory")
			       : 0;
	error_prefix(err, "console '%s': ", opts_text(console, "id"));
	return -EINVAL;
}

static enum part part_of(const char *key, const char **ret_key)
{
	*ret_key = key;
	for (const struct opt_desc *desc = console_options; desc->name; desc++)
		if (!strcmp(desc->name, key))
			return OWN;
	for (int part = 0; part < PARTS; part++) {
		size_t len = prefixes[part] ? strlen(prefixes[part]) : 0;

		if (!len || strncmp(key, prefixes[part], len))
			continue;
		*ret_key = key + len;
		return (enum part)part;
	}
	return HUB;
}

static int sort_item(struct expansion *at, const struct opts *console, size_t index)
{
	AUTO_OPTS struct opts *one = opts_new();
	const char *key;
	enum part part = part_of(opts_key_at(console, index), &key);
	AUTO_FREE char *value = expand_text(at->name, at->host, opts_key_at(console, index),
		opts_value_at(console, index), part == RECORD, at->err);

	if (!value)
		return -EINVAL;
	if (!one || opts_copy_item(one, key, console, index) < 0 || opts_set(one, key, value) < 0 ||
		opts_copy_item(at->parts[part], key, one, 0) < 0)
		return out_of_memory(at);
	return 0;
}

static int sort_keys(struct expansion *at, const struct opts *console)
{
	int r = 0;

	for (int part = 0; part < PARTS; part++) {
		at->parts[part] = opts_new();
		if (!at->parts[part])
			return out_of_memory(at);
	}
	for (size_t i = 0; i < opts_count(console) && r == 0; i++)
		r = sort_item(at, console, i);
	return r < 0 ? r
		     : opts_check(at->parts[OWN], "console",
			       (const struct opt_desc *const[]){ console_options, NULL }, at->err);
}

/* ---- the parts ---- */

/* A name made of the console's; @set says where it goes. */
static int set_name(struct expansion *at, struct opts *opts, const char *key, const char *suffix)
{
	AUTO_FREE char *name = NULL;

	if (asprintf(&name, "%s%s", at->name, suffix) < 0)
		name = NULL;
	return name && opts_set(opts, key, name) == 0 ? 0 : out_of_memory(at);
}

static int want(struct expansion *at, enum thing_kind kind, enum part part)
{
	int r = at->want(at->data, kind, at->parts[part], at->where, at->err);

	if (r == 0)
		at->parts[part] = NULL;
	return r;
}

static int add_member(struct expansion *at, enum part part, const char *suffix)
{
	char key[32];
	int r = set_name(at, at->parts[part], "id", suffix);

	snprintf(key, sizeof(key), "chardevs.%u", at->members++);
	if (r == 0)
		r = set_name(at, at->parts[HUB], key, suffix);
	return r < 0 ? r : want(at, THING_CHARDEV, part);
}

static bool is_word(const char *text, const char *word)
{
	return !strcmp(text, word);
}

static int expand_listen(struct expansion *at)
{
	const char *spec = opts_get_string(at->parts[OWN], "listen");
	AUTO_FREE char *own = NULL;
	int r;

	if (is_word(spec, "off"))
		return 0;
	if (is_word(spec, "on") && asprintf(&own, "unix:%s.sock", at->name) < 0) {
		own = NULL;
		return out_of_memory(at);
	}
	r = spec_listen(at->parts[LISTEN], own ? own : spec, at->err);
	return r < 0 ? r : add_member(at, LISTEN, ".listen");
}

static int expand_vc(struct expansion *at)
{
	if (!opts_get_bool(at->parts[OWN], "vnc"))
		return 0;
	if (opts_set(at->parts[VC], "backend", "vc") < 0)
		return out_of_memory(at);
	return add_member(at, VC, ".vc");
}

static int expand_journal(struct expansion *at)
{
	if (!opts_get_bool(at->parts[OWN], "journal"))
		return 0;
	if (opts_set(at->parts[JOURNAL], "backend", "journald") < 0)
		return out_of_memory(at);
	return add_member(at, JOURNAL, ".journal");
}

static int expand_syslog(struct expansion *at)
{
	const char *spec = opts_get_string(at->parts[OWN], "syslog");
	int r;

	if (is_word(spec, "off"))
		return 0;
	r = spec_syslog(at->parts[SYSLOG], is_word(spec, "on") ? "unix:/dev/log" : spec, at->err);
	return r < 0 ? r : add_member(at, SYSLOG, ".syslog");
}

/* A hub has a member at least. */
static int expand_nobody(struct expansion *at)
{
	if (at->members)
		return 0;
	opts_free(at->parts[VC]);
	at->parts[VC] = opts_new();
	if (!at->parts[VC] || opts_set(at->parts[VC], "backend", "null") < 0)
		return out_of_memory(at);
	return add_member(at, VC, ".null");
}

static int expand_log(struct expansion *at)
{
	const char *path = opts_get_string(at->parts[OWN], "log");
	struct opts *hub = at->parts[HUB];
	int r = 0;

	if (is_word(path, "off"))
		return 0;
	if (is_word(path, "on"))
		r = set_name(at, hub, "logfile", ".log");
	else if (opts_set(hub, "logfile", path) < 0)
		r = out_of_memory(at);
	if (r == 0 && opts_preset(hub, "logappend", "on") < 0)
		r = out_of_memory(at);
	return r;
}

static int expand_hub(struct expansion *at)
{
	int r = expand_listen(at);

	if (r == 0)
		r = expand_vc(at);
	if (r == 0)
		r = expand_journal(at);
	if (r == 0)
		r = expand_syslog(at);
	if (r == 0)
		r = expand_nobody(at);
	if (r == 0)
		r = expand_log(at);
	if (r < 0)
		return r;
	if (opts_set(at->parts[HUB], "backend", "hub") < 0)
		return out_of_memory(at);
	r = set_name(at, at->parts[HUB], "id", "");
	return r < 0 ? r : want(at, THING_CHARDEV, HUB);
}

static int expand_record(struct expansion *at)
{
	struct opts *record = at->parts[RECORD];
	const char *when = opts_text(at->parts[OWN], "record");
	int r;

	if (!when || is_word(when, "off"))
		return 0;
	if (opts_set(record, "when", when) < 0)
		return out_of_memory(at);
	r = set_name(at, record, "id", ".record");
	if (r == 0)
		r = set_name(at, record, "consoles", "");
	return r < 0 ? r : want(at, THING_RECORD, RECORD);
}

/* A chardev leads to the guest, and a device joins it and the hub. */
static int expand_chardev_guest(struct expansion *at, const char *spec)
{
	int r = spec_guest(at->parts[GUEST], spec, at->err);

	if (r == 0)
		r = set_name(at, at->parts[GUEST], "id", ".guest");
	if (r == 0)
		r = want(at, THING_CHARDEV, GUEST);
	if (r == 0)
		r = expand_hub(at);
	if (r < 0)
		return r;
	if (opts_set(at->parts[DEVICE], "driver", "console") < 0)
		return out_of_memory(at);
	r = set_name(at, at->parts[DEVICE], "id", ".device");
	if (r == 0)
		r = set_name(at, at->parts[DEVICE], "guest", ".guest");
	if (r == 0)
		r = set_name(at, at->parts[DEVICE], "chardev", "");
	return r < 0 ? r : want(at, THING_DEVICE, DEVICE);
}

/* A virtio console: the device is the bus of its port, to which guest.KEY belongs. */
static int expand_virtio(struct expansion *at, const char *path)
{
	int r = expand_hub(at);

	if (r < 0)
		return r;
	if (opts_set(at->parts[DEVICE], "driver", "virtio-serial") < 0 ||
		opts_set(at->parts[GUEST], "driver", "virtconsole") < 0 ||
		(*path && opts_set(at->parts[DEVICE], "socket", path) < 0))
		return out_of_memory(at);
	if (!*path)
		r = set_name(at, at->parts[DEVICE], "socket", ".virtio");
	if (r == 0)
		r = set_name(at, at->parts[DEVICE], "id", ".device");
	if (r == 0)
		r = set_name(at, at->parts[GUEST], "id", ".guest");
	if (r == 0)
		r = set_name(at, at->parts[GUEST], "bus", ".device");
	if (r == 0)
		r = set_name(at, at->parts[GUEST], "chardev", "");
	if (r == 0)
		r = want(at, THING_DEVICE, DEVICE);
	return r < 0 ? r : want(at, THING_DEVICE, GUEST);
}

static int expand(struct expansion *at, const struct opts *console)
{
	const char *guest, *virtio;
	int r = sort_keys(at, console);

	if (r < 0)
		return r;
	guest = opts_get_string(at->parts[OWN], "guest");
	virtio = spec_virtio(guest);
	r = virtio ? expand_virtio(at, virtio) : expand_chardev_guest(at, guest);
	return r < 0 ? r : expand_record(at);
}

int console_expand(const struct opts *console, const char *host, const char *where,
	config_want_fn *want_fn, void *data, struct error **err)
{
	struct expansion at = {
		.name = opts_text(console, "id"),
		.host = host,
		.where = where,
		.want = want_fn,
		.data = data,
		.err = err,
	};
	int r;

	if (!at.name)
		return error_set(err, EINVAL, "a console needs a name");
	r = expand(&at, console);
	if (r < 0)
		error_prefix(err, "console '%s': ", at.name);
	for (int part = 0; part < PARTS; part++)
		opts_free(at.parts[part]);
	return r;
}
