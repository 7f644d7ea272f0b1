/* SPDX-License-Identifier: MIT */
/*
 * What is told when. A kind has a row in a small table while its time runs. A hostile peer may make
 * lines of many kinds come: those for which no row is free share one, so that the table bounds what
 * is told as well as what is kept.
 */
/* syscalls: write */
#include "base/log.h"

#include "base/log-impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TEXT_BYTES = LOG_LINE_BYTES - LOG_PLACE_BYTES - 64,
	NAMES_MAX = 2, /* hub and member */
};

_Thread_local bool log_debug_is_on;

static const char *const level_words[] = { "", "warning: ", "info: ", "debug: " };

static const char *const level_names[] = { "error", "warning", "info", "debug" };

int log_level_find(const char *word, size_t len)
{
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
		if (strlen(level_names[level]) == len && !memcmp(level_names[level], word, len))
			return level;
	return -EINVAL;
}

static bool tells_debug(const struct log *log)
{
	return log && (log->level == LOG_DEBUG || log->traces);
}

struct log *log_use(struct log *log)
{
	struct log *before = log_current;

	log_current = log;
	log_debug_is_on = tells_debug(log);
	return before;
}

void log_set_level(enum log_level level)
{
	log_current->level = level;
	log_current->traces = false;
	log_debug_is_on = tells_debug(log_current);
}

void log_set_folders(const char *folders)
{
	struct log *log = log_current;

	log->has_folders = folders;
	snprintf(log->folders, sizeof(log->folders), "%s", folders ? folders : "");
}

void log_trace_folders(const char *folders)
{
	struct log *log = log_current;

	if (log->level == LOG_DEBUG)
		log->level = LOG_INFO;
	log->traces = folders;
	log_debug_is_on = tells_debug(log);
	log_set_folders(folders);
}

void log_set_name(const char *name)
{
	log_current->name = name;
}

/* A peer's name or a path may hold anything: no control character reaches the operator's tty. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

const char *log_place(void)
{
	const char *place = log_current->place;

	return place[0] ? place : NULL;
}

/* An argument may be long: its beginning tells which one it is, and the message must have room. */
void log_set_place(const char *place)
{
	static const char cut[] = "...:";
	char *text = log_current->place;
	size_t size = sizeof(log_current->place), len = place ? strlen(place) : 0;
	bool fits = len + sizeof(":") <= size;
	const char *end = !place ? "" : fits ? ":" : cut;

	if (!fits)
		len = size - sizeof(cut);
	if (place)
		memcpy(text, place, len);
	memcpy(text + len, end, strlen(end) + 1);
	blank_controls(text);
}

/* @len: what snprintf() made of it. */
static void put_line(struct log *log, char line[LOG_LINE_BYTES], int len)
{
	if (len >= LOG_LINE_BYTES) {
		len = LOG_LINE_BYTES - 1;
		line[len - 1] = '\n';
	}
	if (len <= 0)
		return;
	if (log->sink)
		log->sink->line(log->sink, line, (size_t)len);
	else if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nobody is left to tell */
}

/* The last folder in the path of a source file; none: "". Return: how long it is. */
static size_t folder_of(const char *file, const char **ret_folder)
{
	const char *end = strrchr(file, '/'), *folder = end;

	while (folder && folder > file && folder[-1] != '/')
		folder--;
	*ret_folder = folder ? folder : "";
	return folder ? (size_t)(end - folder) : 0;
}

static void tell_parts(struct log *log, enum log_level level, const char *file, const char *text)
{
	const char *folder;
	size_t len = folder_of(file, &folder);

	log->sink->message(log->sink, level, folder, len, text);
}

