/* SPDX-License-Identifier: MIT */
#include "vnc/plan.h"

#include "base/minmax.h"

#include <errno.h>
#include <stdlib.h>

enum { TIGHT_WIDTH_MAX = 2048 };

void plan_init(struct plan *plan, const struct encoding *encoding, unsigned scale)
{
	unsigned cell_px = TEXT_CELL_WIDTH * TEXT_CELL_HEIGHT * scale * scale;

	*plan = (struct plan){ .rows_max = encoding->rows_max };
	plan->cells_max = larger(encoding->px_max / cell_px, 1);
	plan->cols_max = smaller(plan->cells_max, TIGHT_WIDTH_MAX / (TEXT_CELL_WIDTH * scale));
}

static void add(struct plan *plan, struct job job)
{
	if (plan->len == plan->size) {
		unsigned size = plan->size ? plan->size * 2 : 16;
		struct job *jobs = reallocarray(plan->jobs, size, sizeof(*jobs));

		if (!jobs) {
			plan->failed = true;
			return;
		}
		plan->jobs = jobs;
		plan->size = size;
	}
	plan->jobs[plan->len++] = job;
}

/* Cut the open rectangle to sizes that the encoding takes. */
static void close_open(struct plan *plan)
{
	struct job *open = &plan->open;

	for (unsigned col = 0; open->rows && col < open->cols;) {
		unsigned cols = smaller(open->cols - col, plan->cols_max);
		unsigned rows_max = smaller(plan->rows_max, larger(plan->cells_max / cols, 1));

		for (unsigned row = 0; row < open->rows; row += rows_max)
			add(plan, (struct job){ (uint16_t)(open->col + col),
					  (uint16_t)(open->row + row), (uint16_t)cols,
					  (uint16_t)smaller(open->rows - row, rows_max) });
		col += cols;
	}
	open->rows = 0;
}

void plan_row(struct plan *plan, unsigned row, unsigned first, unsigned end)
{
	struct job *open = &plan->open;

	if (first < end && open->rows && open->col == first && open->cols == end - first &&
		open->row + open->rows == row) {
		open->rows++;
		return;
	}
	close_open(plan);
	if (first < end)
		*open = (struct job){ (uint16_t)first, (uint16_t)row, (uint16_t)(end - first), 1 };
}

bool plan_could_be(const struct encoding *encoding, unsigned scale, const struct job *job)
{
	struct plan plan;

	plan_init(&plan, encoding, scale);
	return job->cols && job->rows && job->cols <= plan.cols_max && job->rows <= plan.rows_max &&
	       (unsigned)job->cols * job->rows <= plan.cells_max;
}

int plan_finish(struct plan *plan)
{
	close_open(plan);
	if (!plan->failed)
		return 0;
	free(plan->jobs);
	plan->jobs = NULL;
	plan->len = 0;
	return -ENOMEM;
}
