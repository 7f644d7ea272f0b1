/* SPDX-License-Identifier: MIT */
#ifndef RECORD_TAKE_H
#define RECORD_TAKE_H

#include "base/error.h"
#include "io/rotation.h"
#include "snapshot/fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct chardev;
struct loop;
struct strbuf;

/**
 * struct take - a file that a console is recorded into [asciicast v2]
 *
 * It begins with the screen as it is. It reads the hub's journal at its own pace, and is no member:
 * nobody ever waits for it. While its file takes nothing it reads nothing; what the journal has
 * lost by then is counted, and told in the recording by a marker and the screen of that moment.
 */
struct take;

/**
 * struct take_config - what a take is made of
 * @hub:   outlives it
 * @path:  of the file; what is there is moved aside, see io/rotation.h; copied
 * @owner: for messages, "record 'x': console 'y'"; copied
 * @old:   what becomes of files that were moved aside; when this one is full, see take_is_full()
 * @later: the file is opened by a thread, and that it cannot be is only told in the log
 */
struct take_config {
	struct loop *loop;
	struct chardev *hub;
	const char *path, *owner;
	mode_t mode;
	struct rotation_rules old;
	bool later;
};

/**
 * struct take_state - what is left of one to another program
 * @record, @console: whose it is
 * @fd:      the file; -1: it could not be opened yet
 * @at:      offset of the console's next byte
 * @first:   bytes before what came after it had begun
 * @out, @in: of both streams, the beginning of a character
 * @pending: what the file has not taken yet
 */
struct take_state {
	const char *record, *console, *path;
	int fd;
	uint64_t start_us, at, since_ms, first, bytes, missing;
	unsigned cols, rows;
	struct snapshot_bytes out, in, pending;
};

extern const struct snapshot_field take_fields[];

/**
 * take_begin() - open the file, write the screen as it is
 *
 * Not inside of a callback of an observer but on_output().
 *
 * Return: 0; -errno with @err.
 */
int take_begin(const struct take_config *config, struct take **ret_take, struct error **err);

/**
 * take_load() - go on with what another program has begun
 *
 * Return: 0, @state's descriptor is the take's; -errno with @err.
 */
int take_load(const struct take_config *config, const struct take_state *state,
	struct take **ret_take, struct error **err);

/**
 * take_save() - what to leave to another program: all but @record
 * @pending: is filled, and @ret_state points into it; the caller's; NULL: nothing is left yet
 */
void take_save(const struct take *take, struct strbuf *pending, struct take_state *ret_state);

/**
 * take_end() - write the last of it, as far as the file takes that; its hub may be about to go
 *
 * NULL is fine.
 */
void take_end(struct take *take);

/** take_owes() - would bytes be lost if it ended now, since a FIFO has not taken them yet */
bool take_owes(const struct take *take);

/** take_read() - the console has printed */
void take_read(struct take *take);

/** take_typed() - this was typed, and shown */
void take_typed(struct take *take, const void *bytes, size_t len);

/** take_mark() - put in a marker, which is to be read by people */
void take_mark(struct take *take, const char *label);

/** take_resize() - the console has another size */
void take_resize(struct take *take, unsigned cols, unsigned rows);

/** take_set_rules() - others for its old files. Return: 0; -ENOMEM */
int take_set_rules(struct take *take, const struct rotation_rules *old);

/** take_is_full() - is it to be followed by another one: what came since it has begun counts */
bool take_is_full(const struct take *take, const struct rotation_rules *rules);

/**
 * struct take_info - what is known about a take
 * @since_ms: when it began, since 1970
 * @bytes:    of text that were made
 * @missing:  bytes of output that are not in it
 * @is_failing: the file gives errors
 */
struct take_info {
	const char *path;
	uint64_t since_ms, bytes, missing;
	bool is_failing;
};

/** take_info() */
void take_info(const struct take *take, struct take_info *ret_info);

#endif
