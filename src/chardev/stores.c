/* SPDX-License-Identifier: MIT */
#include "chardev/handover.h"

#include "base/cleanup.h"
#include "base/wire.h"
#include "io/store.h"

#include <errno.h>
#include <stdlib.h>

enum { PART_BYTES = 8 };

static uint8_t *put_head(uint8_t *at, const struct store_part *part)
{
	return put_be32(put_be32(at, part->len), part->ready);
}

void chardev_store_save(struct snapshot_writer *writer, struct snapshot_bulk *bulk,
	const struct store *store, size_t end)
{
	size_t n = store_pieces(store), size = n * PART_BYTES;
	AUTO_FREE uint8_t *head = malloc(size);
	AUTO_FREE char *room = malloc(STORE_PIECE);
	uint8_t *at = head;

	if (!head || !room) {
		writer->error = ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct store_part part = store_part(store, i, end, NULL);

		at = put_head(at, &part);
	}
	snapshot_put_bulk(writer, bulk, head, size);
	for (size_t i = 0; i < n; i++) {
		struct store_part part = store_part(store, i, end, room);

		snapshot_put_bulk(writer, bulk, part.bytes, part.len);
	}
}

void chardev_bytes_save(
	struct snapshot_writer *writer, struct snapshot_bulk *bulk, const void *bytes, size_t len)
{
	size_t size = (len + STORE_PIECE - 1) / STORE_PIECE * PART_BYTES;
	AUTO_FREE uint8_t *head = malloc(size);
	uint8_t *at = head;

	if (!head) {
		writer->error = ENOMEM;
		return;
	}
	for (size_t left = len; left;) {
		uint32_t n = left < STORE_PIECE ? (uint32_t)left : STORE_PIECE;

		at = put_head(at, &(struct store_part){ .len = n, .ready = n });
		left -= n;
	}
	snapshot_put_bulk(writer, bulk, head, size);
	snapshot_put_bulk(writer, bulk, bytes, len);
}

int chardev_store_load(
	struct store *store, const struct snapshot *from, const struct snapshot_bulk *bulk)
{
	const uint8_t *bytes = snapshot_bulk(from, bulk);
	size_t n = store_pieces(store), at = n * PART_BYTES;
	int r = bulk->len < at ? -EBADMSG : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const uint8_t *head = bytes + i * PART_BYTES;
		struct store_part part = { bytes + at, get_be32(head), get_be32(head + 4) };

		if (part.len > bulk->len - at)
			return -EBADMSG;
		r = store_take_part(store, i, &part);
		at += part.len;
	}
	return r;
}
