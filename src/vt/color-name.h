/* SPDX-License-Identifier: MIT */
#ifndef VT_COLOR_NAME_H
#define VT_COLOR_NAME_H

#include <stdbool.h>
#include <stdint.h>

/** color_name_find() - a colour by its X11 name. Return: whether there is one; 0xRRGGBB */
bool color_name_find(const char *name, uint32_t *ret_rgb);

#endif
