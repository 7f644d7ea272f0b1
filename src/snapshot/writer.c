/* SPDX-License-Identifier: MIT */
/* syscalls: close fcntl memfd_create pwrite64 */
#include "snapshot/writer.h"

#include "base/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { FIRST_FDS = 64 };

static void fail(struct snapshot_writer *writer, int error)
{
	if (!writer->error)
		writer->error = error;
}

int snapshot_begin(struct snapshot_writer *writer, bool is_trial, struct error **err)
{
	*writer = (struct snapshot_writer){
		.is_trial = is_trial, .fd = -1, .bulk_end = SNAPSHOT_HEADER_BYTES
	};
	writer->fd = memfd_create("charhub-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (writer->fd < 0)
		return error_set(err, errno, "no memory for a snapshot: %s", strerror(errno));
	return 0;
}

/* ---- records ---- */

static void put_record(struct snapshot_writer *writer, uint16_t tag, enum snapshot_kind kind,
	bool optional, const void *payload, size_t len)
{
	uint8_t head[SNAPSHOT_RECORD_BYTES], *at = put_be16(head, tag);

	if (len > SNAPSHOT_RECORDS_MAX_BYTES) {
		fail(writer, E2BIG);
		return;
	}
	*at++ = (uint8_t)kind;
	*at++ = optional ? 0 : SNAPSHOT_REQUIRED;
	put_be32(at, (uint32_t)len);
	strbuf_append(&writer->records, head, sizeof(head));
	if (len)
		strbuf_append(&writer->records, payload, len);
}

void snapshot_begin_group(struct snapshot_writer *writer, uint16_t tag, bool optional)
{
	if (writer->depth == SNAPSHOT_DEPTH_MAX) {
		fail(writer, ELOOP);
		return;
	}
	put_record(writer, tag, SNAPSHOT_GROUP, optional, NULL, 0);
	writer->open[writer->depth++] = writer->records.len;
}

void snapshot_end_group(struct snapshot_writer *writer)
{
	size_t from, len;

	if (!writer->depth)
		return;
	from = writer->open[--writer->depth];
	len = writer->records.len - from;
	if (writer->records.failed)
		return;
	if (len > SNAPSHOT_RECORDS_MAX_BYTES)
		fail(writer, E2BIG);
	else
		put_be32((uint8_t *)writer->records.data + from - 4, (uint32_t)len);
}

static int note_fd(struct snapshot_writer *writer, int fd)
{
	if (writer->n_fds == writer->fds_size) {
		size_t size = writer->fds_size ? writer->fds_size * 2 : FIRST_FDS;
		int *fds = reallocarray(writer->fds, size, sizeof(*fds));

		if (!fds)
			return -ENOMEM;
		writer->fds = fds;
		writer->fds_size = size;
	}
	writer->fds[writer->n_fds++] = fd;
	return 0;
}

/* By who does not know it. */
static bool may_skip(const struct snapshot_field *field)
{
	return field->optional && !field->vital;
}

static void put_number(
	struct snapshot_writer *writer, const struct snapshot_field *field, uint64_t number)
{
	uint8_t wire[8];

	put_be64(wire, number);
	put_record(writer, field->tag, SNAPSHOT_NUMBER, may_skip(field), wire, sizeof(wire));
}

static void put_fd(struct snapshot_writer *writer, const struct snapshot_field *field, int fd)
{
	uint8_t wire[4];

	if (fd < 0)
		return;
	if (note_fd(writer, fd) < 0)
		fail(writer, ENOMEM);
	put_be32(wire, (uint32_t)fd);
	put_record(writer, field->tag, SNAPSHOT_FD, may_skip(field), wire, sizeof(wire));
}

static void put_large(struct snapshot_writer *writer, const struct snapshot_field *field,
	const struct snapshot_bulk *bulk)
{
	uint8_t wire[16];

	put_be64(put_be64(wire, bulk->at), bulk->len);
	put_record(writer, field->tag, SNAPSHOT_BULK, may_skip(field), wire, sizeof(wire));
}

static void put_field(
	struct snapshot_writer *writer, const struct snapshot_field *field, const void *member)
{
	const struct snapshot_bytes *bytes = member;
	const char *text;

	switch (field->type) {
	case SNAPSHOT_U64: put_number(writer, field, *(const uint64_t *)member); break;
	case SNAPSHOT_U32: put_number(writer, field, *(const unsigned *)member); break;
	case SNAPSHOT_BOOL: put_number(writer, field, *(const bool *)member); break;
	case SNAPSHOT_STRING:
		text = *(const char *const *)member;
		if (text)
			put_record(writer, field->tag, SNAPSHOT_TEXT, may_skip(field), text,
				strlen(text) + 1);
		break;
	case SNAPSHOT_BLOB:
		if (bytes->data)
			put_record(writer, field->tag, SNAPSHOT_BYTES, may_skip(field), bytes->data,
				bytes->len);
		break;
	case SNAPSHOT_FILE: put_fd(writer, field, *(const int *)member); break;
	case SNAPSHOT_LARGE: put_large(writer, field, member); break;
	case SNAPSHOT_EACH: break;
	}
}

void snapshot_put(
	struct snapshot_writer *writer, const struct snapshot_field *fields, const void *from)
{
	for (const struct snapshot_field *field = fields; field->name; field++)
		put_field(writer, field, (const char *)from + field->offset);
}

void snapshot_put_group(struct snapshot_writer *writer, uint16_t tag,
	const struct snapshot_field *fields, const void *from)
{
	snapshot_begin_group(writer, tag, false);
	snapshot_put(writer, fields, from);
	snapshot_end_group(writer);
}

/* ---- bulk ---- */

static int write_all(int fd, const void *bytes, size_t len, uint64_t at)
{
	const char *from = bytes;

	while (len) {
		ssize_t done = pwrite(fd, from, len, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		from += done;
		at += (uint64_t)done;
		len -= (size_t)done;
	}
	return 0;
}

void snapshot_put_bulk(
	struct snapshot_writer *writer, struct snapshot_bulk *bulk, const void *bytes, size_t len)
{
	int r;

	if (writer->is_trial || writer->error)
		return;
	if (!bulk->len)
		bulk->at = writer->bulk_end;
	r = write_all(writer->fd, bytes, len, writer->bulk_end);
	if (r < 0)
		fail(writer, -r);
	writer->bulk_end += len;
	bulk->len += len;
}

/* ---- the end ---- */

static void make_header(const struct snapshot_writer *writer, uint8_t *head)
{
	const struct strbuf *records = &writer->records;
	uint8_t *at = head + SNAPSHOT_MAGIC_BYTES;

	memcpy(head, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_BYTES);
	at = put_be16(at, snapshot_version.major);
	at = put_be16(at, snapshot_version.minor);
	at = put_be32(at, (uint32_t)crc32_z(0, (const uint8_t *)records->data, records->len));
	put_be64(put_be64(at, writer->bulk_end), records->len);
}

static int write_parts(const struct snapshot_writer *writer)
{
	const struct strbuf *records = &writer->records;
	uint8_t head[SNAPSHOT_HEADER_BYTES];
	int r;

	make_header(writer, head);
	r = write_all(writer->fd, head, sizeof(head), 0);
	if (r == 0)
		r = write_all(writer->fd, records->data, records->len, writer->bulk_end);
	if (r == 0)
		r = write_all(writer->fd, SNAPSHOT_FINISH, SNAPSHOT_MAGIC_BYTES,
			writer->bulk_end + records->len);
	if (r == 0 && fcntl(writer->fd, F_ADD_SEALS,
			      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	return r;
}

int snapshot_finish(struct snapshot_writer *writer, struct error **err)
{
	int r = -writer->error;

	if (r == 0 && (writer->records.failed || !writer->records.len))
		r = -ENOMEM;
	if (r == 0 && writer->records.len > SNAPSHOT_RECORDS_MAX_BYTES)
		r = -E2BIG;
	if (r == 0)
		r = write_parts(writer);
	return r < 0 ? error_set(err, -r, "could not write a snapshot: %s", strerror(-r)) : 0;
}

int snapshot_leave_fds(const struct snapshot_writer *writer, bool leave)
{
	for (size_t i = 0; i < writer->n_fds; i++)
		if (fcntl(writer->fds[i], F_SETFD, leave ? 0 : FD_CLOEXEC) < 0 && leave) {
			int error = errno;

			snapshot_leave_fds(writer, false);
			return -error;
		}
	return 0;
}

void snapshot_done(struct snapshot_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	strbuf_done(&writer->records);
	free(writer->fds);
	*writer = (struct snapshot_writer){ .fd = -1 };
}
