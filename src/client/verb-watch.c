/* SPDX-License-Identifier: MIT */
/*
 * The list of consoles, drawn again whenever something happens at a daemon. One that goes is
 * waited for.
 */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/tables.h"
#include "client/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { IDLE_MS = 2000, LOST_MS = 300, PAUSE_MS = 200, COLS = 80, ROWS = 24 };

/**
 * struct watch - what is watched
 * @sessions: with each daemon, for its events; without a connection where it has gone
 * @fds:      of the keyboard, and of each session
 */
struct watch {
	struct client *client;
	const char *pattern;
	struct session *sessions;
	struct pollfd *fds;
	size_t n;
};

/* ---- the picture ---- */

/* Where there is no list, what is the matter. */
static void put_consoles(const struct watch *watch, struct strbuf *text)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_ERROR struct error *why = NULL;

	if (consoles_find(watch->client->daemons, watch->pattern, &consoles, &why) == 0)
		table_consoles(text, &consoles, watch->client->colour);
	else
		strbuf_printf(text, "%s; waiting for it\n", error_message(why));
	if (consoles.silent.data)
		strbuf_puts(text, consoles.silent.data);
}

static void draw(const struct watch *watch)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_STRBUF struct strbuf out = { 0 };
	unsigned cols = COLS, rows = ROWS, row = 0;

	terminal_size(&cols, &rows);
	put_consoles(watch, &text);
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
}

/* ---- news ---- */

/* Return: is one of them lost. */
static bool open_sessions(struct watch *watch)
{
	bool lost = false;

	for (size_t i = 0; i < watch->n; i++) {
		struct session *session = &watch->sessions[i];

		if (session->connection.fd < 0)
			session_open(&watch->client->daemons->items[i], session, NULL);
		lost |= session->connection.fd < 0;
	}
	return lost;
}

/* What is told is seen by asking; how much was, is of no interest. */
static void drop_events(struct session *session)
{
	json_t *event = NULL;
	int r;

	while ((r = session_event(session, 0, &event, NULL)) == 0)
		json_decref(event);
	if (r != -ETIMEDOUT)
		session_close(session);
}

static bool is_quit(void)
{
	char byte;

	return read(STDIN_FILENO, &byte, 1) <= 0 || byte == 'q' || byte == 3 || byte == 29;
}

/* Until something happens at a daemon, or for a while. Return: false: leave. */
static bool wait_for_news(struct watch *watch)
{
	int wait_ms = open_sessions(watch) ? LOST_MS : IDLE_MS;

	watch->fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	for (size_t i = 0; i < watch->n; i++)
		watch->fds[i + 1] =
			(struct pollfd){ .fd = watch->sessions[i].connection.fd, .events = POLLIN };
	if (poll(watch->fds, watch->n + 1, wait_ms) > 0 && watch->fds[0].revents)
		return !is_quit();
	for (size_t i = 0; i < watch->n; i++)
		if (watch->fds[i + 1].revents)
			drop_events(&watch->sessions[i]);
	/* What comes at once is shown at once. */
	if (poll(watch->fds, 1, PAUSE_MS) > 0)
		return !is_quit();
	return true;
}

static void watch_until_left(struct watch *watch)
{
	terminal_raw();
	terminal_puts("\033[?1049h\033[?25l");
	do
		draw(watch);
	while (wait_for_news(watch) && !terminal_is_lost());
	terminal_puts("\033[?25h\033[?1049l");
	terminal_restore();
}

int verb_watch(struct client *client, const struct args *args, struct error **err)
{
	size_t n = client->daemons->len;
	AUTO_FREE struct session *sessions = calloc(n + 1, sizeof(*sessions));
	AUTO_FREE struct pollfd *fds = calloc(n + 1, sizeof(*fds));
	struct watch watch = { client, args->n_words ? args->words[0] : NULL, sessions, fds, n };
	AUTO_CONSOLES struct consoles consoles = { 0 };
	int r;

	if (!terminal_is_tty())
		return error_set(err, ENOTTY, "'watch' needs a terminal; 'list' does not");
	if (!sessions || !fds)
		return error_set(err, ENOMEM, "out of memory");
	/* Who waits for what was never there waits for a mistake. */
	r = consoles_find(client->daemons, watch.pattern, &consoles, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		sessions[i].connection.fd = -1;
	watch_until_left(&watch);
	for (size_t i = 0; i < n; i++)
		session_close(&sessions[i]);
	return CLIENT_DONE;
}
