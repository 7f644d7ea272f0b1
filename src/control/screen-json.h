/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCREEN_JSON_H
#define CONTROL_SCREEN_JSON_H

#include "control/type.h"

struct vt;

/** type_screen_lines, type_screen_rows - lists of what the two functions below give */
extern const struct type type_screen_lines, type_screen_rows;

/** screen_line() - a row of a screen as text, blanks at the end left out. NULL: no memory */
json_t *screen_line(struct vt *vt, unsigned row);

/**
 * screen_row() - the same with colours and attributes
 *
 * It is a list of runs of columns that look alike: {"col", "text", "fg", "bg", "attributes"}.
 * Columns that were never written are in no run.
 */
json_t *screen_row(struct vt *vt, unsigned row);

#endif
