/* SPDX-License-Identifier: MIT */
#ifndef VT_PALETTE_H
#define VT_PALETTE_H

#include "vt/vt.h"

/** palette_init() - xterm's 256 colours, light grey on black */
void palette_init(uint32_t palette[VT_SLOT_COUNT]);

/** palette_parse() - "rgb:r/g/b" with 1..4 digits each, "#rgb", "#rrggbb", "#rrrrggggbbbb" */
bool palette_parse(const char *spec, uint32_t *ret_rgb);

void palette_set(struct vt *vt, unsigned slot, uint32_t rgb);

#endif
