/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_LOG_H
#define CHARDEV_LOG_H

#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct chardev;
struct chardev_bequest;
struct error;
struct snapshot_groups;
struct opts;

/**
 * struct chardev_log - `logfile=`: every byte that a chardev accepted, once
 *
 * Writing never waits and never fails towards the stream: what the file does not take is left out,
 * and counted in the log itself.
 */
struct chardev_log;

/** chardev_log_check() - are the values right that it takes; @opts: checked by tables */
int chardev_log_check(const struct opts *opts, struct error **err);

/**
 * chardev_log_open() - by `logfile=` and the options about it
 * @owner: whose log it is; others may share it
 * @opts:  checked
 * @left:  what another program has left of it, of chardev_file_fields; NULL: nothing
 * @goes_on: the file is its log already: it is not emptied, whatever `logappend=` says
 *
 * Return: 0, *@ret_log NULL where no log is asked for; -errno "Could not create 'x': ...".
 */
int chardev_log_open(struct chardev *owner, const struct opts *opts,
	const struct snapshot_groups *left, bool goes_on, struct chardev_log **ret_log,
	struct error **err);

/** chardev_log_save() - put what is left of it, a group with this tag */
void chardev_log_save(const struct chardev_log *log, uint16_t tag, struct chardev_bequest *to);

/**
 * chardev_log_room() - how many bytes of @chardev the log takes without leaving any out
 *
 * A disk that works may be busy for a moment, and then the stream waits rather than the log lose
 * bytes: 0; chardev_room() comes in a second at most. Only the chardev that the log was opened for
 * waits. SIZE_MAX where @log is NULL.
 */
size_t chardev_log_room(struct chardev_log *log, const struct chardev *chardev);

/** chardev_log_write() - @len bytes from the start of @n segments; @log may be NULL */
void chardev_log_write(struct chardev_log *log, const struct iovec *iov, int n, size_t len);

/** chardev_log_owes() - see writer_owes(). @log may be NULL */
bool chardev_log_owes(const struct chardev_log *log);

/** chardev_log_left_out() - bytes that were left out in all; @log may be NULL */
uint64_t chardev_log_left_out(const struct chardev_log *log);

/** chardev_log_name() - its path, where it is a regular file; else NULL. @log may be NULL */
const char *chardev_log_name(const struct chardev_log *log);

/** chardev_log_reopen() - go on in a new file: this one was moved away. @log may be NULL */
void chardev_log_reopen(struct chardev_log *log);

/** chardev_log_ref() - one more that writes there: the clients of a server. @log may be NULL */
struct chardev_log *chardev_log_ref(struct chardev_log *log);

/** chardev_log_unref() - @chardev writes no more; the last one closes it. @log may be NULL */
void chardev_log_unref(struct chardev_log *log, const struct chardev *chardev);

#endif
