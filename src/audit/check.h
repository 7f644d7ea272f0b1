/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_CHECK_H
#define AUDIT_CHECK_H

#include "audit/chain.h"
#include "base/strbuf.h"

#include <stdbool.h>

/** What can be wrong with a line. */
enum audit_fault {
	AUDIT_SOUND,
	AUDIT_CHANGED, /* it is not what it was: the one behind it says so, or its own number */
	AUDIT_MISSING, /* there were others before it */
	AUDIT_DOUBLED, /* it, or a later one, was there before */
	AUDIT_TORN,    /* it has no end, and nobody has said so */
	AUDIT_FOREIGN, /* it is no line of an audit */
};

/** audit_fault_text() - "was changed", ... */
const char *audit_fault_text(enum audit_fault fault);

/**
 * struct audit_place - a line: the number of its file, from 0 on, and its own there, from 1 on
 * @seq: what it says itself that its number is; 0: nothing
 */
struct audit_place {
	size_t file;
	uint64_t line, seq;
};

/**
 * struct audit_gap - events that found no room, as a line says that is itself sound
 * @seq:  of that line
 * @lost: how many there were
 * @since, @until: times of the line before and of that one, between which they happened
 */
struct audit_gap {
	uint64_t seq, lost;
	const char *since, *until;
};

/**
 * struct audit_check - what is known of the lines so far; all zero at first
 * @wanted:  a hash that has to be that of a line; NULL: none
 * @on_gap:  is told of each; NULL: nobody is. @data: for it
 * @fault:   of the first line that is wrong, and @where that is: nothing is looked at any more
 * @lines:   that were sound; @first, @last: numbers of them
 * @head:    hash of the last one; @begins: what the first one names
 * @torn:    of how many lines a later one says that they were never finished
 * @has_wanted: @wanted was seen
 *
 * The rest is check.c's own.
 */
struct audit_check {
	const char *wanted;
	void (*on_gap)(void *data, const struct audit_gap *gap);
	void *data;
	enum audit_fault fault;
	struct audit_place where;
	uint64_t lines, first, last, torn;
	char head[AUDIT_HASH_BYTES], begins[AUDIT_HASH_BYTES];
	bool has_wanted;

	struct strbuf part;
	char time[AUDIT_TIME_BYTES];
	struct audit_place at, sound_at, before;
	bool suspects;
	size_t unfinished;
	struct audit_place unfinished_at;
};

/**
 * audit_check_feed() - bytes of a file, in order
 *
 * Return: 0; -ENOMEM. @check->fault says what is wrong.
 */
int audit_check_feed(struct audit_check *check, const char *bytes, size_t len);

/** audit_check_file_ends() - what follows is the next file. Return: as audit_check_feed() */
int audit_check_file_ends(struct audit_check *check);

/** audit_check_end() - there are no more files; frees what it holds */
void audit_check_end(struct audit_check *check);

#endif
