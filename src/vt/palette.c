/* SPDX-License-Identifier: MIT */
#include "vt/palette.h"
#include "vt/engine.h"
#include "base/parse.h"

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
}

/* @digits hexadecimal digits as a fraction of one, scaled to a byte; -1: they are not there. */
static int read_level(const char *text, size_t digits)
{
	unsigned value = 0;

	if (digits < 1 || digits > 4)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		if (parse_hex_digit(text[i]) < 0)
			return -1;
		value = value * 16 + (unsigned)parse_hex_digit(text[i]);
	}
	return (int)(value * 255 / ((1u << 4 * digits) - 1));
}

static bool join_levels(int r, int g, int b, uint32_t *ret_rgb)
{
	if (r < 0 || g < 0 || b < 0)
		return false;
	*ret_rgb = (uint32_t)r << 16 | (uint32_t)g << 8 | (uint32_t)b;
	return true;
}

bool palette_parse(const char *spec, uint32_t *ret_rgb)
{
	size_t len = strlen(spec), r, g, b;

	if (spec[0] == '#') {
		size_t n = (len - 1) / 3;

		if ((len - 1) % 3)
			return false;
		return join_levels(read_level(spec + 1, n), read_level(spec + 1 + n, n),
			read_level(spec + 1 + 2 * n, n), ret_rgb);
	}
	if (strncmp(spec, "rgb:", 4))
		return false;
	spec += 4;
	r = strcspn(spec, "/");
	if (!spec[r])
		return false;
	g = strcspn(spec + r + 1, "/");
	if (!spec[r + 1 + g])
		return false;
	b = strlen(spec + r + g + 2);
	return join_levels(read_level(spec, r), read_level(spec + r + 1, g),
		read_level(spec + r + g + 2, b), ret_rgb);
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
	if (slot >= VT_SLOT_COUNT)
		return;
	vt->default_palette[slot] = rgb & 0xffffff;
	palette_set(vt, slot, rgb & 0xffffff);
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
