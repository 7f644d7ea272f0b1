/* SPDX-License-Identifier: MIT */
#include "mux/stamp.h"

#include "base/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void mux_stamp_toggle(struct mux_stamp *stamp, uint64_t now_ms)
{
	*stamp = (struct mux_stamp){ .on = !stamp->on, .since_ms = now_ms };
}

static size_t format(char text[32], uint64_t ms)
{
	return (size_t)snprintf(text, 32, "[%02" PRIu64 ":%02u:%02u.%03u] ", ms / 3600000,
		(unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
}

int mux_stamp_push(struct mux_stamp *stamp, uint64_t now_ms, const char *bytes, size_t len,
	struct byte_queue *out)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	bool at_start = stamp->at_start;
	char time[32];
	size_t time_len = format(time, now_ms - stamp->since_ms);

	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) + 1 : len;

		if (at_start)
			strbuf_append(&text, time, time_len);
		strbuf_append(&text, bytes, part);
		at_start = end != NULL;
		bytes += part;
		len -= part;
	}
	if (text.failed || byte_queue_push(out, text.data, text.len) < 0)
		return -ENOMEM;
	stamp->at_start = at_start;
	return 0;
}
