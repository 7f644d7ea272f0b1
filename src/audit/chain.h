/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <stddef.h>
#include <stdint.h>

/*
 * An audit is lines, each a JSON object. By `prev` a line names the hash of the one before it,
 * also where that is in another file, and `seq` counts them from 1 on: none can be changed, taken
 * out or put in without the lines behind it telling.
 */

enum {
	AUDIT_LINE_MAX = 4096, /* with its newline: a rotation cuts no such line in two */
	AUDIT_HASH_BYTES = 65, /* SHA-256 in hexadecimal, with the NUL */
	AUDIT_TIME_BYTES = 32, /* "2026-11-29T18:03:22.417Z", with the NUL */
};

/** audit_no_hash - what the very first line names */
extern const char audit_no_hash[AUDIT_HASH_BYTES];

/**
 * audit_hash() - of a line
 * @len: without its newline
 *
 * Return: 0; -ENOMEM.
 */
int audit_hash(const char *line, size_t len, char ret_hash[AUDIT_HASH_BYTES]);

/**
 * struct audit_line - what of a line the chain is made of
 * @torn: how many bytes before it are the beginning of one that was never finished; 0: none
 * @lost: how many events before it no line tells of, as it says: it is a `gap`; 0: none
 * @time: when it happened; empty: it does not say
 */
struct audit_line {
	uint64_t seq, torn, lost;
	char prev[AUDIT_HASH_BYTES], time[AUDIT_TIME_BYTES];
};

/** audit_parse() - Return: 0; -EINVAL: it is no line of an audit; -ENOMEM */
int audit_parse(const char *line, size_t len, struct audit_line *ret_line);

#endif
