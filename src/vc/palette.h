/* SPDX-License-Identifier: MIT */
#ifndef VC_PALETTE_H
#define VC_PALETTE_H

#include "vt/vt.h"

/* The values of the option, in the order of enum vc_palette; the first is the default. */
#define VC_PALETTES "balanced|vga|xterm|tango"

enum vc_palette { VC_PALETTE_BALANCED, VC_PALETTE_VGA, VC_PALETTE_XTERM, VC_PALETTE_TANGO };

/** vc_palette_use() - give a screen the first sixteen colours that it has by default */
void vc_palette_use(struct vt *vt, enum vc_palette palette);

#endif
