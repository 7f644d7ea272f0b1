/* SPDX-License-Identifier: MIT */
#include "mux/stamp.h"

#include "base/stamp.h"

#include <errno.h>

void mux_stamp_toggle(struct mux_stamp *stamp, uint64_t now_ms)
{
	*stamp = (struct mux_stamp){ .on = !stamp->on, .since_ms = now_ms };
}

int mux_stamp_push(struct mux_stamp *stamp, uint64_t now_ms, const char *bytes, size_t len,
	struct byte_queue *out)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	bool at_start = stamp->at_start;
	char time[STAMP_BYTES];

	stamp_elapsed(time, now_ms - stamp->since_ms);
	stamp_lines(&text, &at_start, time, bytes, len);
	if (text.failed || byte_queue_push(out, text.data, text.len) < 0)
		return -ENOMEM;
	stamp->at_start = at_start;
	return 0;
}
