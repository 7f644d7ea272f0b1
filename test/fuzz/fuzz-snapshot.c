/* SPDX-License-Identifier: MIT */
#include "base/wire.h"
#include "snapshot/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

/*
 * The input is what stands between the header and the finish of a snapshot, 4 bytes of bulk and the
 * records. Around it all is as it should be, or the sum would refuse nearly everything.
 */

enum { BULK = 4 };

struct state {
	uint64_t number;
	unsigned small;
	bool flag;
	const char *text;
	struct snapshot_bytes bytes;
	int fd;
	struct snapshot_bulk bulk;
	struct snapshot_groups groups;
};

static const struct snapshot_field fields[] = {
	SNAPSHOT_FIELD(struct state, number, 1, SNAPSHOT_U64, .optional = true),
	SNAPSHOT_FIELD(struct state, small, 2, SNAPSHOT_U32, .max = 9, .optional = true),
	SNAPSHOT_FIELD(struct state, flag, 3, SNAPSHOT_BOOL, .optional = true),
	SNAPSHOT_FIELD(struct state, text, 4, SNAPSHOT_STRING),
	SNAPSHOT_FIELD(struct state, bytes, 5, SNAPSHOT_BLOB),
	SNAPSHOT_FIELD(struct state, fd, 6, SNAPSHOT_FILE),
	SNAPSHOT_FIELD(struct state, bulk, 7, SNAPSHOT_LARGE, .optional = true),
	SNAPSHOT_FIELD(
		struct state, groups, 8, SNAPSHOT_EACH, .of = fields, .size = sizeof(struct state)),
	{ 0 },
};

static int make_file(const uint8_t *data, size_t size)
{
	uint8_t head[SNAPSHOT_HEADER_BYTES] = SNAPSHOT_MAGIC, *at = head + SNAPSHOT_MAGIC_BYTES;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	at = put_be16(put_be16(at, snapshot_version.major), snapshot_version.minor);
	at = put_be32(at, (uint32_t)crc32_z(0, data + BULK, size - BULK));
	at = put_be32(put_be32(at, 0), SNAPSHOT_HEADER_BYTES + BULK);
	put_be32(put_be32(at, 0), (uint32_t)(size - BULK));
	if (fd < 0 || write(fd, head, sizeof(head)) != sizeof(head) ||
		write(fd, data, size) != (ssize_t)size ||
		write(fd, SNAPSHOT_FINISH, SNAPSHOT_MAGIC_BYTES) != SNAPSHOT_MAGIC_BYTES)
		abort();
	return fd;
}

/* All that a snapshot says can be looked at. */
static uint64_t look(const struct snapshot *snapshot, const struct snapshot_part *part)
{
	struct snapshot_part group;
	struct state state;
	uint64_t sum = 0;

	if (snapshot_get(part, fields, &state, NULL) < 0)
		return 0;
	if (state.small > 9)
		abort();
	sum += state.text ? strlen(state.text) : 0;
	for (size_t i = 0; i < state.bytes.len; i++)
		sum += ((const uint8_t *)state.bytes.data)[i];
	for (uint64_t i = 0; i < state.bulk.len; i++)
		sum += ((const uint8_t *)snapshot_bulk(snapshot, &state.bulk))[i];
	while (snapshot_next_group(&state.groups, &group))
		sum += look(snapshot, &group);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot snapshot;
	int fd;

	if (size <= BULK)
		return 0;
	fd = make_file(data, size);
	if (snapshot_open(fd, &snapshot, NULL) < 0) {
		close(fd);
		return 0;
	}
	snapshot_check(&snapshot.all, fields, sizeof(struct state), NULL);
	look(&snapshot, &snapshot.all);
	snapshot_close(&snapshot);
	return 0;
}
