/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_WRITER_H
#define SNAPSHOT_WRITER_H

#include "base/error.h"
#include "base/strbuf.h"
#include "snapshot/fields.h"

/**
 * struct snapshot_writer - a snapshot that is being written, to a file in memory
 *
 * What fails is remembered: write all, then look at what snapshot_finish() returns.
 *
 * @is_trial: to be looked at only: without what is bulk
 * @fd:       the file
 * @bulk_end: up to where it has bulk
 * @open:     where the groups begin that are not ended, @depth of them
 * @fds:      the descriptors that it refers to, @n_fds
 * @error:    positive errno; 0: none
 */
struct snapshot_writer {
	bool is_trial;
	int fd;
	uint64_t bulk_end;
	struct strbuf records;
	size_t open[SNAPSHOT_DEPTH_MAX];
	unsigned depth;
	int *fds;
	size_t n_fds, fds_size;
	int error;
};

/** snapshot_begin() - an empty one; to be ended by snapshot_done(). Return: 0; -errno with @err */
int snapshot_begin(struct snapshot_writer *writer, bool is_trial, struct error **err);

/** snapshot_begin_group() - what follows belongs to one record; @optional: may be skipped */
void snapshot_begin_group(struct snapshot_writer *writer, uint16_t tag, bool optional);
void snapshot_end_group(struct snapshot_writer *writer);

/** snapshot_put() - the fields of @from but the groups, which follow one by one */
void snapshot_put(
	struct snapshot_writer *writer, const struct snapshot_field *fields, const void *from);

/** snapshot_put_group() - a record of those fields, and of no groups */
void snapshot_put_group(struct snapshot_writer *writer, uint16_t tag,
	const struct snapshot_field *fields, const void *from);

/** snapshot_put_bulk() - add bytes to a stretch of bulk, the newest one; all zero at first */
void snapshot_put_bulk(
	struct snapshot_writer *writer, struct snapshot_bulk *bulk, const void *bytes, size_t len);

/** snapshot_finish() - the last record is there. Return: 0; -errno with @err */
int snapshot_finish(struct snapshot_writer *writer, struct error **err);

/**
 * snapshot_leave_fds() - shall the descriptors that it refers to stay open when another program is
 * executed
 *
 * Return: 0; -errno: none of them will.
 */
int snapshot_leave_fds(const struct snapshot_writer *writer, bool leave);

/** snapshot_done() - close the file and free the rest */
void snapshot_done(struct snapshot_writer *writer);

#endif
