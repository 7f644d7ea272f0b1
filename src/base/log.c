/* SPDX-License-Identifier: MIT */
/*
 * What is told when. A kind has a row in a small table while its time runs. A hostile peer may make
 * lines of many kinds come: those for which no row is free share one, so that the table bounds what
 * is told as well as what is kept.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	KINDS = 64,	       /* one of them for those that found no row */
	KIND_TEXT_BYTES = 256, /* of a line that is held back; what is longer is cut */
	PLACE_BYTES = 512,
	FOLDERS_BYTES = 512,
	TEXT_BYTES = LOG_LINE_BYTES - PLACE_BYTES - 64,
	NAMES_MAX = 2, /* hub and member */
};

/*
 * A row of the table. It is free once its time is over and nothing is held back.
 *
 * @id:    of the format and the object, see kind_of()
 * @until_ms, @time_ms: its time ends then, and is so long
 * @told:  lines since it began
 * @held:  lines that were not told, of which @text was the last, told as the @held_at-th line
 */
struct kind {
	uint64_t id;
	uint64_t until_ms, time_ms;
	unsigned told;
	uint64_t held, held_at;
	enum log_level level;
	char text[KIND_TEXT_BYTES];
};

bool log_debug_is_on;

static struct {
	enum log_level level;
	const char *name;
	bool has_folders;
	char folders[FOLDERS_BYTES];
	char place[PLACE_BYTES];
	struct log_sink *sink;
	uint64_t lines;
	struct kind kinds[KINDS];
} state = { .level = LOG_INFO, .name = "charhub" };

static const char *const level_words[] = { "", "warning: ", "info: ", "debug: " };

static const char *const level_names[] = { "error", "warning", "info", "debug" };

int log_level_find(const char *word, size_t len)
{
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
		if (strlen(level_names[level]) == len && !memcmp(level_names[level], word, len))
			return level;
	return -EINVAL;
}

void log_set_level(enum log_level level)
{
	state.level = level;
	log_debug_is_on = level == LOG_DEBUG;
}

void log_set_folders(const char *folders)
{
	state.has_folders = folders;
	snprintf(state.folders, sizeof(state.folders), "%s", folders ? folders : "");
}

void log_set_name(const char *name)
{
	state.name = name;
}

/* A peer's name or a path may hold anything: no control character reaches the operator's tty. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* An argument may be long: its beginning tells which one it is, and the message must have room. */
const char *log_place(void)
{
	return state.place[0] ? state.place : NULL;
}

void log_set_place(const char *place)
{
	size_t size = sizeof(state.place);

	if (!place)
		state.place[0] = '\0';
	else if (snprintf(state.place, size, "%s:", place) >= (int)size)
		memcpy(state.place + size - sizeof("...:"), "...:", sizeof("...:"));
	blank_controls(state.place);
}

/* @len: what snprintf() made of it. */
static void put_line(char line[LOG_LINE_BYTES], int len)
{
	if (len >= LOG_LINE_BYTES) {
		len = LOG_LINE_BYTES - 1;
		line[len - 1] = '\n';
	}
	if (len <= 0)
		return;
	if (state.sink)
		state.sink->line(state.sink, line, (size_t)len);
	else if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nobody is left to tell */
}

static void write_line(enum log_level level, const char *text)
{
	char line[LOG_LINE_BYTES];

	put_line(line, snprintf(line, sizeof(line), "%s:%s %s%s\n", state.name, state.place,
			       level_words[level], text));
}

/* ---- kinds ---- */

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	for (const unsigned char *at = bytes; len--; at++)
		hash = (hash ^ *at) * 0x100000001b3;
	return hash;
}

/* How many of the names between quotes are the format's own: the rest a peer may have sent. */
static unsigned count_names(const char *fmt)
{
	unsigned names = !strncmp(fmt, "%s", 2); /* "device 'a'", or an error's text */

	while (names < NAMES_MAX && (fmt = strstr(fmt, "'%s'"))) {
		fmt += strlen("'%s'");
		names++;
	}
	return names;
}

/* Never 0, which is no kind's. */
static uint64_t kind_of(const char *fmt, const char *text)
{
	uint64_t hash = mix(0xcbf29ce484222325, &fmt, sizeof(fmt));

	for (unsigned names = count_names(fmt); names && (text = strchr(text, '\'')); names--) {
		size_t len = strcspn(++text, "'");

		hash = mix(hash, text, len);
		hash = mix(hash, "'", 1);
		text += len + (text[len] != 0);
	}
	return hash | 1;
}

static void tell_held(struct kind *kind)
{
	char text[KIND_TEXT_BYTES + 64];

	snprintf(text, sizeof(text), "%s (and %llu more)", kind->text,
		(unsigned long long)(kind->held - 1));
	write_line(kind->level, kind->held > 1 ? text : kind->text);
	kind->held = 0;
}

