/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONSOLE_PARTS_H
#define BASE_CONSOLE_PARTS_H

#include <stdbool.h>

/**
 * console_suffixes - what stands behind a console's name in those of its parts; NULL ends them
 *
 * The first is "": the hub has the console's own name. The others begin with a dot.
 */
extern const char *const console_suffixes[];

/** console_is_part() - does what is called @id belong to the console @name */
bool console_is_part(const char *id, const char *name);

#endif
