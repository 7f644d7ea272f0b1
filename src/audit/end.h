/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_END_H
#define AUDIT_END_H

#include "audit/chain.h"

/**
 * struct audit_end - where the chain of an audit has got to
 * @seq:  of its last line; 0: there is none
 * @head: hash of that
 * @torn: bytes behind it that are the beginning of a line: nobody has finished that
 */
struct audit_end {
	uint64_t seq, torn;
	char head[AUDIT_HASH_BYTES];
};

/**
 * audit_find_end() - by the files that there are; takes as long as the file system does
 *
 * A last line that is none of an audit counts as one without a number.
 *
 * Return: 0, also where there are no files; -errno of one.
 */
int audit_find_end(const char *path, struct audit_end *ret_end);

#endif
