/* SPDX-License-Identifier: MIT */
/*
 * A line is sound when it names the hash of the one before it and has the next number. What it says
 * of the one before it is found out with it, and whether it is itself as it was with the next one:
 *
 *	it names another hash, and has the next number: the one before it was changed, or it was
 *	itself. The next line knows: that names the hash of what was written
 *	another hash, a later number: there were lines between
 *	another hash, an earlier number: it was there before
 *
 * A line that was never finished (a crash, no power) is one that can not be read. The next one says
 * how many bytes that is.
 */
#include "audit/check.h"

#include <errno.h>
#include <string.h>

enum { PART_MAX = 64 * 1024 }; /* a longer line is none of an audit */

const char *audit_fault_text(enum audit_fault fault)
{
	static const char *const texts[] = {
		[AUDIT_SOUND] = "is sound",
		[AUDIT_CHANGED] = "was changed",
		[AUDIT_MISSING] = "has lost the lines before it: they are missing",
		[AUDIT_DOUBLED] = "is doubled, or out of its place",
		[AUDIT_TORN] = "is torn: it has no end",
		[AUDIT_FOREIGN] = "is no line of an audit",
	};

	return texts[fault];
}

static void fail(struct audit_check *check, enum audit_fault fault, struct audit_place where)
{
	if (check->fault)
		return;
	check->fault = fault;
	check->where = where;
}

/* The line before this one and this one do not fit together: which is it? */
static void resolve(struct audit_check *check, const struct audit_line *next)
{
	bool was_itself = next && strcmp(next->prev, check->head) != 0;

	fail(check, AUDIT_CHANGED, was_itself ? check->sound_at : check->before);
}

static void tell_gap(const struct audit_check *check, const struct audit_line *line)
{
	const struct audit_gap gap = {
		.seq = line->seq, .lost = line->lost, .since = check->time, .until = line->time
	};

	if (line->lost && check->on_gap)
		check->on_gap(check->data, &gap);
}

static void take(struct audit_check *check, const struct audit_line *line, const char *hash)
{
	tell_gap(check, line);
	memcpy(check->time, line->time, sizeof(check->time));
	check->before = check->sound_at;
	check->sound_at = check->at;
	if (!check->lines) {
		check->first = line->seq;
		memcpy(check->begins, line->prev, AUDIT_HASH_BYTES);
	}
	check->lines++;
	check->last = line->seq;
	memcpy(check->head, hash, AUDIT_HASH_BYTES);
	check->has_wanted |= check->wanted && !strcmp(check->wanted, hash);
}

/* Return: may it be the first of all? Those before it may have been dropped. */
static bool may_begin(const struct audit_line *line)
{
	return (line->seq == 1) == !strcmp(line->prev, audit_no_hash);
}

static void compare(struct audit_check *check, const struct audit_line *line)
{
	bool fits = check->lines ? !strcmp(line->prev, check->head) : may_begin(line);
	bool is_next = !check->lines || line->seq == check->last + 1;

	if (fits && is_next)
		return;
	if (fits || !check->lines)
		fail(check, AUDIT_CHANGED, check->at);
	else if (is_next)
		check->suspects = true;
	else
		fail(check, line->seq > check->last ? AUDIT_MISSING : AUDIT_DOUBLED, check->at);
}

/* What could not be read: does this line say that it was never finished? */
static void look_back(struct audit_check *check, const struct audit_line *line)
{
	if (check->unfinished && line->torn == check->unfinished)
		check->torn++;
	else if (check->unfinished)
		fail(check, AUDIT_FOREIGN, check->unfinished_at);
	check->unfinished = 0;
}

/* The next line may say that it was never finished; one of no bytes is none that was begun. */
static void put_aside(struct audit_check *check, size_t len)
{
	if (check->unfinished)
		fail(check, AUDIT_FOREIGN, check->unfinished_at);
	else if (!len)
		fail(check, AUDIT_FOREIGN, check->at);
	check->unfinished = len;
	check->unfinished_at = check->at;
}

static int check_line(struct audit_check *check, const char *bytes, size_t len)
{
	char hash[AUDIT_HASH_BYTES];
	struct audit_line line;
	int r = audit_parse(bytes, len, &line);

	if (r == 0)
		r = audit_hash(bytes, len, hash);
	if (r == -ENOMEM)
		return r;
	check->at.line++;
	check->at.seq = r == 0 ? line.seq : 0;
	if (check->suspects)
		resolve(check, r == 0 ? &line : NULL);
	if (r < 0) {
		put_aside(check, len);
		return 0;
	}
	look_back(check, &line);
	compare(check, &line);
	if (!check->fault)
		take(check, &line, hash);
	return 0;
}

static int end_line(struct audit_check *check)
{
	int r = check->part.failed ? -ENOMEM : 0;

	if (r == 0 && !check->fault)
		r = check_line(check, check->part.data ? check->part.data : "", check->part.len);
	strbuf_truncate(&check->part, 0);
	return r;
}

int audit_check_feed(struct audit_check *check, const char *bytes, size_t len)
{
	int r = 0;

	while (len && r == 0 && !check->fault) {
		const char *newline = memchr(bytes, '\n', len);
		size_t n = newline ? (size_t)(newline - bytes) : len;

		if (check->part.len <= PART_MAX)
			strbuf_append(&check->part, bytes, n);
		if (newline)
			r = end_line(check);
		bytes += n + (newline != NULL);
		len -= n + (newline != NULL);
	}
	return r;
}

int audit_check_file_ends(struct audit_check *check)
{
	int r = check->part.len ? end_line(check) : 0;

	check->at = (struct audit_place){ .file = check->at.file + 1 };
	return r;
}

void audit_check_end(struct audit_check *check)
{
	if (check->suspects)
		resolve(check, NULL);
	if (check->unfinished)
		fail(check, AUDIT_TORN, check->unfinished_at);
	strbuf_done(&check->part);
}