/* The next span of time of a kind that had too much to say: twice as long. */
static void go_on(struct kind *kind, uint64_t now_ms)
{
	if (kind->time_ms < LOG_KIND_MS_MAX)
		kind->time_ms *= 2;
	kind->until_ms = now_ms + kind->time_ms;
	kind->told = LOG_KIND_LINES; /* this span's were told already, in one line */
}

static struct kind *find_kind(uint64_t id, uint64_t now_ms)
{
	struct kind *spare = NULL;

	for (struct kind *kind = state.kinds; kind < state.kinds + KINDS - 1; kind++) {
		bool over = !kind->held && now_ms >= kind->until_ms;

		if (kind->id == id && !over)
			return kind;
		if (over)
			spare = spare && spare->id == id ? spare : kind;
	}
	if (!spare)
		spare = &state.kinds[KINDS - 1];
	if (spare->held || now_ms < spare->until_ms)
		return spare;
	*spare =
		(struct kind){ .id = id, .until_ms = now_ms + LOG_KIND_MS, .time_ms = LOG_KIND_MS };
	return spare;
}

/* Ask for the next call of log_tell_held(). */
static void ask(uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;

	for (struct kind *kind = state.kinds; kind < state.kinds + KINDS; kind++)
		if (kind->held && kind->until_ms < next_ms)
			next_ms = kind->until_ms;
	if (next_ms != UINT64_MAX)
		state.sink->held(state.sink, next_ms > now_ms ? next_ms - now_ms : 0);
}

static void hold_back(struct kind *kind, enum log_level level, const char *text, uint64_t now_ms)
{
	size_t len = strnlen(text, sizeof(kind->text) - 1);

	kind->held_at = state.lines;
	kind->level = level;
	memcpy(kind->text, text, len);
	kind->text[len] = 0;
	if (!kind->held++)
		ask(now_ms);
}

static void tell(enum log_level level, const char *fmt, const char *text)
{
	struct kind *kind;
	uint64_t now_ms;

	state.lines++;
	if (!state.sink) {
		write_line(level, text);
		return;
	}
	now_ms = state.sink->now_ms(state.sink);
	kind = find_kind(kind_of(fmt, text), now_ms);
	if (kind->told < LOG_KIND_LINES) {
		kind->told++;
		write_line(level, text);
	} else {
		hold_back(kind, level, text, now_ms);
	}
}

/* The one whose last line is the oldest, of those that are due: lines stay in their order. */
static struct kind *next_held(uint64_t now_ms)
{
	struct kind *next = NULL;

	for (struct kind *kind = state.kinds; kind < state.kinds + KINDS; kind++)
		if (kind->held && kind->until_ms <= now_ms &&
			(!next || kind->held_at < next->held_at))
			next = kind;
	return next;
}

void log_tell_held(void)
{
	struct kind *kind;
	uint64_t now_ms;

	if (!state.sink)
		return;
	now_ms = state.sink->now_ms(state.sink);
	while ((kind = next_held(now_ms))) {
		tell_held(kind);
		go_on(kind, now_ms);
	}
	ask(now_ms);
}

void log_set_sink(struct log_sink *sink)
{
	struct kind *kind;

	while (state.sink && (kind = next_held(UINT64_MAX)))
		tell_held(kind);
	memset(state.kinds, 0, sizeof(state.kinds));
	state.sink = sink;
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 0))) static void format(
	char text[TEXT_BYTES], const char *fmt, va_list ap)
{
	vsnprintf(text, TEXT_BYTES, fmt, ap);
	blank_controls(text);
}

void log_message(enum log_level level, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	tell(level, fmt, text);
}

void log_hint(const char *fmt, ...)
{
	char text[TEXT_BYTES], line[LOG_LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	put_line(line, snprintf(line, sizeof(line), "%s\n", text));
}

void log_report(enum log_level level, struct error *error)
{
	const char *hint = error_hint(error);

	log_message(level, "%s", error_message(error));
	while (hint) {
		const char *end = strchrnul(hint, '\n');

		log_hint("%.*s", (int)(end - hint), hint);
		hint = *end ? end + 1 : NULL;
	}
	error_free(error);
}

/* ---- traces ---- */

static bool is_listed(const char *list, const char *word, size_t len)
{
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strcspn(list, ",") == len && !memcmp(list, word, len))
			return true;
	}
	return false;
}

bool log_folder_is_traced(const char *folder)
{
	return log_debug_is_on &&
	       (!state.has_folders || is_listed(state.folders, folder, strlen(folder)));
}

void log_trace(const char *file, const char *fmt, ...)
{
	const char *end = strrchr(file, '/'), *folder = end;
	char text[TEXT_BYTES], line[LOG_LINE_BYTES];
	va_list ap;
	int len;

	while (folder && folder > file && folder[-1] != '/')
		folder--;
	len = folder ? (int)(end - folder) : 0;
	if (state.has_folders && !is_listed(state.folders, folder ? folder : "", (size_t)len))
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%.*s: %s", len, folder ? folder : "", text);
	write_line(LOG_DEBUG, line);
}
