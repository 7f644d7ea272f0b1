/* SPDX-License-Identifier: MIT */
#ifndef VT_CHARSET_H
#define VT_CHARSET_H

#include "vt/screen.h"

enum charset {
	CHARSET_ASCII,
	CHARSET_GRAPHICS, /* DEC special graphics */
	CHARSET_UK,
	CHARSET_DUTCH,
	CHARSET_FINNISH,
	CHARSET_FRENCH,
	CHARSET_FRENCH_CANADIAN,
	CHARSET_GERMAN,
	CHARSET_ITALIAN,
	CHARSET_NORWEGIAN,
	CHARSET_SPANISH,
	CHARSET_SWEDISH,
	CHARSET_SWISS,
	CHARSET_COUNT,
};

/** charset_map() - the character that a byte 0x20..0x7e of GL stands for; uses a single shift */
uint32_t charset_map(const struct charsets *charsets, uint8_t byte);

/** charset_designate() - ESC ( final and so on; unknown finals are ignored */
void charset_designate(struct vt *vt, unsigned g, uint8_t final);

/** charset_final() - the byte that designates a charset */
char charset_final(enum charset charset);

/** charset_lock(), charset_single() - locking and single shifts */
void charset_lock(struct vt *vt, unsigned g);
void charset_single(struct vt *vt, unsigned g);

#endif
