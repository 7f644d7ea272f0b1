/* SPDX-License-Identifier: MIT */
#ifndef BASE_PATTERNS_H
#define BASE_PATTERNS_H

#include <stdbool.h>

enum { PATTERN_MAX = 255 }; /* bytes of each; what is longer is cut off */

/** patterns_fit() - does one of several patterns (fnmatch(3)), with blanks between them, fit */
bool patterns_fit(const char *patterns, const char *text);

/** patterns_is_name() - is it but one name, which no other text fits */
bool patterns_is_name(const char *patterns);

#endif
