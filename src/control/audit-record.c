/* SPDX-License-Identifier: MIT */
#include "control/audit-record.h"

#include "base/cleanup.h"
#include "base/stamp.h"
#include "control/json-put.h"
#include "control/type.h"

#include <errno.h>
#include <string.h>

enum { NS_A_US = 1000 };

/* Of whom an event tells. */
static const char *const of_peer[] = { "member", "identity", "address", "pid", "uid", "client" };

static bool is_of_peer(const char *key)
{
	for (size_t i = 0; i < sizeof(of_peer) / sizeof(of_peer[0]); i++)
		if (!strcmp(key, of_peer[i]))
			return true;
	return false;
}

static void put_stamp(json_t **line, const struct timeval *when)
{
	const struct timespec at = { when->tv_sec, when->tv_usec * NS_A_US };
	char text[STAMP_BYTES];
	size_t len = stamp_utc(text, &at);

	json_put(line, "time", json_stringn(text, len - 1));
}

static void put_some(json_t **line, const char *key, json_t *object)
{
	if (object && !json_object_size(object))
		json_decref(object);
	else
		json_put(line, key, object);
}

static void put_data(json_t **line, const json_t *data, bool with_details)
{
	json_t *peer = json_object(), *details = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)data, key, value)
	{
		if (!strcmp(key, "hub"))
			json_put(line, "console", json_incref(value));
		else if (is_of_peer(key))
			json_put(&peer, key, json_incref(value));
		else if (with_details)
			json_put(&details, key, json_incref(value));
	}
	if (!with_details)
		json_put_flag(&details, "cut", true);
	put_some(line, "peer", peer);
	put_some(line, "details", details);
}

static char *make(const struct audit_record *record, bool with_details)
{
	json_t *line = json_object();
	char *text;

	json_put_number(&line, "seq", record->seq);
	put_stamp(&line, &record->when);
	json_put_text(&line, "session", record->session);
	json_put_text(&line, "what", record->what);
	if (record->torn)
		json_put_number(&line, "torn", record->torn);
	put_data(&line, record->data, with_details);
	json_put_text(&line, "prev", record->prev);
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	return text;
}

ssize_t audit_record_write(struct strbuf *out, const struct audit_record *record)
{
	AUTO_FREE char *text = make(record, true);
	size_t before = out->len;

	if (text && strlen(text) >= AUDIT_LINE_MAX) {
		free(text);
		text = make(record, false);
	}
	if (!text || strlen(text) >= AUDIT_LINE_MAX)
		return text ? -E2BIG : -ENOMEM;
	strbuf_puts(out, text);
	strbuf_putc(out, '\n');
	if (!out->failed)
		return (ssize_t)(out->len - before);
	out->failed = false;
	strbuf_truncate(out, before);
	return -ENOMEM;
}

/* ---- the last line ---- */

/* Return: events that the lines tell of, or say that they are missing. */
static uint64_t count_events(const char *lines, size_t len)
{
	const char *end = lines + len, *newline;
	struct audit_line line;
	uint64_t n = 0;

	for (; (newline = memchr(lines, '\n', (size_t)(end - lines))); lines = newline + 1) {
		bool is_gap =
			audit_parse(lines, (size_t)(newline - lines), &line) == 0 && line.lost;

		n += is_gap ? line.lost : 1;
	}
	return n;
}

/* A `gap` in the place of @first. */
static ssize_t put_gap(
	struct strbuf *out, const json_t *first, const struct audit_line *place, uint64_t events)
{
	AUTO_JSON json_t *data = json_pack("{s:I}", "count", (json_int_t)events);
	struct audit_record record = { .seq = place->seq,
		.torn = place->torn,
		.session = json_string_value(json_object_get(first, "session")),
		.what = "gap",
		.prev = place->prev,
		.data = data };

	gettimeofday(&record.when, NULL);
	return data && record.session ? audit_record_write(out, &record) : -ENOMEM;
}

size_t audit_last_words(const char *lines, size_t len, char *text, size_t max)
{
	size_t before = len && *lines == '\n'; /* it ends what another run has begun */
	const char *newline = memchr(lines + before, '\n', len - before);
	size_t first_len = newline ? (size_t)(newline - lines) - before : 0;
	AUTO_JSON json_t *first = json_loadb(lines + before, first_len, 0, NULL);
	struct strbuf out AUTO_STRBUF = { 0 };
	struct audit_line place;

	if (!first || audit_parse(lines + before, first_len, &place) < 0)
		return 0;
	strbuf_append(&out, lines, before);
	if (put_gap(&out, first, &place, count_events(lines + before, len - before)) < 0)
		return 0;
	if (out.failed || out.len > max)
		return 0;
	memcpy(text, out.data, out.len);
	return out.len;
}
