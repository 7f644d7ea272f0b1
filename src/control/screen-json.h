/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCREEN_JSON_H
#define CONTROL_SCREEN_JSON_H

#include "control/type.h"

struct vt;

/** type_screen_lines, type_screen_rows - what the two functions below give */
extern const struct type type_screen_lines, type_screen_rows;

/** screen_lines() - the rows of a screen as text, blanks at the end left out. NULL: no memory */
json_t *screen_lines(struct vt *vt);

/**
 * screen_rows() - the same with colours and attributes
 *
 * A row is a list of runs of columns that look alike: {"col", "text", "fg", "bg", "attributes"}.
 * Columns that were never written are in no run.
 */
json_t *screen_rows(struct vt *vt);

#endif
