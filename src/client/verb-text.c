/* SPDX-License-Identifier: MIT */
/* What stands on a console, and what it has printed, as text. */
#include "client/verb-run.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/plain.h"
#include "client/history.h"
#include "client/print.h"
#include "client/terminal.h"
#include "client/when.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- screen ---- */

static int write_png(const char *path, const char *base64, struct error **err)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	bool bad;

	if (!file)
		return error_set(err, errno, "cannot write '%s': %s", path, strerror(errno));
	bad = base64_decode(&bytes, base64) < 0 || bytes.failed ||
	      fwrite(bytes.data, 1, bytes.len, file) != bytes.len;
	bad |= file == stdout ? fflush(file) : fclose(file);
	return bad ? error_set(err, EIO, "cannot write '%s'", path) : CLIENT_DONE;
}

/* Down to the last line on which something stands. */
static void print_lines(const json_t *lines)
{
	size_t n = json_array_size(lines);

	while (n && !json_string_length(json_array_get(lines, n - 1)))
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(lines, i));

		printf("%s\n", text ? text : "");
	}
}

int verb_screen(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *screen = NULL;
	const char *png = args_value(args, "png");
	int r = verb_open(client, args->words[0], &consoles, &session, err);

	if (r == 0)
		r = session_call(&session, "console-screen",
			json_pack("{s:s,s:s}", "console", consoles.items[0].id, "format",
				png ? "png" : "text"),
			&screen, err);
	if (r < 0)
		return r;
	if (png)
		return write_png(png, json_text(screen, "png"), err);
	if (client->json)
		print_json(screen);
	else
		print_lines(json_object_get(screen, "lines"));
	return CLIENT_DONE;
}

/* ---- history ---- */

static int read_start(
	const struct args *args, const char *name, uint64_t *ret_value, struct error **err)
{
	int64_t when = 0;
	int r;

	if (strcmp(name, "since") != 0)
		return args_number(args, name, 0, strcmp(name, "lines") ? INT64_MAX : UINT32_MAX,
			ret_value, err);
	r = when_parse(args_value(args, name), time(NULL), &when, err);
	if (r < 0)
		error_prefix(err, "--since: ");
	*ret_value = (uint64_t)when;
	return r;
}

int verb_read_range(const struct args *args, json_t **ret_range, struct error **err)
{
	static const char *const names[] = { "offset", "since", "lines" };
	const char *name = NULL;
	uint64_t value;
	int r;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!args_has(args, names[i]))
			continue;
		if (name)
			return error_set(
				err, EINVAL, "it is '--%s' or '--%s', not both", name, names[i]);
		name = names[i];
	}
	if (!name)
		return 0;
	r = read_start(args, name, &value, err);
	if (r == 0)
		*ret_range = json_pack("{s:I}", name, (json_int_t)value);
	return r;
}

int verb_read_console(struct client *client, const struct args *args, struct consoles *consoles,
	struct history *history, struct error **err)
{
	AUTO_JSON json_t *range = NULL;
	int r = verb_read_range(args, &range, err);

	if (r == 0)
		r = consoles_find_one(client->daemons, args->words[0], consoles, err);
	if (r == 0)
		r = history_of(&consoles->items[0], range, history, err);
	if (r == 0)
		history_complain(history, consoles->items[0].name);
	return r;
}

int verb_history(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_HISTORY struct history history = { 0 };
	AUTO_STRBUF struct strbuf text = { 0 };
	int r = verb_read_console(client, args, &consoles, &history, err);

	if (r < 0)
		return r;
	if (args_has(args, "raw")) {
		terminal_write(history.bytes.data, history.bytes.len);
		return CLIENT_DONE;
	}
	plain_text(history.bytes.data, history.bytes.len, &text);
	if (client->json) {
		AUTO_JSON json_t *value = json_pack("{s:s,s:s%}", "console", consoles.items[0].id,
			"text", text.data ? text.data : "", text.len);

		print_json(value);
	} else {
		if (text.len && text.data[text.len - 1] != '\n')
			strbuf_append(&text, "\n", 1);
		terminal_write(text.data, text.len);
	}
	return CLIENT_DONE;
}
