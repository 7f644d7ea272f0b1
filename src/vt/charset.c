/* SPDX-License-Identifier: MIT */
#include "vt/charset.h"
#include "vt/engine.h"
#include "vt/print.h"

/*
 * Character sets of GL [VT510 manual, chapter 2]. The graphics set replaces 0x5f..0x7e, the
 * national ones the twelve places that ISO 646 leaves open. Text in UTF-8 is not mapped.
 */
#define GRAPHICS_FIRST 0x5f

static const uint16_t graphics[] = {
	' ', 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0,	/* _ ` a b c d e f */
	0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c, /* g h i j k l m n */
	0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, /* o p q r s t u v */
	0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7, /* w x y z { | } ~ */
};

static const char national_places[] = "#@[\\]^_`{|}~";

struct national {
	char finals[4];
	uint16_t chars[12]; /* in the order of national_places */
};

static const struct national nationals[CHARSET_COUNT] = {
	[CHARSET_ASCII] = { "B", { 0 } },
	[CHARSET_GRAPHICS] = { "0", { 0 } },
	[CHARSET_UK] = { "A", { 0xa3, '@', '[', '\\', ']', '^', '_', '`', '{', '|', '}', '~' } },
	[CHARSET_DUTCH] = { "4",
		{ 0xa3, 0xbe, 0xff, 0xbd, '|', '^', '_', '`', 0xa8, 0x192, 0xbc, 0xb4 } },
	[CHARSET_FINNISH] = { "C5",
		{ '#', '@', 0xc4, 0xd6, 0xc5, 0xdc, '_', 0xe9, 0xe4, 0xf6, 0xe5, 0xfc } },
	[CHARSET_FRENCH] = { "Rf",
		{ 0xa3, 0xe0, 0xb0, 0xe7, 0xa7, '^', '_', '`', 0xe9, 0xf9, 0xe8, 0xa8 } },
	[CHARSET_FRENCH_CANADIAN] = { "Q9",
		{ '#', 0xe0, 0xe2, 0xe7, 0xea, 0xee, '_', 0xf4, 0xe9, 0xf9, 0xe8, 0xfb } },
	[CHARSET_GERMAN] = { "K",
		{ '#', 0xa7, 0xc4, 0xd6, 0xdc, '^', '_', '`', 0xe4, 0xf6, 0xfc, 0xdf } },
	[CHARSET_ITALIAN] = { "Y",
		{ 0xa3, 0xa7, 0xb0, 0xe7, 0xe9, '^', '_', 0xf9, 0xe0, 0xf2, 0xe8, 0xec } },
	[CHARSET_NORWEGIAN] = { "E6`",
		{ '#', 0xc4, 0xc6, 0xd8, 0xc5, 0xdc, '_', 0xe4, 0xe6, 0xf8, 0xe5, 0xfc } },
	[CHARSET_SPANISH] = { "Z",
		{ 0xa3, 0xa7, 0xa1, 0xd1, 0xbf, '^', '_', '`', 0xb0, 0xf1, 0xe7, '~' } },
	[CHARSET_SWEDISH] = { "H7",
		{ '#', 0xc9, 0xc4, 0xd6, 0xc5, 0xdc, '_', 0xe9, 0xe4, 0xf6, 0xe5, 0xfc } },
	[CHARSET_SWISS] = { "=",
		{ 0xf9, 0xe0, 0xe9, 0xe7, 0xea, 0xee, 0xe8, 0xf4, 0xe4, 0xf6, 0xfc, 0xfb } },
};

uint32_t charset_map(const struct charsets *charsets, uint8_t byte)
{
	unsigned set = charsets->g[charsets->single ? charsets->single : charsets->gl];
	const char *place;

	if (set == CHARSET_ASCII)
		return byte;
	if (set == CHARSET_GRAPHICS)
		return byte >= GRAPHICS_FIRST ? graphics[byte - GRAPHICS_FIRST] : byte;
	place = memchr(national_places, byte, sizeof(national_places) - 1);
	return place ? nationals[set].chars[place - national_places] : byte;
}

void charset_designate(struct vt *vt, unsigned g, uint8_t final)
{
	for (unsigned i = 0; i < CHARSET_COUNT; i++) {
		if (!strchr(nationals[i].finals, final))
			continue;
		vt->charsets.g[g] = (uint8_t)i;
		if (g >= 2)
			vt->touched |= TOUCHED_RARE;
		print_update(vt);
		return;
	}
}

char charset_final(enum charset charset)
{
	return nationals[charset].finals[0];
}

void charset_lock(struct vt *vt, unsigned g)
{
	vt->charsets.gl = (uint8_t)g;
	print_update(vt);
}

void charset_single(struct vt *vt, unsigned g)
{
	vt->touched |= TOUCHED_RARE;
	vt->charsets.single = (uint8_t)g;
	print_update(vt);
}
