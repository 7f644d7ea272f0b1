/* SPDX-License-Identifier: MIT */
#include "client/cast.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "client/json.h"
#include "client/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

/* Each event is in the file when it has happened. */
static void flush(struct cast *cast, struct strbuf *lines)
{
	if (lines->failed)
		cast->lost = true;
	else if (lines->len)
		fwrite(lines->data, 1, lines->len, cast->file);
	fflush(cast->file);
}

int cast_open(struct cast *cast, const char *path, const char *title, unsigned cols, unsigned rows,
	struct error **err)
{
	AUTO_STRBUF struct strbuf lines = { 0 };
	FILE *file = fopen(path, "we");

	if (!file)
		return error_set(err, errno, "cannot write '%s': %s", path, strerror(errno));
	*cast = (struct cast){ .file = file };
	asciicast_begin(&cast->text, &lines, title, cols, rows);
	flush(cast, &lines);
	return 0;
}

static void put(struct cast *cast, enum asciicast_stream stream, const void *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	if (!cast->file)
		return;
	asciicast_put(&cast->text, &lines, stream, clock_us(), bytes, len);
	flush(cast, &lines);
}

void cast_output(struct cast *cast, const void *bytes, size_t len)
{
	put(cast, ASCIICAST_OUT, bytes, len);
}

void cast_input(struct cast *cast, const void *bytes, size_t len)
{
	put(cast, ASCIICAST_IN, bytes, len);
}

void cast_resize(struct cast *cast, unsigned cols, unsigned rows)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	if (!cast->file)
		return;
	asciicast_resize(&cast->text, &lines, clock_us(), cols, rows);
	flush(cast, &lines);
}

void cast_mark(struct cast *cast, const char *label)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	if (!cast->file)
		return;
	asciicast_mark(&cast->text, &lines, clock_us(), label);
	flush(cast, &lines);
}

int cast_close(struct cast *cast)
{
	AUTO_STRBUF struct strbuf lines = { 0 };
	int failed;

	if (!cast->file)
		return 0;
	asciicast_end(&cast->text, &lines, clock_us());
	flush(cast, &lines);
	failed = cast->lost || ferror(cast->file);
	failed |= fclose(cast->file);
	cast->file = NULL;
	return failed ? -EIO : 0;
}

/* ---- playing ---- */

/* A recording that is still being written, or that a full disk has cut, ends anywhere. */
static int bad_line(const char *path, unsigned line, bool ends, struct error **err)
{
	return error_set(err, EPROTO, "'%s', line %u: %s", path, line,
		ends ? "this is no asciicast v2" : "the recording ends within it");
}

/* Return: 0; -EINTR; -EPROTO: it is no event. */
static int play_event(
	const json_t *event, double speed, uint64_t idle_ms, double *at, bool (*wait)(uint64_t ms))
{
	double when = json_number_value(json_array_get(event, 0));
	const char *kind = json_string_value(json_array_get(event, 1));
	const json_t *data = json_array_get(event, 2);
	double pause_ms = (when - *at) * 1000 / speed;

	if (!json_is_number(json_array_get(event, 0)) || !kind || !json_is_string(data))
		return -EPROTO;
	if (strcmp(kind, "o") != 0)
		return 0;
	*at = when;
	if (idle_ms && pause_ms > (double)idle_ms)
		pause_ms = (double)idle_ms;
	if (pause_ms >= 1 && pause_ms < 1e12 && !wait((uint64_t)pause_ms))
		return -EINTR;
	terminal_write(json_string_value(data), json_string_length(data));
	return 0;
}

static int play_lines(FILE *file, const char *path, double speed, uint64_t idle_ms,
	bool (*wait)(uint64_t ms), struct error **err)
{
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	double at = 0;
	ssize_t len;
	int r = 0;

	while (r == 0 && !terminal_is_lost() && (len = getline(&line, &size, file)) > 0) {
		/* Guests print zero bytes, too. */
		AUTO_JSON json_t *value = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);

		if (number++)
			r = json_is_array(value) ? play_event(value, speed, idle_ms, &at, wait)
						 : -EPROTO;
		else
			r = json_number(value, "version") == 2 ? 0 : -EPROTO;
		if (r == -EPROTO)
			return bad_line(path, number, line[len - 1] == '\n', err);
	}
	if (ferror(file))
		return error_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	return r == 0 && !number ? error_set(err, EPROTO, "'%s' is empty", path) : r;
}

int cast_play(const char *path, double speed, uint64_t idle_ms, bool (*wait)(uint64_t ms),
	struct error **err)
{
	AUTO_FILE FILE *file = fopen(path, "re");

	if (!file)
		return error_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	return play_lines(file, path, speed, idle_ms, wait, err);
}
