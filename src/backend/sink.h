/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_SINK_H
#define BACKEND_SINK_H

#include "backend/lines.h"
#include "backend/outlet.h"
#include "chardev/chardev-impl.h"
#include "io/byte-queue.h"

#include <time.h>

enum {
	SINK_QUEUE_BYTES = 256 * 1024, /* that wait for a server which is slow or away */
	SINK_QUIET_MS = 1000,	       /* after which a part of a line goes out */
	SINK_BUSY_MS = 50,	       /* after which a kernel without memory is asked again */
	SINK_PROBE_MS = 1000, /* in which a receiver of UDP that is away refuses what is sent */
	SINK_CONSOLE_MAX = 64,
};

/** What an entry is. */
enum sink_kind {
	SINK_LINE, /* a line, or the end of one */
	SINK_PART, /* a part of a line: a prompt, or it is long */
	SINK_NOTE, /* no output of the guest: how many lines are missing here */
};

/** sink_kind_name() - "line", "part", "note" */
const char *sink_kind_name(enum sink_kind kind);

/**
 * struct sink_entry - what becomes a message
 * @at:   when it was printed
 * @text: @len bytes without a newline; they may be no UTF-8
 */
struct sink_entry {
	enum sink_kind kind;
	struct timespec at;
	const char *text;
	size_t len;
};

struct sink;

/** struct sink_class - what is different from one sink to another */
struct sink_class {
	/** Append the message. */
	void (*frame)(const struct sink *sink, const struct sink_entry *entry, struct strbuf *out);

	/** Optional: send a message that no datagram takes another way. Return: 0; -errno */
	int (*send_large)(int fd, const struct strbuf *message);
};

/**
 * struct sink_message - the message that is being sent
 * @bytes: NULL: there is none
 * @sent:  how many of them have been taken
 * @lines: that it stands for
 * @queued: it is the first of the queue; else it is the note of @gone
 * @is_note: those lines are lost anyhow
 */
struct sink_message {
	struct strbuf bytes;
	size_t sent;
	unsigned lines;
	bool queued, is_note;
};

/**
 * struct sink - a chardev that makes entries of a log of others out of what the guest prints
 * @console:  as which console; NULL: as its holder calls it
 * @queue:    entries that wait
 * @message:  the first of them, as it is sent
 * @missing:  lines that found no room in the queue and are to be told at its end
 * @gone:     lines that left the queue and have not arrived, to be told before all others
 * @lost:     lines that were lost, in all
 * @last:     how many lines the last message of this connection stood for, 0: there was none
 * @drops:    no line is taken until the queue has emptied to half
 * @is_short: the holder waits for room
 * @troubled: the operator has been told that it does not get through
 */
struct sink {
	struct chardev base;
	const struct sink_class *class;
	char *console;
	struct outlet outlet;
	struct lines lines;
	struct byte_queue queue;
	struct sink_message message;
	uint64_t missing, gone, lost;
	unsigned last;
	bool last_is_note, drops, is_short, troubled;
	struct timer *quiet, *busy;
	struct task again, room;
};

static inline struct sink *sink_of(struct chardev *chardev)
{
	return container_of(chardev, struct sink, base);
}

/** What an entry's level is called [RFC 5424 6.2.1]; values of an option. */
#define SINK_LEVELS "emerg|alert|crit|err|warning|notice|info|debug"

/** The option whose value sink_set_console() takes. */
#define SINK_CONSOLE_OPTION                                                              \
	{                                                                                \
		.name = "console", .type = OPT_STRING, .live = true,                     \
		.help = "the console's name in all entries; default: the id of the hub " \
			"that has it, else its own"                                      \
	}

struct sink_state;

/**
 * sink_open() - for chardev_class.open
 * @sink:     its @class is set
 * @options:  moved from, also where this fails
 * @line_max: as in struct lines
 * @left:     struct sink_state of another program, which it goes on with; NULL: none
 *
 * Return: 0; -errno with @err.
 */
int sink_open(struct sink *sink, struct outlet_options *options, size_t line_max,
	const struct sink_state *left, struct error **err);

/** sink_set_console() - copy @name; NULL: its holder's. Return: 0; -EINVAL, -ENOMEM with @err */
int sink_set_console(struct sink *sink, const char *name, struct error **err);

/** sink_console() - which console it is; never NULL */
const char *sink_console(const struct sink *sink);

/** sink_check_word() - has the value of an option 1..@max bytes, all printable ASCII but a space */
int sink_check_word(const char *key, const char *value, size_t max, struct error **err);

/* For the methods of the same name. */
void sink_close(struct chardev *chardev);
ssize_t sink_out(struct chardev *chardev, const struct iovec *iov, int n);
bool sink_owes(const struct chardev *chardev);
uint64_t sink_lost_lines(const struct chardev *chardev);
char *sink_describe(const struct chardev *chardev);
void sink_save(struct chardev *chardev, struct chardev_bequest *to);
void sink_part(struct chardev *chardev, const char *reason);

/**
 * struct sink_state - what is left of one
 * @fd:     of its connection
 * @sent, @lines, @queued: of @message
 * @state, @param, @behind: of the line that is being made, @text
 */
struct sink_state {
	int fd;
	struct snapshot_bytes queue, message, text;
	uint64_t sent, behind, missing, gone, lost;
	unsigned lines, state, param;
	bool queued, is_note, drops, troubled;
};

extern const struct snapshot_field sink_fields[];

#endif
