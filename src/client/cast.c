/* SPDX-License-Identifier: MIT */
#include "client/cast.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "client/clock.h"
#include "client/json.h"
#include "client/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- writing ---- */

int cast_open(struct cast *cast, const char *path, const char *title, unsigned cols, unsigned rows,
	struct error **err)
{
	AUTO_JSON json_t *header = json_pack("{s:i,s:i,s:i,s:I,s:s,s:{s:s}}", "version", 2, "width",
		(int)cols, "height", (int)rows, "timestamp", (json_int_t)time(NULL), "title", title,
		"env", "TERM", "xterm-256color");
	FILE *file = header ? fopen(path, "we") : NULL;

	if (!file)
		return error_set(err, header ? errno : ENOMEM, "cannot write '%s': %s", path,
			strerror(header ? errno : ENOMEM));
	json_dumpf(header, file, JSON_COMPACT);
	fputc('\n', file);
	*cast = (struct cast){ .file = file, .start_us = clock_us() };
	return 0;
}

static void begin(struct cast *cast, char kind)
{
	uint64_t us = clock_us() - cast->start_us;

	fprintf(cast->file, "[%" PRIu64 ".%06" PRIu64 ", \"%c\", \"", us / 1000000, us % 1000000,
		kind);
}

static void end(struct cast *cast)
{
	fputs("\"]\n", cast->file);
	fflush(cast->file);
}

static void put_character(FILE *file, const uint8_t *at, size_t len)
{
	if (len > 1 || (*at >= ' ' && *at != '"' && *at != '\\' && *at != 0x7f))
		fwrite(at, 1, len, file);
	else
		fprintf(file, "\\u%04x", *at);
}

/* What is no UTF-8 is written as the replacement character; what may become some is held. */
static void put_bytes(FILE *file, const uint8_t *at, size_t len, uint8_t held[4], size_t *held_len)
{
	while (len) {
		int n = utf8_character(at, len);

		if (n < 0) {
			memcpy(held, at, len);
			*held_len = len;
			return;
		}
		if (n)
			put_character(file, at, (size_t)n);
		else
			fputs("\\ufffd", file);
		at += n ? n : 1;
		len -= n ? (size_t)n : 1;
	}
}

static void put_event(struct cast *cast, char kind, const void *bytes, size_t len, uint8_t held[4],
	size_t *held_len)
{
	AUTO_FREE uint8_t *all = NULL;
	size_t before = *held_len;

	if (!cast->file || !len)
		return;
	all = malloc(before + len);
	if (!all)
		return;
	memcpy(all, held, before);
	memcpy(all + before, bytes, len);
	*held_len = 0;
	begin(cast, kind);
	put_bytes(cast->file, all, before + len, held, held_len);
	end(cast);
}

void cast_output(struct cast *cast, const void *bytes, size_t len)
{
	put_event(cast, 'o', bytes, len, cast->held, &cast->held_len);
}

void cast_input(struct cast *cast, const void *bytes, size_t len)
{
	put_event(cast, 'i', bytes, len, cast->held_in, &cast->held_in_len);
}

void cast_resize(struct cast *cast, unsigned cols, unsigned rows)
{
	if (!cast->file)
		return;
	begin(cast, 'r');
	fprintf(cast->file, "%ux%u", cols, rows);
	end(cast);
}

void cast_mark(struct cast *cast, const char *label)
{
	uint8_t held[4];
	size_t held_len;

	if (!cast->file)
		return;
	begin(cast, 'm');
	put_bytes(cast->file, (const uint8_t *)label, strlen(label), held, &held_len);
	end(cast);
}

int cast_close(struct cast *cast)
{
	int failed;

	if (!cast->file)
		return 0;
	failed = ferror(cast->file);
	failed |= fclose(cast->file);
	cast->file = NULL;
	return failed ? -EIO : 0;
}

/* ---- playing ---- */

static int bad_line(const char *path, unsigned line, struct error **err)
{
	return error_set(err, EPROTO, "'%s', line %u: this is no asciicast v2", path, line);
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
	double at = 0;

	for (unsigned number = 1; getline(&line, &size, file) > 0; number++) {
		AUTO_JSON json_t *value = json_loads(line, 0, NULL);
		int r = 0;

		if (number == 1 ? json_number(value, "version") != 2 : !json_is_array(value))
			return bad_line(path, number, err);
		if (number > 1)
			r = play_event(value, speed, idle_ms, &at, wait);
		if (r == -EPROTO)
			return bad_line(path, number, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int cast_play(const char *path, double speed, uint64_t idle_ms, bool (*wait)(uint64_t ms),
	struct error **err)
{
	AUTO_FILE FILE *file = fopen(path, "re");

	if (!file)
		return error_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	return play_lines(file, path, speed, idle_ms, wait, err);
}
