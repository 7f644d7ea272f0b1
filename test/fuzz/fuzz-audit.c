/* SPDX-License-Identifier: MIT */
#include "audit/check.h"

#include <stdlib.h>
#include <string.h>

/*
 * Files of an audit, of which nobody knows who has written them. A NUL ends a file. However the
 * bytes are cut into pieces, what is said of them is the same.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_all(struct audit_check *check, const uint8_t *data, size_t size, size_t piece)
{
	while (size) {
		const uint8_t *end = memchr(data, 0, size);
		size_t len = end ? (size_t)(end - data) : size;
		size_t part = len < piece ? len : piece;

		if (audit_check_feed(check, (const char *)data, part) < 0)
			abort();
		if (part == len && audit_check_file_ends(check) < 0)
			abort();
		part += part == len && end;
		data += part;
		size -= part;
	}
	audit_check_end(check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_check whole = { 0 }, pieces = { 0 };

	check_all(&whole, data, size, SIZE_MAX);
	check_all(&pieces, data, size, 3);
	if (whole.fault != pieces.fault || whole.lines != pieces.lines ||
		whole.where.line != pieces.where.line || whole.where.file != pieces.where.file ||
		strcmp(whole.head, pieces.head) != 0)
		abort();
	return 0;
}
