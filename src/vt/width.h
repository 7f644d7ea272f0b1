/* SPDX-License-Identifier: MIT */
#ifndef VT_WIDTH_H
#define VT_WIDTH_H

#include <stdint.h>

/** width_of() - columns of a character: 1, 2; 0: joins the one before; -1: not shown at all */
int width_of(uint32_t c);

#endif
