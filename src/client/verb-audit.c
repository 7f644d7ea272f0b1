/* SPDX-License-Identifier: MIT */
/*
 * What charhubd has written down. The files are read here: nobody has to be asked, and who looks
 * whether they are whole need not trust the program that wrote them.
 */
#include "client/verb-run.h"

#include "audit/check.h"
#include "audit/end.h"
#include "audit/files.h"
#include "base/cleanup.h"
#include "client/interrupt.h"
#include "client/json.h"
#include "client/log-files.h"
#include "client/terminal.h"
#include "client/when.h"
#include "client/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- verify ---- */

/** struct files - all that are looked at, in order */
struct files {
	const char *paths[VERB_WORDS_MAX];
	struct archive archives[VERB_WORDS_MAX];
	unsigned n;
};

static int feed(void *data, const char *bytes, size_t len)
{
	return audit_check_feed(data, bytes, len);
}

static const struct archive_file *file_at(const struct files *files, size_t number)
{
	for (unsigned i = 0; i < files->n; i++) {
		const struct archive *archive = &files->archives[i];

		if (number < archive->len)
			return &archive->items[number];
		number -= archive->len;
	}
	return NULL;
}

static int find_files(const struct args *args, struct files *files, struct error **err)
{
	for (unsigned i = 0; i < args->n_words; i++) {
		int r = audit_files(args->words[i], &files->archives[i]);

		if (r < 0)
			return error_set(
				err, -r, "'%s' cannot be read: %s", args->words[i], strerror(-r));
		files->n++;
	}
	return 0;
}

static void free_files(struct files *files)
{
	while (files->n)
		archive_done(&files->archives[--files->n]);
}

static int check_files(const struct files *files, struct audit_check *check, struct error **err)
{
	const struct archive_file *file;
	int r = 0;

	for (size_t i = 0; r == 0 && (file = file_at(files, i)); i++) {
		if (!file->spare)
			r = audit_file_read(file, 0, feed, check);
		if (r == 0)
			r = audit_check_file_ends(check);
		if (r < 0)
			error_set(err, -r, "'%s' cannot be read: %s", file->path,
				r == -EBADMSG ? "it is damaged" : strerror(-r));
	}
	audit_check_end(check);
	return r;
}

/* Lines before the first one are not there: said, since rotation drops old files. */
static void tell_sound(const struct audit_check *check)
{
	printf("%llu lines are sound, %llu to %llu\n", (unsigned long long)check->lines,
		(unsigned long long)check->first, (unsigned long long)check->last);
	if (check->first > 1)
		printf("those before line %llu are not here; it goes on from %s\n",
			(unsigned long long)check->first, check->begins);
	if (check->torn)
		printf("%llu lines were never finished, as the lines behind them say\n",
			(unsigned long long)check->torn);
	printf("head %s\n", check->head);
}

static int judge(const struct files *files, const struct audit_check *check, struct error **err)
{
	if (check->fault)
		return error_set(err, EBADMSG, "%s, line %llu: it %s",
			file_at(files, check->where.file)->path,
			(unsigned long long)check->where.line, audit_fault_text(check->fault));
	if (!check->lines)
		return error_set(err, ENODATA, "'%s' has no lines", file_at(files, 0)->path);
	if (check->wanted && !check->has_wanted)
		return error_set(err, EBADMSG,
			"no line has the hash %s: the end was cut off, or all was written anew",
			check->wanted);
	tell_sound(check);
	return CLIENT_DONE;
}

/* Nobody has taken anything away: it is said where there was no room, and how much it was. */
static void tell_gap(void *data, const struct audit_gap *gap)
{
	(void)data;
	printf("line %llu: %llu events before it are missing, which found no room%s%s%s%s\n",
		(unsigned long long)gap->seq, (unsigned long long)gap->lost,
		*gap->since ? " after " : "", gap->since, *gap->until ? " until " : "", gap->until);
}

int verb_audit_verify(struct client *client, const struct args *args, struct error **err)
{
	struct audit_check check = { .wanted = args_value(args, "head"), .on_gap = tell_gap };
	struct files files = { 0 };
	int r = find_files(args, &files, err);

	(void)client;
	if (r == 0)
		r = check_files(&files, &check, err);
	if (r == 0)
		r = judge(&files, &check, err);
	free_files(&files);
	return r;
}

/* ---- head ---- */

int verb_audit_head(struct client *client, const struct args *args, struct error **err)
{
	const char *path = args->words[0];
	struct audit_end end;
	int r = audit_find_end(path, &end);

	(void)client;
	if (r < 0)
		return error_set(err, -r, "'%s' cannot be read: %s", path, strerror(-r));
	if (!strcmp(end.head, audit_no_hash))
		return error_set(err, ENODATA, "'%s' has no lines", path);
	printf("%s\n", end.head);
	return CLIENT_DONE;
}

/* ---- show ---- */

/**
 * struct filter - which lines are shown, and how
 * @since, @until: as the lines have it: "2026-11-29T18:03:22.417Z"; empty: all
 * @part: a line of which only the beginning has come
 * @check: of the chain, from the first line that was read on, or from where it was broken
 * @last:  number of the last line that was sound
 */
struct filter {
	const char *console, *who;
	char since[32], until[32];
	bool json, is_broken, failed;
	struct strbuf part;
	struct audit_check check;
	uint64_t last;
};

