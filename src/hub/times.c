/* SPDX-License-Identifier: MIT */
#include "hub/times.h"

#include <stdlib.h>
#include <time.h>

enum { FIRST_SIZE = 16 };

/* Every other mark goes, and marks are made half as often from now on. */
static void thin_out(struct hub_times *times)
{
	times->n /= 2;
	for (size_t i = 0; i < times->n; i++)
		times->marks[i] = times->marks[2 * i];
	times->every_ms *= 2;
}

static int grow(struct hub_times *times)
{
	size_t size = times->size ? times->size * 2 : FIRST_SIZE;
	void *marks = reallocarray(times->marks, size, sizeof(*times->marks));

	if (!marks)
		return -1;
	times->marks = marks;
	times->size = size;
	return 0;
}

void hub_times_mark(struct hub_times *times, uint64_t now_ms, uint64_t offset)
{
	if (!times->every_ms)
		times->every_ms = HUB_TIMES_EVERY_MS;
	if (times->n && now_ms - times->marked_ms < times->every_ms)
		return;
	if (times->n == HUB_TIMES)
		thin_out(times);
	if (times->n == times->size && grow(times) < 0)
		return;
	times->marks[times->n++] = (struct hub_time){ time(NULL), offset };
	times->marked_ms = now_ms;
}

uint64_t hub_times_find(const struct hub_times *times, int64_t when)
{
	size_t low = 0, high = times->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (times->marks[middle].when < when)
			low = middle + 1;
		else
			high = middle;
	}
	/* What was printed at that time may have begun behind the mark before. */
	return low ? times->marks[low - 1].offset : 0;
}

void hub_times_done(struct hub_times *times)
{
	free(times->marks);
	*times = (struct hub_times){ 0 };
}
