/* SPDX-License-Identifier: MIT */
/* syscalls: read */
#include "vt/palette.h"
#include "vt/engine.h"
#include "vt/color-name.h"
#include "base/parse.h"

#include <math.h>
#include <strings.h>

/*
 * Colours as numbers. The first sixteen are those of the Linux console and VGA, which is what a
 * guest's console is expected to look like; the rest is xterm's 6x6x6 cube and grey ramp.
 */
static const uint32_t first_sixteen[16] = {
	0x000000,
	0xaa0000,
	0x00aa00,
	0xaa5500,
	0x0000aa,
	0xaa00aa,
	0x00aaaa,
	0xaaaaaa,
	0x555555,
	0xff5555,
	0x55ff55,
	0xffff55,
	0x5555ff,
	0xff55ff,
	0x55ffff,
	0xffffff,
};

static uint32_t cube_level(unsigned i)
{
	return i ? 55 + i * 40 : 0;
}

void palette_init(uint32_t palette[VT_SLOT_COUNT])
{
	for (unsigned i = 0; i < 16; i++)
		palette[i] = first_sixteen[i];
	for (unsigned i = 0; i < 216; i++)
		palette[16 + i] =
			cube_level(i / 36) << 16 | cube_level(i / 6 % 6) << 8 | cube_level(i % 6);
	for (unsigned i = 0; i < 24; i++)
		palette[232 + i] = (8 + i * 10) * 0x010101u;
	palette[VT_SLOT_FG] = 0xaaaaaa;
	palette[VT_SLOT_BG] = 0x000000;
	palette[VT_SLOT_CURSOR] = 0xaaaaaa;
	for (unsigned slot = VT_SLOT_SPECIAL; slot < VT_SLOT_COUNT; slot++)
		palette[slot] = palette[VT_SLOT_FG];
}

static bool join_levels(const int levels[3], uint32_t *ret_rgb)
{
	if (levels[0] < 0 || levels[1] < 0 || levels[2] < 0)
		return false;
	*ret_rgb = (uint32_t)levels[0] << 16 | (uint32_t)levels[1] << 8 | (uint32_t)levels[2];
	return true;
}

/* 1..4 hexadecimal digits; -1: something else. */
static int read_hex(const char *text, size_t digits)
{
	int value = 0;

	if (digits < 1 || digits > 4)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		if (parse_hex_digit(text[i]) < 0)
			return -1;
		value = value * 16 + parse_hex_digit(text[i]);
	}
	return value;
}

/* "rgb:": as a fraction of the most that so many digits can say. */
static int read_fraction(const char *text, size_t digits)
{
	int value = read_hex(text, digits);

	return value < 0 ? -1 : value * 255 / ((1 << 4 * digits) - 1);
}

/* "#rgb": the digits are the upper ones of four. */
static int read_upper(const char *text, size_t digits)
{
	int value = read_hex(text, digits);

	return value < 0 ? -1 : value << 4 * (4 - digits) >> 8;
}

/*
 * "rgbi:": linear light, 0..1 as a decimal fraction, which becomes a level of sRGB [IEC 61966-2-1].
 * X takes the curve of the monitor that the server describes.
 */
static int read_intensity(const char *text, size_t len)
{
	double value = 0, place = 1;
	bool digits = false, fraction = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return -1;
		digits = true;
		place *= fraction ? 0.1 : 1;
		value = fraction ? value + (text[i] - '0') * place : value * 10 + (text[i] - '0');
	}
	if (!digits || value > 1)
		return -1;
	value = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055;
	return (int)(value * 255 + 0.5);
}

static bool parse_sharp(const char *digits, uint32_t *ret_rgb)
{
	size_t len = strlen(digits), n = len / 3;
	int levels[3];

	if (len % 3)
		return false;
	for (size_t i = 0; i < 3; i++)
		levels[i] = read_upper(digits + i * n, n);
	return join_levels(levels, ret_rgb);
}

/* Three parts with slashes between. */
static bool parse_parts(
	const char *text, int (*read)(const char *text, size_t len), uint32_t *ret_rgb)
{
	int levels[3];

	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(text, "/");

		levels[i] = read(text, len);
		text += len;
		if (*text != (i < 2 ? '/' : '\0'))
			return false;
		text += i < 2;
	}
	return join_levels(levels, ret_rgb);
}

bool palette_parse(const char *spec, uint32_t *ret_rgb)
{
	if (spec[0] == '#')
		return parse_sharp(spec + 1, ret_rgb);
	if (!strncasecmp(spec, "rgb:", 4))
		return parse_parts(spec + 4, read_fraction, ret_rgb);
	if (!strncasecmp(spec, "rgbi:", 5))
		return parse_parts(spec + 5, read_intensity, ret_rgb);
	return color_name_find(spec, ret_rgb);
}

void palette_set(struct vt *vt, unsigned slot, uint32_t rgb)
{
	if (vt->palette[slot] == rgb)
		return;
	vt->touched |= TOUCHED_PALETTE;
	vt->palette[slot] = rgb;
	damage_palette(vt);
}

uint32_t vt_palette(const struct vt *vt, unsigned slot)
{
	return slot < VT_SLOT_COUNT ? vt->palette[slot] : 0;
}

void vt_set_default_palette(struct vt *vt, unsigned slot, uint32_t rgb)
{
	bool changed;

	if (slot >= VT_SLOT_COUNT)
		return;
	rgb &= 0xffffff;
	changed = vt->palette[slot] != vt->default_palette[slot];
	vt->default_palette[slot] = rgb;
	if (changed || vt->palette[slot] == rgb)
		return;
	vt->palette[slot] = rgb;
	damage_palette(vt);
}

static uint32_t resolve(const struct vt *vt, uint32_t color, unsigned slot)
{
	if (VT_COLOR_IS_RGB(color))
		return VT_COLOR_RGB_OF(color);
	return vt->palette[VT_COLOR_IS_INDEX(color) ? VT_COLOR_INDEX_OF(color) : slot];
}

/* Half way from @a to @b. */
static uint32_t blend(uint32_t a, uint32_t b)
{
	return ((a & 0xfefefe) >> 1) + ((b & 0xfefefe) >> 1);
}

struct vt_colors vt_resolve_cell(const struct vt *vt, const struct vt_cell *cell)
{
	uint32_t fg = (uint32_t)cell->fg, bg = (uint32_t)cell->bg, swap;
	struct vt_colors colors;

	if (cell->attr & VT_BOLD && VT_COLOR_IS_INDEX(fg) && VT_COLOR_INDEX_OF(fg) < 8)
		fg += 8;
	fg = resolve(vt, fg, VT_SLOT_FG);
	bg = resolve(vt, bg, VT_SLOT_BG);
	if (cell->attr & VT_FAINT)
		fg = blend(fg, bg);
	if (!!(cell->attr & VT_INVERSE) != vt_mode(vt, MODE_REVERSE_SCREEN)) {
		swap = fg;
		fg = bg;
		bg = swap;
	}
	if (cell->attr & VT_INVISIBLE)
		fg = bg;
	colors.fg = fg;
	colors.bg = bg;
	colors.underline = cell->underline_color && !(cell->attr & VT_INVISIBLE)
				   ? resolve(vt, (uint32_t)cell->underline_color, VT_SLOT_FG)
				   : fg;
	return colors;
}