static void write_line(struct log *log, enum log_level level, const char *file, const char *text)
{
	char line[LOG_LINE_BYTES];

	log->said = level;
	if (log->sink && log->sink->message)
		tell_parts(log, level, file, text);
	else
		put_line(log, line,
			snprintf(line, sizeof(line), "%s:%s %s%s\n", log->name, log->place,
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

static void tell_kind(struct log *log, struct log_kind *kind)
{
	char text[LOG_KIND_TEXT_BYTES + 64];

	snprintf(text, sizeof(text), "%s (and %llu more)", kind->text,
		(unsigned long long)(kind->held - 1));
	write_line(log, kind->level, kind->file, kind->held > 1 ? text : kind->text);
	kind->held = 0;
}

/* The next span of time of a kind that had too much to say: twice as long. */
static void go_on(struct log_kind *kind, uint64_t now_ms)
{
	if (kind->time_ms < LOG_KIND_MS_MAX)
		kind->time_ms *= 2;
	kind->until_ms = now_ms + kind->time_ms;
	kind->told = LOG_KIND_LINES; /* this span's were told already, in one line */
}

static struct log_kind *find_kind(struct log *log, uint64_t id, uint64_t now_ms)
{
	struct log_kind *spare = NULL;

	for (struct log_kind *kind = log->kinds; kind < log->kinds + LOG_KINDS - 1; kind++) {
		bool over = !kind->held && now_ms >= kind->until_ms;

		if (kind->id == id && !over)
			return kind;
		if (over)
			spare = spare && spare->id == id ? spare : kind;
	}
	if (!spare)
		spare = &log->kinds[LOG_KINDS - 1];
	if (spare->held || now_ms < spare->until_ms)
		return spare;
	*spare = (struct log_kind){
		.id = id, .until_ms = now_ms + LOG_KIND_MS, .time_ms = LOG_KIND_MS
	};
	return spare;
}

/* Ask for the next call of log_tell_held(). */
static void ask(struct log *log, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;

	for (struct log_kind *kind = log->kinds; kind < log->kinds + LOG_KINDS; kind++)
		if (kind->held && kind->until_ms < next_ms)
			next_ms = kind->until_ms;
	if (next_ms != UINT64_MAX)
		log->sink->held(log->sink, next_ms > now_ms ? next_ms - now_ms : 0);
}

static void hold_back(struct log *log, struct log_kind *kind, enum log_level level,
	const char *file, const char *text, uint64_t now_ms)
{
	size_t len = strnlen(text, sizeof(kind->text) - 1);

	kind->held_at = log->lines;
	kind->level = level;
	kind->file = file;
	memcpy(kind->text, text, len);
	kind->text[len] = 0;
	if (!kind->held++)
		ask(log, now_ms);
}

static void tell(
	struct log *log, enum log_level level, const char *file, const char *fmt, const char *text)
{
	struct log_kind *kind;
	uint64_t now_ms;

	log->lines++;
	if (!log->sink) {
		write_line(log, level, file, text);
		return;
	}
	now_ms = log->sink->now_ms(log->sink);
	kind = find_kind(log, kind_of(fmt, text), now_ms);
	if (kind->told < LOG_KIND_LINES) {
		kind->told++;
		write_line(log, level, file, text);
	} else {
		hold_back(log, kind, level, file, text, now_ms);
	}
}

/* The one whose last line is the oldest, of those that are due: lines stay in their order. */
static struct log_kind *next_held(struct log *log, uint64_t now_ms)
{
	struct log_kind *next = NULL;

	for (struct log_kind *kind = log->kinds; kind < log->kinds + LOG_KINDS; kind++)
		if (kind->held && kind->until_ms <= now_ms &&
			(!next || kind->held_at < next->held_at))
			next = kind;
	return next;
}

void log_tell_held(void)
{
	struct log *log = log_current;
	struct log_kind *kind;
	uint64_t now_ms;

	if (!log || !log->sink)
		return;
	now_ms = log->sink->now_ms(log->sink);
	while ((kind = next_held(log, now_ms))) {
		tell_kind(log, kind);
		go_on(kind, now_ms);
	}
	ask(log, now_ms);
}

void log_set_sink(struct log_sink *sink)
{
	struct log *log = log_current;
	struct log_kind *kind;

	while (log->sink && (kind = next_held(log, UINT64_MAX)))
		tell_kind(log, kind);
	memset(log->kinds, 0, sizeof(log->kinds));
	log->sink = sink;
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 0))) static void format(
	char text[TEXT_BYTES], const char *fmt, va_list ap)
{
	vsnprintf(text, TEXT_BYTES, fmt, ap);
	blank_controls(text);
}

void log_message_from(enum log_level level, const char *file, const char *fmt, ...)
{
	struct log *log = log_current;
	char text[TEXT_BYTES];
	va_list ap;

	if (!log || level > log->level)
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	tell(log, level, file, fmt, text);
}

void log_hint(const char *fmt, ...)
{
	char text[TEXT_BYTES], line[LOG_LINE_BYTES];
	struct log *log = log_current;
	va_list ap;

	if (!log)
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	if (log->sink && log->sink->message)
		tell_parts(log, log->said, "", text);
	else
		put_line(log, line, snprintf(line, sizeof(line), "%s\n", text));
}

void log_report_from(enum log_level level, const char *file, struct error *error)
{
	const char *hint = error_hint(error);

	log_message_from(level, file, "%s", error_message(error));
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
	const struct log *log = log_current;

	return log_debug_is_on &&
	       (!log->has_folders || is_listed(log->folders, folder, strlen(folder)));
}

void log_trace(const char *file, const char *fmt, ...)
{
	struct log *log = log_current;
	char text[TEXT_BYTES], line[LOG_LINE_BYTES];
	const char *folder;
	size_t len = folder_of(file, &folder);
	va_list ap;

	if (log->has_folders && !is_listed(log->folders, folder, len))
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	if (log->sink && log->sink->message) {
		tell_parts(log, LOG_DEBUG, file, text);
		return;
	}
	snprintf(line, sizeof(line), "%.*s: %s", (int)len, folder, text);
	write_line(log, LOG_DEBUG, file, line);
}
