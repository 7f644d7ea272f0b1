/* SPDX-License-Identifier: MIT */
#include "client/session.h"

#include "base/cleanup.h"
#include "client/daemons.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	READ_BYTES = 16 * 1024,
	LINE_MAX_BYTES = 64 * 1024 * 1024,
	EVENTS_MAX_BYTES = 16 * 1024 * 1024,
	ANSWER_MS = 60 * 1000,
	SAID_MAX = 400
};

/* ---- lines ---- */

static int gone(int code, struct error **err)
{
	if (code == ETIMEDOUT)
		return error_set(err, code, "the daemon does not answer");
	return error_set(err, code ? code : EPIPE, "the daemon has closed the connection%s%s",
		code ? ": " : "", code ? strerror(code) : "");
}

/* Return: the length of the line that begins at held_at, with its end; 0: it is not there yet. */
static size_t line_len(struct session *session)
{
	const char *from = session->held.data, *end;
	size_t at = session->held_seen > session->held_at ? session->held_seen : session->held_at;

	end = session->held.len > at ? memchr(from + at, '\n', session->held.len - at) : NULL;
	session->held_seen = end ? at : session->held.len;
	return end ? (size_t)(end - from) - session->held_at + 1 : 0;
}

static void forget_read(struct session *session)
{
	strbuf_drop(&session->held, session->held_at);
	session->held_seen -=
		session->held_at < session->held_seen ? session->held_at : session->held_seen;
	session->held_at = 0;
}

static int read_more(struct session *session, int timeout_ms, struct error **err)
{
	char bytes[READ_BYTES];
	ssize_t n = connection_read(&session->connection, bytes, sizeof(bytes), timeout_ms);

	if (n == -ETIMEDOUT)
		return -ETIMEDOUT;
	if (n <= 0)
		return gone((int)-n, err);
	forget_read(session);
	strbuf_append(&session->held, bytes, (size_t)n);
	if (session->held.failed)
		return error_set(err, ENOMEM, "out of memory");
	if (session->held.len > LINE_MAX_BYTES)
		return error_set(err, EPROTO, "this is no charhubd: its line has more than %d MiB",
			LINE_MAX_BYTES >> 20);
	return 0;
}

/* Return: 0, *@ret_len: of its line; -ETIMEDOUT without @err; another -errno with @err. */
static int read_message(struct session *session, int timeout_ms, json_t **ret_message,
	size_t *ret_len, struct error **err)
{
	AUTO_JSON json_t *message = NULL;
	const char *line;
	size_t len;
	int r = 0;

	while (!(len = line_len(session)) && r == 0)
		r = read_more(session, timeout_ms, err);
	if (r < 0)
		return r;
	line = session->held.data + session->held_at;
	session->held_at += len;
	message = json_loadb(line, len, 0, NULL);
	if (json_is_object(message)) {
		*ret_message = TAKE_PTR(message);
		*ret_len = len;
		return 0;
	}
	/* A server that is full, or a rule, says so in plain words. */
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	return error_set(err, EPROTO, "the daemon says: %.*s",
		len < SAID_MAX ? (int)len : (int)SAID_MAX, line);
}

/* Events that nobody takes, since an answer is waited for, are kept; not more than a few. */
static int keep_event(struct session *session, json_t *event, size_t len, struct error **err)
{
	if (!json_array_size(session->events))
		session->events_bytes = 0;
	session->events_bytes += len;
	if (session->events_bytes > EVENTS_MAX_BYTES)
		return error_set(err, EPROTO,
			"this is no charhubd: it tells of more than %d MiB of events, and does not "
			"answer",
			EVENTS_MAX_BYTES >> 20);
	if (json_array_append(session->events, event) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* ---- requests ---- */

static int send_request(
	struct session *session, const char *command, json_t *args, struct error **err)
{
	AUTO_JSON json_t *request = json_pack("{s:s,s:o*}", "execute", command, "arguments", args);
	AUTO_FREE char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	AUTO_STRBUF struct strbuf line = { 0 };
	int r = -ENOMEM;

	/* In one piece: a daemon that is told to end does so at the last brace. */
	if (text)
		strbuf_printf(&line, "%s\n", text);
	if (line.data && !line.failed)
		r = connection_write(&session->connection, line.data, line.len);
	return r < 0 ? gone(-r, err) : 0;
}

static int read_answer(struct session *session, json_t **ret_result, struct error **err)
{
	for (;;) {
		AUTO_JSON json_t *message = NULL;
		const json_t *error;
		size_t len = 0;
		int r = read_message(session, ANSWER_MS, &message, &len, err);

		if (r < 0)
			return r == -ETIMEDOUT ? gone(ETIMEDOUT, err) : r;
		error = json_object_get(message, "error");
		if (error)
			return error_set(err, EREMOTE, "%s", json_text(error, "desc"));
		if (json_object_get(message, "return")) {
			if (ret_result)
				*ret_result = json_incref(json_object_get(message, "return"));
			return 0;
		}
		if (json_object_get(message, "event"))
			r = keep_event(session, message, len, err);
		if (r < 0)
			return r;
	}
}

int session_call(struct session *session, const char *command, json_t *args, json_t **ret_result,
	struct error **err)
{
	int r = send_request(session, command, args, err);

	return r < 0 ? r : read_answer(session, ret_result, err);
}

int session_hub(struct session *session, const char *console, json_t **ret_hub, struct error **err)
{
	AUTO_JSON json_t *hubs = NULL;
	int r = session_call(session, "query-hubs", json_pack("{s:s}", "id", console), &hubs, err);

	if (r == 0)
		*ret_hub = json_incref(json_array_get(hubs, 0));
	return r;
}

/* ---- events ---- */

static int first_event(struct session *session, json_t **ret_event)
{
	if (!json_array_size(session->events))
		return -EAGAIN;
	*ret_event = json_incref(json_array_get(session->events, 0));
	json_array_remove(session->events, 0);
	return 0;
}

int session_event(struct session *session, int timeout_ms, json_t **ret_event, struct error **err)
{
	while (first_event(session, ret_event) < 0) {
		AUTO_JSON json_t *message = NULL;
		size_t len = 0;
		int r = read_message(session, timeout_ms, &message, &len, err);

		if (r == 0 && json_object_get(message, "event"))
			r = keep_event(session, message, len, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- life ---- */

static int negotiate(struct session *session, struct error **err)
{
	AUTO_JSON json_t *greeting = NULL;
	size_t len = 0;
	int r = read_message(session, ANSWER_MS, &greeting, &len, err);

	if (r == -ETIMEDOUT)
		return gone(ETIMEDOUT, err);
	if (r < 0)
		return r;
	if (json_object_get(greeting, "error"))
		return error_set(
			err, EREMOTE, "%s", json_text(json_object_get(greeting, "error"), "desc"));
	return session_call(session, "qmp_capabilities", NULL, NULL, err);
}

int session_open(const struct daemon *daemon, struct session *session, struct error **err)
{
	int r;

	*session = (struct session){ .connection = { .fd = -1 }, .events = json_array() };
	r = session->events ? daemon_connect(daemon, &session->connection, err)
			    : error_set(err, ENOMEM, "out of memory");
	if (r == 0)
		r = negotiate(session, err);
	if (r < 0)
		session_close(session);
	return r;
}

void session_close(struct session *session)
{
	connection_close(&session->connection);
	strbuf_done(&session->held);
	json_decref(session->events);
	session->events = NULL;
}
