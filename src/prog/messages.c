/* SPDX-License-Identifier: MIT */
#include "prog/messages.h"

#include "base/list.h"
#include "base/log.h"
#include "io/out-file.h"
#include "io/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct messages {
	struct log_sink sink;
	struct loop *loop;
	struct writer *writer;
	struct timer *held;
};

static struct messages *messages_of(struct log_sink *sink)
{
	return container_of(sink, struct messages, sink);
}

static void put_line(struct log_sink *sink, const char *line, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)line, .iov_len = len };

	writer_put(messages_of(sink)->writer, &iov, 1);
}

static uint64_t now_ms(struct log_sink *sink)
{
	return loop_now_ms(messages_of(sink)->loop);
}

static void hold(struct log_sink *sink, uint64_t ms)
{
	timer_start(messages_of(sink)->held, ms);
}

static void tell_held(void *data)
{
	(void)data;
	log_tell_held();
}

int messages_start(
	struct loop *loop, const char *path, struct messages **ret_messages, struct error **err)
{
	const struct writer_options options = {
		.path = path ? path : "/dev/fd/2",
		.shared = true, /* with the shell, and with what goes to standard output */
		.mode = OUT_MODE_PRESET,
		.follower = path ? STDERR_FILENO : 0, /* for what is no message, such as a crash */
	};
	struct messages *messages = calloc(1, sizeof(*messages));
	int r = -ENOMEM;

	if (messages)
		messages->held = timer_new(loop, tell_held, messages);
	if (messages && messages->held)
		r = writer_open(loop, &options, &messages->writer);
	if (r < 0) {
		if (messages)
			timer_free(messages->held);
		free(messages);
		return error_set(
			err, -r, "Error opening logfile %s: %s", options.path, strerror(-r));
	}
	messages->loop = loop;
	messages->sink = (struct log_sink){ .line = put_line, .now_ms = now_ms, .held = hold };
	log_set_sink(&messages->sink);
	*ret_messages = messages;
	return 0;
}

void messages_reopen(struct messages *messages)
{
	if (messages)
		writer_reopen(messages->writer);
}

void messages_stop(struct messages *messages)
{
	if (!messages)
		return;
	log_set_sink(NULL);
	timer_free(messages->held);
	writer_close(messages->writer);
	free(messages);
}