static bool has_name(const json_t *line, const char *name)
{
	const json_t *peer = json_object_get(line, "peer");
	const json_t *details = json_object_get(line, "details");

	return strstr(json_text(peer, "identity"), name) ||
	       strstr(json_text(peer, "member"), name) ||
	       strstr(json_text(json_object_get(peer, "client"), "identity"), name) ||
	       strstr(json_text(details, "by"), name);
}

static bool is_wanted(const struct filter *filter, const json_t *line)
{
	const char *when = json_text(line, "time");

	if (*filter->since && strcmp(when, filter->since) < 0)
		return false;
	if (*filter->until && strcmp(when, filter->until) >= 0)
		return false;
	if (filter->console && !words_match(filter->console, json_text(line, "console")))
		return false;
	return !filter->who || has_name(line, filter->who);
}

static void put_value(struct strbuf *out, const json_t *value)
{
	AUTO_FREE char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (json_is_string(value))
		strbuf_append(out, json_string_value(value), json_string_length(value));
	else
		strbuf_puts(out, text ? text : "");
}

static void put_values(struct strbuf *out, const json_t *object, const char *but)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (!strcmp(key, but))
			continue;
		strbuf_printf(out, "  %s=", key);
		put_value(out, value);
	}
}

static void print_line(const json_t *line)
{
	const json_t *peer = json_object_get(line, "peer");
	const char *console = json_text(line, "console"), *who = json_text(peer, "identity");
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_FREE char *clean = NULL;

	strbuf_printf(&text, "%s  %s  %s", json_text(line, "time"), *console ? console : "-",
		json_text(line, "what"));
	if (*who)
		strbuf_printf(&text, "  %s", who);
	put_values(&text, peer, "identity");
	put_values(&text, json_object_get(line, "details"), "");
	clean = text.failed ? NULL : words_clean(text.data, text.len);
	if (!clean)
		return;
	terminal_puts(clean);
	terminal_puts("\n");
}

/* A line without its end. */
static void show(const struct filter *filter, const char *bytes, size_t len)
{
	AUTO_JSON json_t *line = json_loadb(bytes, len, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(line) || !is_wanted(filter, line))
		return;
	if (!filter->json) {
		print_line(line);
		return;
	}
	terminal_write(bytes, len);
	terminal_puts("\n");
}

static void end_check(struct filter *filter)
{
	const struct audit_check *check = &filter->check;
	uint64_t seq;

	audit_check_end(&filter->check);
	seq = check->where.seq ? check->where.seq : filter->last;
	if (check->fault)
		fprintf(stderr, "charhub: %s %llu %s\n",
			check->where.seq ? "line" : "what stands behind line",
			(unsigned long long)seq, audit_fault_text(check->fault));
	filter->is_broken |= check->fault != AUDIT_SOUND;
}

/* What is wrong is told where it is seen; then the chain begins anew, with this line if it can. */
static bool check_line(struct filter *filter, const char *line, size_t len)
{
	struct audit_check *check = &filter->check;
	int r = audit_check_feed(check, line, len);

	if (check->fault) {
		end_check(filter);
		*check = (struct audit_check){ 0 };
		r = audit_check_feed(check, line, len);
	}
	if (check->fault) {
		audit_check_end(check);
		*check = (struct audit_check){ 0 };
	}
	if (check->lines)
		filter->last = check->last;
	return r == 0;
}

/* Return: false: there is not enough memory. */
static bool end_line(struct filter *filter)
{
	struct strbuf *part = &filter->part;
	bool fits = !part->failed && check_line(filter, part->data, part->len);

	if (fits)
		show(filter, part->data, part->len - 1);
	strbuf_truncate(part, 0);
	return fits;
}

static bool take(void *data, const char *bytes, size_t len)
{
	struct filter *filter = data;
	bool fits = true;

	while (len && fits) {
		const char *newline = memchr(bytes, '\n', len);
		size_t n = newline ? (size_t)(newline - bytes) + 1 : len;

		strbuf_append(&filter->part, bytes, n);
		if (newline)
			fits = end_line(filter);
		bytes += n;
		len -= n;
	}
	filter->failed = !fits || filter->part.failed;
	return !filter->failed && !terminal_is_lost();
}

static int read_when(
	const struct args *args, const char *name, char text[32], int64_t *when, struct error **err)
{
	struct tm tm;
	time_t at;
	int r;

	if (!args_has(args, name))
		return 0;
	r = when_parse(args_value(args, name), time(NULL), when, err);
	if (r < 0) {
		error_prefix(err, "--%s: ", name);
		return r;
	}
	at = (time_t)*when;
	if (!gmtime_r(&at, &tm) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm))
		return error_set(err, EINVAL, "--%s: nobody knows when that is", name);
	return 0;
}

int verb_audit_show(struct client *client, const struct args *args, struct error **err)
{
	struct log_range range = { 0, INT64_MAX, args_has(args, "follow") };
	struct filter filter = { .console = args_value(args, "console"),
		.who = args_value(args, "who"),
		.json = client->json };
	int r = read_when(args, "since", filter.since, &range.since, err);

	if (r == 0)
		r = read_when(args, "until", filter.until, &range.until, err);
	if (r == 0 && range.follow && *filter.until)
		r = error_set(err, EINVAL, "it is '--until' or '--follow', not both");
	if (r == 0 && range.follow)
		r = interrupt_open(err);
	if (r == 0)
		r = log_files_read(args->words[0], &range, take, &filter, err);
	end_check(&filter);
	strbuf_done(&filter.part);
	if (r == 0 && filter.failed)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0 && filter.is_broken)
		r = error_set(err, EBADMSG, "the audit is not whole");
	return r;
}
