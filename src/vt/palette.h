/* SPDX-License-Identifier: MIT */
#ifndef VT_PALETTE_H
#define VT_PALETTE_H

#include "vt/vt.h"

/** palette_init() - xterm's 256 colours, light grey on black */
void palette_init(uint32_t palette[VT_SLOT_COUNT]);

/**
 * palette_parse() - a colour as XParseColor() takes it [XParseColor(3)]
 *
 * "rgb:r/g/b" with 1..4 digits each, "#rgb", "#rrggbb", "#rrrgggbbb", "#rrrrggggbbbb",
 * "rgbi:r/g/b" with numbers 0..1, or a name. Not the device independent ones (CIEXYZ: etc.).
 */
bool palette_parse(const char *spec, uint32_t *ret_rgb);

void palette_set(struct vt *vt, unsigned slot, uint32_t rgb);

#endif
