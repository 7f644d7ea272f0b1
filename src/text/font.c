/* SPDX-License-Identifier: MIT */
/*
 * Which font a character comes from. The order is fixed, so that a console looks the same on every
 * machine as far as its fonts go. Pictures that take a search or some drawing are kept, in a table
 * of fixed size where a newcomer takes the place of whoever was there.
 */
#include "text/font.h"

#include "base/cleanup.h"
#include "text/console-font.h"
#include "text/rule.h"
#include "text/unifont.h"

#include <errno.h>
#include <string.h>

#define CACHE_SIZE    4096u
#define NOT_CACHED    0xffffffffu
#define CODEPOINT_MAX 0x10ffffu

struct font {
	struct unifont basic, upper; /* the first plane, or all that a named file has; the others */
	struct {
		uint32_t codepoint;
		struct glyph glyph;
	} cache[CACHE_SIZE];
};

static int open_unifont(struct font *font, const char *path, struct error **err)
{
	int r;

	if (path && !path[0])
		return 0;
	if (path) {
		r = unifont_open(&font->basic, path);
		return r < 0 ? error_set(err, -r, "font '%s': %s", path, strerror(-r)) : 0;
	}
	if (unifont_use_packed(&font->basic, UNIFONT_BASIC) < 0)
		unifont_open(&font->basic, UNIFONT_PATH);
	if (unifont_use_packed(&font->upper, UNIFONT_UPPER) < 0)
		unifont_open(&font->upper, UNIFONT_UPPER_PATH);
	return 0;
}

int font_new(const char *unifont, struct font **ret_font, struct error **err)
{
	struct font *font = calloc(1, sizeof(*font));
	int r;

	if (!font)
		return error_set(err, ENOMEM, "no memory for a font");
	for (unsigned i = 0; i < CACHE_SIZE; i++)
		font->cache[i].codepoint = NOT_CACHED;
	r = open_unifont(font, unifont, err);
	if (r < 0) {
		free(font);
		return r;
	}
	*ret_font = font;
	return 0;
}

void font_free(struct font *font)
{
	if (!font)
		return;
	unifont_close(&font->basic);
	unifont_close(&font->upper);
	free(font);
}

bool font_has_unifont(const struct font *font)
{
	return font->basic.text != NULL;
}

static bool is_blank(uint32_t codepoint)
{
	return codepoint <= ' ' || codepoint == 0xa0 || codepoint == 0x3000 ||
	       (codepoint >= 0x2000 && codepoint <= 0x200f);
}

static bool console_glyph(uint32_t codepoint, bool stand_in, struct glyph *ret_glyph)
{
	unsigned page, number;

	if (codepoint > 0xffff)
		return false;
	page = console_font_page[codepoint >> 8];
	if (page == CONSOLE_FONT_NO_PAGE)
		return false;
	number = console_font_glyph[page][codepoint & 0xff];
	if (number & CONSOLE_FONT_STAND_IN && !stand_in)
		return false;
	number &= ~CONSOLE_FONT_STAND_IN;
	if (!number)
		return false;
	*ret_glyph = (struct glyph){ 0 };
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		ret_glyph->rows[y] = console_font_bits[number - 1][y];
	return true;
}

static void make_glyph(const struct font *font, uint32_t codepoint, struct glyph *ret_glyph)
{
	if (!rule_glyph(codepoint, ret_glyph) && !console_glyph(codepoint, false, ret_glyph) &&
		!unifont_find(&font->basic, codepoint, ret_glyph) &&
		!unifont_find(&font->upper, codepoint, ret_glyph) &&
		!console_glyph(codepoint, true, ret_glyph))
		rule_missing(codepoint, ret_glyph);
}

void font_glyph(struct font *font, uint32_t codepoint, struct glyph *ret_glyph)
{
	unsigned slot = codepoint % CACHE_SIZE;

	if (is_blank(codepoint)) {
		*ret_glyph = (struct glyph){ 0 };
		return;
	}
	if (codepoint > CODEPOINT_MAX) {
		rule_missing(codepoint, ret_glyph);
		return;
	}
	if (codepoint < RULE_FIRST && console_glyph(codepoint, false, ret_glyph))
		return;
	if (font->cache[slot].codepoint != codepoint) {
		make_glyph(font, codepoint, &font->cache[slot].glyph);
		font->cache[slot].codepoint = codepoint;
	}
	*ret_glyph = font->cache[slot].glyph;
}
