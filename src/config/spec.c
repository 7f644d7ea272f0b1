/* SPDX-License-Identifier: MIT */
#include "config/spec.h"

#include "base/parse.h"
#include "config/domain.h"
#include "control/shorthand.h"

#include <errno.h>
#include <string.h>

const char spec_guest_forms[] = "unix:PATH, tcp:HOST:PORT, telnet:HOST:PORT, serial:DEVICE, "
				"exec:COMMAND, pty:[LINK], virtio[:SOCKET] or libvirt:DOMAIN";
const char spec_listen_forms[] = "on, off, unix:PATH, [HOST]:PORT, tcp:[HOST]:PORT or "
				 "telnet:[HOST]:PORT";
const char spec_syslog_forms[] = "on, off, unix:PATH, udp:HOST[:PORT] or tcp:HOST[:PORT]";

/**
 * struct form - a word and what it means
 * @key:  of what is behind the word; NULL: that is an address
 * @flag: an option that is set to @value; NULL: none
 */
struct form {
	const char *word, *backend, *key, *flag, *value;
};

static const struct form guests[] = {
	{ "unix:", "socket", "path", NULL, NULL },
	{ "tcp:", "socket", NULL, NULL, NULL },
	{ "telnet:", "socket", NULL, "telnet", "on" },
	{ "serial:", "serial", "path", NULL, NULL },
	{ "exec:", "exec", "command", NULL, NULL },
	{ "pty:", "pty", "path", NULL, NULL },
	{ 0 },
};

static const struct form listens[] = {
	{ "unix:", "socket", "path", NULL, NULL },
	{ "tcp:", "socket", NULL, NULL, NULL },
	{ "telnet:", "socket", NULL, "telnet", "on" },
	{ "", "socket", NULL, NULL, NULL },
	{ 0 },
};

static const struct form syslogs[] = {
	{ "unix:", "syslog", "path", NULL, NULL },
	{ "udp:", "syslog", NULL, "transport", "udp" },
	{ "tcp:", "syslog", NULL, "transport", "tcp" },
	{ 0 },
};

static const char domain_word[] = "libvirt:", virtio_word[] = "virtio";

#define PEOPLE "16"

static const char *const server[][2] = { { "server", "on" }, { "wait", "off" },
	{ "clients", PEOPLE }, { NULL, NULL } };
static const char *const server_of_guest[][2] = { { "wait", "off" }, { NULL, NULL } };
static const char *const dialling[][2] = { { "reconnect-ms", "1000" }, { NULL, NULL } };
/* libvirt's user is in no group of ours; who opens the path is told apart by who he is. */
static const char *const shared_server[][2] = { { "server", "on" }, { "wait", "off" },
	{ "clients", PEOPLE }, { "mode", "0666" }, { NULL, NULL } };

static int preset_all(struct opts *opts, const char *const presets[][2])
{
	int r = 0;

	for (; (*presets)[0] && r == 0; presets++)
		r = opts_preset(opts, (*presets)[0], (*presets)[1]);
	return r;
}

static int put_rest(struct opts *opts, const struct form *form, const char *rest)
{
	bool has_port = strchr(rest, ':') || strcmp(form->backend, "syslog");

	if (!form->key && !has_port && *rest)
		return opts_set(opts, "host", rest);
	if (!form->key)
		return shorthand_address(opts, rest);
	return *rest ? opts_set(opts, form->key, rest) : 0;
}

/* Return: 0; -EINVAL: it is in none of the forms; -ENOMEM. */
static int read_form(struct opts *opts, const struct form *form, const char *spec)
{
	for (; form->word; form++) {
		size_t len = strlen(form->word);
		int r;

		if (strncmp(spec, form->word, len))
			continue;
		r = opts_set(opts, "backend", form->backend);
		if (r == 0 && form->flag)
			r = opts_preset(opts, form->flag, form->value);
		return r < 0 ? r : put_rest(opts, form, spec + len);
	}
	return -EINVAL;
}

static int finish(int r, const char *what, const char *spec, const char *forms, struct error **err)
{
	if (r == -EINVAL) {
		error_set(err, EINVAL, "%s=%s is not understood", what, spec);
		error_set_hint(err, "It would be %s", forms);
	} else if (r < 0) {
		error_set(err, -r, "out of memory");
	}
	return r;
}

const char *spec_virtio(const char *spec)
{
	size_t len = strlen(virtio_word);

	if (strncmp(spec, virtio_word, len) || (spec[len] && spec[len] != ':'))
		return NULL;
	return spec + len + (spec[len] == ':');
}

static int read_domain(struct opts *opts, const char *name, struct error **err)
{
	struct domain_serial serial = { 0 };
	int r = domain_find(name, &serial, err);

	if (r < 0)
		return r;
	r = opts_set(opts, "backend", "socket");
	if (r == 0)
		r = opts_set(opts, "path", serial.path);
	if (r == 0)
		r = preset_all(opts, serial.connect ? shared_server : dialling);
	domain_serial_done(&serial);
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}

static bool is_on(const struct opts *opts, const char *key)
{
	const char *text = opts_text(opts, key);
	bool on = false;

	return text && parse_bool(text, &on) == 0 && on;
}

int spec_guest(struct opts *opts, const char *spec, struct error **err)
{
	int r;

	if (!strncmp(spec, domain_word, strlen(domain_word)))
		return read_domain(opts, spec + strlen(domain_word), err);
	r = read_form(opts, guests, spec);
	if (r == 0 && !strcmp(opts_text(opts, "backend"), "socket"))
		r = preset_all(opts, is_on(opts, "server") ? server_of_guest : dialling);
	return finish(r, "guest", spec, spec_guest_forms, err);
}

int spec_listen(struct opts *opts, const char *spec, struct error **err)
{
	int r = read_form(opts, listens, spec);

	if (r == 0)
		r = preset_all(opts, server);
	return finish(r, "listen", spec, spec_listen_forms, err);
}

int spec_syslog(struct opts *opts, const char *spec, struct error **err)
{
	return finish(read_form(opts, syslogs, spec), "syslog", spec, spec_syslog_forms, err);
}
