/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#include <assert.h>

static void add_to_sum(struct histogram *histogram, uint64_t value)
{
	if (__builtin_add_overflow(histogram->sum, value, &histogram->sum))
		histogram->sum = UINT64_MAX;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	const struct histogram_bounds *bounds = histogram->bounds;
	size_t bucket = 0;

	while (bucket < bounds->n && value > bounds->at[bucket])
		bucket++;
	histogram->counts[bucket]++;
	add_to_sum(histogram, value);
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	assert(histogram->bounds == other->bounds);
	for (size_t bucket = 0; bucket <= other->bounds->n; bucket++)
		histogram->counts[bucket] += other->counts[bucket];
	add_to_sum(histogram, other->sum);
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (size_t bucket = 0; bucket <= histogram->bounds->n; bucket++)
		count += histogram->counts[bucket];
	return count;
}
