/* SPDX-License-Identifier: MIT */
/*
 * QEMU's older way to write a chardev, tried in this order:
 *
 *	mon:REST		REST with mux=on
 *	null pty stdio ...	that class, without options
 *	vc[:WxH|:WCxHC]		in pixels or in characters
 *	file:PATH pipe:PATH pty:PATH	all of it is the path, commas too
 *	tcp:[HOST]:PORT[,...]	and telnet: tn3270: websocket:
 *	udp:[HOST]:PORT[@[HOST]:PORT]	to the first, from the second
 *	unix:PATH[,...]
 *	/dev/...		a serial line, or a parallel port
 */
#include "control/shorthand.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* @rest: what is behind the form's word. Return: 0; -EINVAL: it is not in that form; -ENOMEM. */
typedef int read_fn(const char *rest, struct opts **ret_opts);

static int set_part(struct opts *opts, const char *key, const char *text, size_t len)
{
	AUTO_FREE char *value = strndup(text, len);

	return value ? opts_set(opts, key, value) : -ENOMEM;
}

static int parse_rest(const char *rest, const char *implied, struct opts **ret_opts)
{
	struct error *err = NULL;
	int r = opts_parse(rest, implied, ret_opts, &err);

	error_free(err); /* only its length can be wrong */
	return r;
}

static int read_nothing(const char *rest, struct opts **ret_opts)
{
	if (*rest)
		return -EINVAL;
	*ret_opts = opts_new();
	return *ret_opts ? 0 : -ENOMEM;
}

static int read_path(const char *rest, struct opts **ret_opts)
{
	*ret_opts = opts_new();
	return *ret_opts ? opts_set(*ret_opts, "path", rest) : -ENOMEM;
}

static int read_unix(const char *rest, struct opts **ret_opts)
{
	return parse_rest(rest, "path", ret_opts);
}

/* "[HOST]:PORT", the host in brackets where it has colons. Return: its bytes; 0: it is none. */
static size_t split_address(
	const char *text, const char **ret_host, size_t *ret_host_len, size_t *ret_port_len)
{
	const char *end = *text == '[' ? strchr(text, ']') : text + strcspn(text, ":,@");
	const char *colon = end && *end == ']' ? end + 1 : end;
	bool brackets = *text == '[';

	if (!colon || *colon != ':')
		return 0;
	*ret_host = text + brackets;
	*ret_host_len = (size_t)(end - text) - brackets;
	*ret_port_len = strcspn(colon + 1, ",@");
	return (size_t)(colon + 1 - text) + *ret_port_len;
}

static int set_address(struct opts *opts, const char *host_key, const char *port_key,
	const char *text, size_t *ret_len)
{
	const char *host;
	size_t host_len, port_len;
	int r;

	*ret_len = split_address(text, &host, &host_len, &port_len);
	if (!*ret_len)
		return -EINVAL;
	r = set_part(opts, host_key, host, host_len);
	return r < 0 ? r : set_part(opts, port_key, text + *ret_len - port_len, port_len);
}

static int read_inet(const char *rest, struct opts **ret_opts)
{
	const char *host;
	size_t host_len, port_len, len = split_address(rest, &host, &host_len, &port_len);
	int r = len && (!rest[len] || rest[len] == ',')
			? parse_rest(rest[len] ? rest + len + 1 : "", NULL, ret_opts)
			: -EINVAL;

	return r < 0 ? r : set_address(*ret_opts, "host", "port", rest, &len);
}

int shorthand_address(struct opts *opts, const char *text)
{
	AUTO_OPTS struct opts *read = NULL;
	int r = strchr(text, ',') ? -EINVAL : read_inet(text, &read);

	if (r == 0)
		r = opts_set(opts, "host", opts_text(read, "host"));
	return r < 0 ? r : opts_set(opts, "port", opts_text(read, "port"));
}

