/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_RINGBUF_H
#define BACKEND_RINGBUF_H

#include "chardev/chardev.h"

/** ringbuf_is() - is this a ring buffer at all */
bool ringbuf_is(const struct chardev *chardev);

/** ringbuf_used() - bytes that ringbuf_read() could give */
size_t ringbuf_used(const struct chardev *chardev);

/**
 * ringbuf_read() - take the oldest bytes out
 *
 * Return: bytes put into @buf, 0..@len.
 */
size_t ringbuf_read(struct chardev *chardev, void *buf, size_t len);

/** ringbuf_append() - put bytes in as if the guest had sent them; the oldest make room */
void ringbuf_append(struct chardev *chardev, const void *buf, size_t len);

#endif
