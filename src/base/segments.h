/* SPDX-License-Identifier: MIT */
#ifndef BASE_SEGMENTS_H
#define BASE_SEGMENTS_H

#include <string.h>
#include <sys/uio.h>

/* A stretch of memory in up to two segments, as a ring gives it. */

/** segments_len() - bytes in @n segments, 0 to 2 */
static inline size_t segments_len(const struct iovec *iov, int n)
{
	return (n > 0 ? iov[0].iov_len : 0) + (n > 1 ? iov[1].iov_len : 0);
}

/** segments_clip() - at most @max bytes of them. Return: the number of segments that are left */
static inline int segments_clip(struct iovec *iov, int n, size_t max)
{
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len >= max) {
			iov[i].iov_len = max;
			return max ? i + 1 : i;
		}
		max -= iov[i].iov_len;
	}
	return n;
}

/** segments_fill() - copy into segments from their start; @len is at most their length */
static inline void segments_fill(const struct iovec *iov, const void *from, size_t len)
{
	size_t first = iov[0].iov_len < len ? iov[0].iov_len : len;

	memcpy(iov[0].iov_base, from, first);
	if (first < len)
		memcpy(iov[1].iov_base, (const char *)from + first, len - first);
}

#endif
