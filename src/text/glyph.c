/* SPDX-License-Identifier: MIT */
/*
 * Characters and clusters in their style, made to fit the columns that the engine gave them. The
 * fonts have one weight and no slant, so bold is smeared by a pixel and italic is sheared.
 *
 * Of a cluster the base is drawn and its marks are laid over it. What composes into one character
 * that a font has is drawn as that.
 */
#include "text/glyph.h"

#include <string.h>
#include <utf8proc.h>

static int mask_of(const struct glyph *glyph)
{
	return glyph->wide ? 0xffff : 0xff;
}

/* Two pixels to one. */
static int squeeze_row(uint16_t row)
{
	int out = 0;

	for (int x = 0; x < 8; x++)
		if (row >> (2 * x) & 3)
			out |= 1 << x;
	return out;
}

/* A picture of the other width is squeezed, or put into the middle. */
static void fit(struct glyph *glyph, bool wide)
{
	if (glyph->wide == wide)
		return;
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++) {
		uint16_t *row = &glyph->rows[y];

		*row = (uint16_t)(wide ? *row << 4 : squeeze_row(*row));
	}
	glyph->wide = wide;
}

static void embolden(struct glyph *glyph)
{
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		glyph->rows[y] |= glyph->rows[y] >> 1;
}

static void slant(struct glyph *glyph)
{
	int mask = mask_of(glyph);

	for (unsigned y = 0; y < 6; y++)
		glyph->rows[y] = glyph->rows[y] >> 1;
	for (unsigned y = 11; y < TEXT_CELL_HEIGHT; y++)
		glyph->rows[y] = (uint16_t)((glyph->rows[y] << 1) & mask);
}

/* Marks that are drawn over the base; joiners and variation selectors are not. */
static bool is_mark(uint32_t codepoint)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);

	if ((codepoint >= 0xfe00 && codepoint <= 0xfe0f) || codepoint >= 0xe0000)
		return false;
	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
	       category == UTF8PROC_CATEGORY_ME;
}

static void lay_over(struct font *font, struct glyph *glyph, uint32_t mark)
{
	struct glyph over;

	font_glyph(font, mark, &over);
	if (over.is_missing)
		return;
	fit(&over, glyph->wide);
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		glyph->rows[y] |= over.rows[y];
}

static void cluster_glyph(struct font *font, const uint32_t *codepoints, unsigned count, bool wide,
	struct glyph *ret_glyph)
{
	utf8proc_int32_t composed[VT_CLUSTER_MAX];
	utf8proc_ssize_t n;

	for (unsigned i = 0; i < count; i++)
		composed[i] = (utf8proc_int32_t)codepoints[i];
	n = utf8proc_normalize_utf32(composed, (utf8proc_ssize_t)count, UTF8PROC_COMPOSE);
	if (n < 1)
		n = 1;
	font_glyph(font, (uint32_t)composed[0], ret_glyph);
	if (ret_glyph->is_missing && (uint32_t)composed[0] != codepoints[0]) {
		/* No font has the composed one: base and marks are better than a box. */
		font_glyph(font, codepoints[0], ret_glyph);
		n = (utf8proc_ssize_t)count;
		for (unsigned i = 0; i < count; i++)
			composed[i] = (utf8proc_int32_t)codepoints[i];
	}
	fit(ret_glyph, wide);
	for (utf8proc_ssize_t i = 1; i < n; i++)
		if (is_mark((uint32_t)composed[i]))
			lay_over(font, ret_glyph, (uint32_t)composed[i]);
}

void text_glyph(struct font *font, const struct vt *vt, uint32_t ch, bool wide, unsigned style,
	struct glyph *ret_glyph)
{
	uint32_t codepoints[VT_CLUSTER_MAX];
	unsigned count = 0;

	if (ch & VT_CH_CLUSTER)
		count = vt_cluster(vt, ch, codepoints);
	if (count)
		cluster_glyph(font, codepoints, count, wide, ret_glyph);
	else
		font_glyph(font, ch & VT_CH_CLUSTER ? 0 : ch, ret_glyph);
	fit(ret_glyph, wide);
	if (ret_glyph->by_rule)
		return;
	if (style & TEXT_BOLD)
		embolden(ret_glyph);
	if (style & TEXT_ITALIC)
		slant(ret_glyph);
}
