/* SPDX-License-Identifier: MIT */
#include "io/byte-queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int byte_queue_push(struct byte_queue *queue, const void *bytes, size_t len)
{
	if (queue->start && queue->start + queue->len + len > queue->size) {
		memmove(queue->data, queue->data + queue->start, queue->len);
		queue->start = 0;
	}
	if (queue->len + len > queue->size) {
		size_t size = queue->len + len < 64 ? 64 : (queue->len + len) * 2;
		char *data = realloc(queue->data, size);

		if (!data)
			return -ENOMEM;
		queue->data = data;
		queue->size = size;
	}
	if (len)
		memcpy(queue->data + queue->start + queue->len, bytes, len);
	queue->len += len;
	return 0;
}

const char *byte_queue_data(const struct byte_queue *queue)
{
	return queue->len ? queue->data + queue->start : NULL;
}

void byte_queue_pop(struct byte_queue *queue, size_t len)
{
	queue->start += len;
	queue->len -= len;
	if (!queue->len)
		byte_queue_clear(queue);
}

void byte_queue_clear(struct byte_queue *queue)
{
	free(queue->data);
	*queue = (struct byte_queue){ 0 };
}
