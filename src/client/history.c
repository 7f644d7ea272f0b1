/* SPDX-License-Identifier: MIT */
#include "client/history.h"

#include "base/base64.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 256 * 1024 };

/* @range: where it begins; NULL: with the oldest that is held in one piece with the newest. */
static int ask(struct session *session, const char *console, const json_t *range,
	json_t **ret_piece, struct error **err)
{
	json_t *args =
		json_pack("{s:s,s:i,s:s}", "console", console, "size", PIECE, "format", "base64");

	if (!args || (range && json_object_update(args, (json_t *)(uintptr_t)range) < 0)) {
		json_decref(args);
		return error_set(err, ENOMEM, "out of memory");
	}
	return session_call(session, "console-history", args, ret_piece, err);
}

/* Where all that is held was asked for. */
static void count_before(struct history *history, const json_t *piece)
{
	uint64_t offset = (uint64_t)json_number(piece, "offset");
	uint64_t kept = (uint64_t)json_number(piece, "kept");

	if (offset <= kept || offset != (uint64_t)json_number(piece, "held-from"))
		return;
	history->missed = offset - kept;
	history->kept = kept;
}

/* Nothing is missing in front of the first piece, but what count_before() says. */
static int take(struct history *history, const json_t *piece, bool is_first, struct error **err)
{
	uint64_t offset = (uint64_t)json_number(piece, "offset");

	if (!is_first && offset > history->end) {
		history->missed += offset - history->end;
		strbuf_putc(&history->bytes, '\n');
	}
	if (base64_decode(&history->bytes, json_text(piece, "data")) < 0)
		return error_set(err, EPROTO, "what the daemon sends is no base64");
	history->end = (uint64_t)json_number(piece, "next");
	return history->bytes.failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

/* What follows; where that is not held any more, what is. @ret_end: where what is held ends. */
static int read_next(struct session *session, const char *console, struct history *history,
	uint64_t *ret_end, struct error **err)
{
	AUTO_JSON json_t *range = json_pack("{s:I}", "offset", (json_int_t)history->end);
	AUTO_JSON json_t *piece = NULL;
	AUTO_ERROR struct error *why = NULL;
	int r = range ? ask(session, console, range, &piece, &why)
		      : error_set(&why, ENOMEM, "out of memory");

	if (r == -EREMOTE)
		r = ask(session, console, NULL, &piece, err);
	else if (r < 0)
		return error_move(err, &why);
	*ret_end = (uint64_t)json_number(piece, "end");
	return r < 0 ? r : take(history, piece, false, err);
}

/* A console that prints on and on has an end all the same. */
static int read_up_to(struct session *session, const char *console, struct history *history,
	uint64_t end, struct error **err)
{
	int r = 0;

	while (r == 0 && history->end < end) {
		uint64_t before = history->end, later;

		r = read_next(session, console, history, &later, err);
		if (r == 0 && history->end <= before)
			r = error_set(
				err, EPROTO, "the daemon sends nothing at offset %" PRIu64, before);
	}
	return r;
}

int history_read(struct session *session, const char *console, const json_t *range,
	struct history *history, struct error **err)
{
	AUTO_JSON json_t *piece = NULL;
	int r = ask(session, console, range, &piece, err);

	if (r == 0 && !range)
		count_before(history, piece);
	if (r == 0)
		r = take(history, piece, true, err);
	if (r < 0)
		return r;
	return read_up_to(session, console, history, (uint64_t)json_number(piece, "end"), err);
}

int history_behind(
	const struct console *console, uint64_t offset, struct history *history, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	uint64_t end;
	int r = session_open(console->daemon, &session, err);

	history->end = offset;
	if (r == 0)
		r = read_next(&session, console->id, history, &end, err);
	return r < 0 ? r : read_up_to(&session, console->id, history, end, err);
}

int history_of(const struct console *console, const json_t *range, struct history *history,
	struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r = session_open(console->daemon, &session, err);

	return r < 0 ? r : history_read(&session, console->id, range, history, err);
}

void history_complain(const struct history *history, const char *name)
{
	if (!history->missed)
		return;
	fprintf(stderr, "charhub: %s: %" PRIu64 " bytes are not held any more", name,
		history->missed);
	if (history->kept)
		fprintf(stderr, "; the first %" PRIu64 " are: --offset=0", history->kept);
	fputc('\n', stderr);
}

void history_done(struct history *history)
{
	strbuf_done(&history->bytes);
}
