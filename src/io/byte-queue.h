/* SPDX-License-Identifier: MIT */
#ifndef IO_BYTE_QUEUE_H
#define IO_BYTE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct byte_queue - bytes that wait; holds memory only while there are any
 * @len: how many
 *
 * All zero is an empty queue. The bytes lie in one piece at byte_queue_data().
 */
struct byte_queue {
	char *data;
	size_t start, len, size;
};

/** byte_queue_push() - Return: 0; -ENOMEM: nothing has changed */
int byte_queue_push(struct byte_queue *queue, const void *bytes, size_t len);

/** byte_queue_data() - the oldest byte, until the next call that changes the queue; NULL: none */
const char *byte_queue_data(const struct byte_queue *queue);

/** byte_queue_pop() - forget the @len oldest bytes */
void byte_queue_pop(struct byte_queue *queue, size_t len);

/** byte_queue_clear() - forget all and free the memory */
void byte_queue_clear(struct byte_queue *queue);

#endif
