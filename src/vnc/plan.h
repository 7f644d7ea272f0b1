/* SPDX-License-Identifier: MIT */
#ifndef VNC_PLAN_H
#define VNC_PLAN_H

#include "vnc/encode.h"

#include <stdbool.h>
#include <stdint.h>

/** struct job - a rectangle, in cells, that a message has to bring */
struct job {
	uint16_t col, row, cols, rows;
};

/**
 * struct plan - rectangles that are to be sent, made from the spans of rows
 * @jobs, @len: the result
 *
 * Neighbouring rows with the same span become one rectangle, which is cut to what the encoding
 * takes. All members but these two are the plan's own.
 */
struct plan {
	struct job *jobs;
	unsigned len, size;
	unsigned cols_max, cells_max, rows_max;
	struct job open; /* rows with the same span, so far */
	bool failed;
};

/** plan_init() - for rectangles of an encoding */
void plan_init(struct plan *plan, const struct encoding *encoding, unsigned scale);

/** plan_row() - the columns @first..@end-1 of a row, none if @first >= @end; rows in order */
void plan_row(struct plan *plan, unsigned row, unsigned first, unsigned end);

/** plan_could_be() - is it a rectangle that a plan for this encoding may have */
bool plan_could_be(const struct encoding *encoding, unsigned scale, const struct job *job);

/** plan_finish() - that were all. Return: 0, @plan->jobs are the caller's to free; -ENOMEM */
int plan_finish(struct plan *plan);

#endif
