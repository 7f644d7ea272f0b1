/* SPDX-License-Identifier: MIT */
#include "vc/palette.h"

/*
 * What the sixteen colours look like. Guests count on the order only.
 *
 * VGA's blue can hardly be read on black (1.6 to 1 by WCAG's measure of contrast), and what is
 * brighter makes the grey text on blue of installers and file managers unreadable. "balanced" is
 * VGA with a blue that lies half way: 3 to 1 against black, and 3 to 1 against grey.
 */
static const uint32_t colors[][16] = {
	[VC_PALETTE_BALANCED] = { 0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x1a50c8, 0xaa00aa,
		0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x7f7fff, 0xff55ff,
		0x55ffff, 0xffffff },
	[VC_PALETTE_VGA] = { 0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa,
		0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff,
		0xffffff },
	[VC_PALETTE_XTERM] = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd,
		0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff,
		0xffffff },
	[VC_PALETTE_TANGO] = { 0x000000, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a,
		0xd3d7cf, 0x555753, 0xef2929, 0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2,
		0xeeeeec },
};

void vc_palette_use(struct vt *vt, enum vc_palette palette)
{
	for (unsigned slot = 0; slot < 16; slot++)
		vt_set_default_palette(vt, slot, colors[palette][slot]);
}