int shorthand_listen(struct opts *opts, const char *text, struct error **err)
{
	int r;

	if (!strncmp(text, "unix:", 5))
		r = opts_set(opts, "path", text + 5);
	else if (!strncmp(text, "fd:", 3))
		r = opts_set(opts, "fd", text + 3);
	else
		r = shorthand_address(opts, text);
	if (r == -EINVAL) {
		error_set(err, EINVAL, "'%s' is no address", text);
		error_set_hint(err, "It would be [HOST]:PORT, unix:PATH or fd:NAME");
		return r;
	}
	return r < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int read_udp(const char *rest, struct opts **ret_opts)
{
	size_t len;
	int r = read_nothing("", ret_opts);

	if (r == 0)
		r = set_address(*ret_opts, "host", "port", rest, &len);
	if (r == 0 && rest[len] == '@')
		r = set_address(*ret_opts, "localaddr", "localport", rest + len + 1, &len);
	else if (r == 0 && rest[len])
		r = -EINVAL;
	return r;
}

/* Return: the number before @end, where it may have a 'C'. */
static int read_extent(const char *text, const char *end, bool *ret_chars, char **ret_number)
{
	uint64_t number;

	*ret_chars = end > text && end[-1] == 'C';
	*ret_number = strndup(text, (size_t)(end - text) - *ret_chars);
	if (!*ret_number)
		return -ENOMEM;
	return parse_u64(*ret_number, &number) < 0 ? -EINVAL : 0;
}

static int read_size(const char *rest, struct opts **ret_opts)
{
	const char *x = strchr(rest, 'x');
	AUTO_FREE char *across = NULL;
	AUTO_FREE char *down = NULL;
	bool chars, too;
	int r = x ? read_extent(rest, x, &chars, &across) : -EINVAL;

	if (r == 0)
		r = read_extent(x + 1, x + 1 + strlen(x + 1), &too, &down);
	if (r == 0)
		r = chars == too ? read_nothing("", ret_opts) : -EINVAL;
	if (r == 0)
		r = opts_set(*ret_opts, chars ? "cols" : "width", across);
	return r < 0 ? r : opts_set(*ret_opts, chars ? "rows" : "height", down);
}

/**
 * struct form - one way to begin
 * @word: what it begins with; a form that reads nothing is this and no more
 * @flag: is set to on; NULL: none
 * @like: what a good one looks like; NULL: just @word
 */
struct form {
	const char *word, *backend, *flag;
	read_fn *read;
	const char *like;
};

#define INET_REST "[HOST]:PORT[,OPTION=VALUE...]"

static const struct form forms[] = {
	{ "null", "null", .read = read_nothing },
	{ "pty", "pty", .read = read_nothing },
	{ "msmouse", "msmouse", .read = read_nothing },
	{ "wctablet", "wctablet", .read = read_nothing },
	{ "braille", "braille", .read = read_nothing },
	{ "testdev", "testdev", .read = read_nothing },
	{ "stdio", "stdio", .read = read_nothing },
	{ "vc", "vc", .read = read_nothing },
	{ "vc:", "vc", .read = read_size, .like = "vc:WIDTHxHEIGHT or vc:COLSCxROWSC" },
	{ "file:", "file", .read = read_path },
	{ "pipe:", "pipe", .read = read_path },
	{ "pty:", "pty", .read = read_path },
	{ "tcp:", "socket", .read = read_inet, .like = "tcp:" INET_REST },
	{ "telnet:", "socket", "telnet", read_inet, "telnet:" INET_REST },
	{ "tn3270:", "socket", "tn3270", read_inet, "tn3270:" INET_REST },
	{ "websocket:", "socket", "websocket", read_inet, "websocket:" INET_REST },
	{ "udp:", "udp", .read = read_udp, .like = "udp:[HOST]:PORT[@[HOST]:PORT]" },
	{ "unix:", "socket", .read = read_unix },
};

static int not_valid(const char *text, const struct form *form, struct error **err)
{
	error_set(err, EINVAL, "'%s' is not a valid char driver", text);
	if (form && form->like)
		error_set_hint(err, "It would be %s", form->like);
	return -EINVAL;
}

/* The last form that fits: "pty:" fits better than "pty". */
static const struct form *find_form(const char *text)
{
	const struct form *found = NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strncmp(text, forms[i].word, strlen(forms[i].word)))
			found = &forms[i];
	return found;
}

static int read_device(const char *text, struct opts **ret_opts)
{
	bool parallel = !strncmp(text, "/dev/parport", 12) || !strncmp(text, "/dev/ppi", 8);
	int r = read_path(text, ret_opts);

	return r < 0 ? r : opts_set(*ret_opts, "backend", parallel ? "parallel" : "serial");
}

static int read_form(
	const char *text, const struct form *form, struct opts **ret_opts, struct error **err)
{
	int r = form->read(text + strlen(form->word), ret_opts);

	if (r == 0 && form->flag)
		r = opts_set(*ret_opts, form->flag, "on");
	if (r == 0)
		r = opts_set(*ret_opts, "backend", form->backend);
	return r == -EINVAL ? not_valid(text, form, err) : r;
}

static int set_muxed(const char *rest, struct opts *opts)
{
	int r = opts_set(opts, "mux", "on");

	return r == 0 && !strcmp(rest, "stdio") ? opts_set(opts, "signal", "off") : r;
}

int shorthand_parse(const char *text, const char *id, struct opts **ret_opts, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	bool mon = !strncmp(text, "mon:", 4);
	const char *rest = mon ? text + 4 : text;
	const struct form *form = find_form(rest);
	int r;

	if (form)
		r = read_form(rest, form, &opts, err);
	else if (!strncmp(rest, "/dev/", 5))
		r = read_device(rest, &opts);
	else
		r = not_valid(rest, NULL, err);
	if (r == 0 && mon)
		r = set_muxed(rest, opts);
	if (r == 0)
		r = opts_set(opts, "id", id);
	if (r == 0)
		*ret_opts = TAKE_PTR(opts);
	return r == -ENOMEM ? error_set(err, ENOMEM, "out of memory") : r;
}
