/* SPDX-License-Identifier: MIT */
#include "lib/kept-log.h"

#include "base/list.h"

#include <string.h>

void kept_log_line(struct log_sink *sink, const char *line, size_t len)
{
	struct kept_log *log = container_of(sink, struct kept_log, sink);

	log->lines++;
	memcpy(log->last, line, len);
	log->last[len] = 0;
	strbuf_append(&log->text, line, len);
}

static uint64_t no_time(struct log_sink *sink)
{
	(void)sink;
	return 1;
}

static void never_held(struct log_sink *sink, uint64_t ms)
{
	(void)sink, (void)ms;
}

void kept_log_begin(struct kept_log *log)
{
	*log = (struct kept_log){
		.sink = { .line = kept_log_line, .now_ms = no_time, .held = never_held }
	};
	log_set_sink(&log->sink);
}

void kept_log_end(struct kept_log *log)
{
	log_set_sink(NULL);
	strbuf_done(&log->text);
}
