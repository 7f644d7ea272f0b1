/* SPDX-License-Identifier: MIT */
#ifndef HUB_TIMES_H
#define HUB_TIMES_H

#include <stddef.h>
#include <stdint.h>

enum { HUB_TIMES = 1024, HUB_TIMES_EVERY_MS = 1000 };

/** struct hub_time - from @offset on it was @when, in seconds since 1970 */
struct hub_time {
	int64_t when;
	uint64_t offset;
};

/**
 * struct hub_times - when a console printed what
 *
 * A mark a second of output; once there are HUB_TIMES of them every other one is dropped, so that
 * they cover everything that was ever printed, however long that is.
 *
 * @marked_ms: when the newest was made, by the loop's clock
 */
struct hub_times {
	struct hub_time *marks;
	size_t n, size;
	uint64_t every_ms, marked_ms;
};

/** hub_times_mark() - what comes now begins at @offset; without memory there is no mark */
void hub_times_mark(struct hub_times *times, uint64_t now_ms, uint64_t offset);

/** hub_times_find() - the offset of the newest mark that is not younger than @when; 0: none */
uint64_t hub_times_find(const struct hub_times *times, int64_t when);

void hub_times_done(struct hub_times *times);

#endif
