/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_FIGURES_H
#define CONTROL_FIGURES_H

#include "base/histogram.h"
#include "metrics/exposition.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev_set;
struct frontend_set;
struct auditor;
struct recorders;
struct loop;
struct screens;

/**
 * struct figures - what a world tells by -metrics; all of it is looked up when somebody asks
 * @auditor: NULL: there is none; @recorders: those that there are
 * @rounds:  of the loop, see loop_measure()
 * @started: when the process was, in seconds since 1970
 * @memory:  /proc/self/statm, @files: /proc/self/fd: opened while that was allowed; -1, NULL: not
 */
struct figures {
	struct loop *loop;
	const struct chardev_set *chardevs;
	const struct frontend_set *frontends;
	const struct screens *screens;
	const struct auditor *auditor;
	const struct recorders *recorders;
	struct histogram rounds;
	double started;
	int memory;
	DIR *files;
};

/** figures_start() - from now on; what is above @rounds is filled in already */
void figures_start(struct figures *figures);

/** figures_stop() - also of one that was never started but is zeroed */
void figures_stop(struct figures *figures);

/** figures_put() - a struct metrics_source's put(); @figures: a struct figures */
bool figures_put(void *figures, size_t index, struct exposition *exposition);

#endif
