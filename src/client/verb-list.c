/* SPDX-License-Identifier: MIT */
/* What there is, and who is there. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/print.h"
#include "client/tables.h"
#include "client/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int show(struct strbuf *out, struct error **err)
{
	if (out->failed)
		return error_set(err, ENOMEM, "out of memory");
	fwrite(out->data, 1, out->len, stdout);
	return CLIENT_DONE;
}

/* ---- list ---- */

static int print_consoles(const struct consoles *consoles)
{
	AUTO_JSON json_t *list = json_array();

	for (size_t i = 0; i < consoles->len; i++) {
		json_t *info = json_copy(consoles->items[i].info);

		json_object_set_new(info, "daemon", json_string(consoles->items[i].daemon->path));
		json_array_append_new(list, info);
	}
	print_json(list);
	return CLIENT_DONE;
}

int verb_list(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_STRBUF struct strbuf out = { 0 };
	int r = consoles_find(
		client->daemons, args->n_words ? args->words[0] : NULL, &consoles, err);

	if (r < 0)
		return r;
	if (client->json)
		return print_consoles(&consoles);
	table_consoles(&out, &consoles, client->colour);
	return show(&out, err);
}

/* ---- who, stats ---- */

static int query_hub(const struct console *console, json_t **ret_hub, struct error **err)
{
	AUTO_SESSION struct session session = { .connection = { .fd = -1 } };
	int r = session_open(console->daemon, &session, err);

	return r < 0 ? r : session_hub(&session, console->id, ret_hub, err);
}

typedef void put_fn(struct strbuf *out, const json_t *hub, bool colour);

static int show_hubs(struct client *client, const char *pattern, put_fn *put, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *list = json_array();
	AUTO_STRBUF struct strbuf out = { 0 };
	int r = consoles_find(client->daemons, pattern, &consoles, err);

	for (size_t i = 0; i < consoles.len && r == 0; i++) {
		json_t *hub = NULL;

		r = query_hub(&consoles.items[i], &hub, err);
		if (r < 0)
			break;
		if (consoles.len > 1 && !client->json)
			strbuf_printf(&out, "%s%s:\n", i ? "\n" : "", consoles.items[i].name);
		put(&out, hub, client->colour);
		json_array_append_new(list, hub);
	}
	if (r < 0)
		return r;
	if (!consoles.len)
		return error_set(err, ENOENT, "there is no console '%s'", pattern ? pattern : "");
	if (!client->json)
		return show(&out, err);
	print_json(list);
	return CLIENT_DONE;
}

static void put_who(struct strbuf *out, const json_t *hub, bool colour)
{
	table_who(out, hub, NULL, colour);
}

int verb_who(struct client *client, const struct args *args, struct error **err)
{
	return show_hubs(client, args->n_words ? args->words[0] : NULL, put_who, err);
}

int verb_stats(struct client *client, const struct args *args, struct error **err)
{
	return show_hubs(client, args->n_words ? args->words[0] : NULL, table_stats, err);
}

/* ---- watch ---- */

enum { WATCH_IDLE_MS = 2000, WATCH_PAUSE_MS = 200 };

static int draw(struct client *client, const char *pattern, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_STRBUF struct strbuf out = { 0 };
	unsigned cols = 80, rows = 24, row = 0;
	int r = consoles_find(client->daemons, pattern, &consoles, err);

	if (r < 0)
		return r;
	terminal_size(&cols, &rows);
	table_consoles(&text, &consoles, client->colour);
	strbuf_puts(&out, "\033[H");
	for (size_t i = 0; i < text.len && row + 1 < rows; i++) {
		if (text.data[i] != '\n') {
			strbuf_putc(&out, text.data[i]);
			continue;
		}
		strbuf_puts(&out, "\033[K\r\n");
		row++;
	}
	strbuf_printf(&out, "\033[J\033[%u;1H\033[7m q: leave \033[0m", rows);
	if (!out.failed)
		terminal_write(out.data, out.len);
	return 0;
}

/* Return: is it enough. */
static bool is_quit(void)
{
	char byte;

	return read(STDIN_FILENO, &byte, 1) <= 0 || byte == 'q' || byte == 3 || byte == 29;
}

/* Until something happens at a daemon, or for a while. Return: false: leave. */
static bool wait_for_news(struct session *sessions, size_t n)
{
	struct pollfd fds[64] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	size_t n_fds = 1;

	for (size_t i = 0; i < n && n_fds < 64; i++)
		fds[n_fds++] = (struct pollfd){ .fd = sessions[i].connection.fd, .events = POLLIN };
	if (poll(fds, n_fds, WATCH_IDLE_MS) > 0 && fds[0].revents)
		return !is_quit();
	for (size_t i = 1; i < n_fds; i++) {
		json_t *event = NULL;

		while (fds[i].revents && session_event(&sessions[i - 1], 0, &event, NULL) == 0)
			json_decref(event);
	}
	/* What comes at once is shown at once. */
	if (poll(fds, 1, WATCH_PAUSE_MS) > 0)
		return !is_quit();
	return true;
}

static int watch(struct client *client, const char *pattern, struct session *sessions, size_t n,
	struct error **err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = session_open(&client->daemons->items[i], &sessions[i], err);
	if (r < 0)
		return r;
	terminal_raw();
	terminal_puts("\033[?1049h\033[?25l");
	do
		r = draw(client, pattern, err);
	while (r == 0 && wait_for_news(sessions, n));
	terminal_puts("\033[?25h\033[?1049l");
	terminal_restore();
	return r < 0 ? r : CLIENT_DONE;
}

int verb_watch(struct client *client, const struct args *args, struct error **err)
{
	size_t n = client->daemons->len;
	AUTO_FREE struct session *sessions = calloc(n + 1, sizeof(*sessions));
	int r;

	if (!terminal_is_tty())
		return error_set(err, ENOTTY, "'watch' needs a terminal; 'list' does not");
	if (!sessions)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		sessions[i].connection.fd = -1;
	r = watch(client, args->n_words ? args->words[0] : NULL, sessions, n, err);
	for (size_t i = 0; i < n; i++)
		session_close(&sessions[i]);
	return r;
}
