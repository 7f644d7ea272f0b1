/* SPDX-License-Identifier: MIT */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS_MAX = 15 };

/** struct histogram_bounds - where its buckets end: @n rising values, each still in its bucket */
struct histogram_bounds {
	size_t n;
	uint64_t at[HISTOGRAM_BOUNDS_MAX];
};

/**
 * struct histogram - how often a value was about how large
 * @bounds: static; in the unit of the values
 * @counts: of each bucket by itself; the last one is of what is above all bounds
 * @sum:    of all values; stays at its end when it gets there
 *
 * Zeroed but for its bounds it is empty.
 */
struct histogram {
	const struct histogram_bounds *bounds;
	uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t sum;
};

/** histogram_add() - one more value */
void histogram_add(struct histogram *histogram, uint64_t value);

/** histogram_merge() - @other's values, too; both have the same bounds */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/** histogram_count() - how many values there were */
uint64_t histogram_count(const struct histogram *histogram);

#endif
