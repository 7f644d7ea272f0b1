/* SPDX-License-Identifier: MIT */
#include "vc/input.h"

#include "vc/vc.h"

#include <errno.h>
#include <string.h>

enum { CHUNK_BYTES = 4096, CHUNKS_PER_DISPATCH = 16 };

int vc_input_queue(struct byte_queue *input, const char *bytes, size_t len)
{
	if (len > VC_INPUT_MAX || input->len > VC_INPUT_MAX - len)
		return -ENOBUFS;
	return byte_queue_push(input, bytes, len);
}

/* Return: false: the chardev is gone, or waits for room. */
static bool deliver_chunk(struct chardev *chardev, struct byte_queue *input)
{
	size_t room = chardev_in_room(chardev), len = input->len;
	char chunk[CHUNK_BYTES];

	len = len < room ? len : room;
	len = len < sizeof(chunk) ? len : sizeof(chunk);
	if (!len)
		return false;
	/* A copy: the holder may make the guest answer, and with that the queue grow. */
	memcpy(chunk, byte_queue_data(input), len);
	byte_queue_pop(input, len);
	chardev_in(chardev, chunk, len);
	return !chardev->closing;
}

bool vc_input_deliver(struct chardev *chardev, struct byte_queue *input)
{
	for (int i = 0; i < CHUNKS_PER_DISPATCH; i++)
		if (!deliver_chunk(chardev, input))
			return false;
	return true;
}
