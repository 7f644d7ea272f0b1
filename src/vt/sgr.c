/* SPDX-License-Identifier: MIT */
#include "vt/sgr.h"
#include "vt/engine.h"

/*
 * Select Graphic Rendition [ECMA-48 8.3.117; ITU T.416 13.1.8 for colours with colons; xterm].
 * An unknown parameter is skipped with its colon parts. An incomplete or wrong colour is skipped
 * too.
 */

/* How many parameters from @i on are joined by colons, itself included. */
static unsigned group_len(const struct csi *csi, unsigned i)
{
	unsigned n = 1;

	while (i + n < csi->count && csi->colons >> (i + n) & 1)
		n++;
	return n;
}

static bool is_byte(int value)
{
	return value >= 0 && value <= 255;
}

static uint32_t rgb_of(const int *v)
{
	if (!is_byte(v[0]) || !is_byte(v[1]) || !is_byte(v[2]))
		return VT_COLOR_DEFAULT;
	return VT_COLOR_RGB(v[0], v[1], v[2]);
}

/*
 * The colour behind 38, 48 or 58 at parameter @i: "38;5;n", "38;2;r;g;b", "38:5:n", "38:2:r:g:b" or
 * "38:2:space:r:g:b". Return: parameters used, itself included; *@ret_color stays where it is
 * wrong.
 */
static unsigned read_color(const struct csi *csi, unsigned i, uint32_t *ret_color)
{
	const int *v = csi->params + i;
	unsigned n = group_len(csi, i), left = csi->count - i;
	uint32_t color = VT_COLOR_DEFAULT;
	bool colons = n > 1;

	if (!colons)
		n = left < 2 ? left : v[1] == 5 ? 3 : v[1] == 2 ? 5 : 2;
	if (n > left)
		return left;
	if (n >= 3 && v[1] == 5 && is_byte(v[2]))
		color = VT_COLOR_INDEX(v[2]);
	else if (n >= 5 && v[1] == 2)
		color = rgb_of(colons && n >= 6 ? v + 3 : v + 2);
	if (color != VT_COLOR_DEFAULT)
		*ret_color = color;
	return n;
}

static unsigned apply_color(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	uint32_t fg = pen->fg, bg = pen->bg, ul = pen->underline_color;
	uint32_t *which = csi->params[i] == 38 ? &fg : csi->params[i] == 48 ? &bg : &ul;
	unsigned n = read_color(csi, i, which);

	pen->fg = fg & 0x1ffffff;
	pen->bg = bg & 0x1ffffff;
	pen->underline_color = ul & 0x1ffffff;
	return n;
}

static void set_underline(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	int style = group_len(csi, i) > 1 ? csi->params[i + 1] : VT_UNDERLINE_SINGLE;

	if (style >= VT_UNDERLINE_NONE && style <= VT_UNDERLINE_DASHED)
		pen->underline = (unsigned)style & 7;
}

/* What the numbers below 30 and 53, 55 do to the attributes. */
static const struct {
	unsigned set : 12, clear : 12;
} attr_changes[] = {
	[1] = { VT_BOLD, 0 },
	[2] = { VT_FAINT, 0 },
	[3] = { VT_ITALIC, 0 },
	[5] = { VT_BLINK, 0 },
	[6] = { VT_BLINK, 0 },
	[7] = { VT_INVERSE, 0 },
	[8] = { VT_INVISIBLE, 0 },
	[9] = { VT_STRIKE, 0 },
	[22] = { 0, VT_BOLD | VT_FAINT },
	[23] = { 0, VT_ITALIC },
	[25] = { 0, VT_BLINK },
	[27] = { 0, VT_INVERSE },
	[28] = { 0, VT_INVISIBLE },
	[29] = { 0, VT_STRIKE },
	[53] = { VT_OVERLINE, 0 },
	[55] = { 0, VT_OVERLINE },
};

static void reset_pen(struct vt_cell *pen)
{
	*pen = (struct vt_cell){ .attr = pen->attr & VT_PROTECTED, .link = pen->link };
}

static void apply_simple(struct vt_cell *pen, int v)
{
	if (v >= 30 && v <= 37)
		pen->fg = VT_COLOR_INDEX(v - 30) & 0x1ff;
	if (v >= 40 && v <= 47)
		pen->bg = VT_COLOR_INDEX(v - 40) & 0x1ff;
	if (v >= 90 && v <= 97)
		pen->fg = VT_COLOR_INDEX(v - 90 + 8) & 0x1ff;
	if (v >= 100 && v <= 107)
		pen->bg = VT_COLOR_INDEX(v - 100 + 8) & 0x1ff;
	if (v < 0 || (size_t)v >= sizeof(attr_changes) / sizeof(attr_changes[0]))
		return;
	pen->attr = (pen->attr & ~attr_changes[v].clear & 0xfffu) | attr_changes[v].set;
}

void sgr_apply(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	while (i < csi->count) {
		int v = csi->params[i];

		switch (v) {
		case 0: reset_pen(pen); break;
		case 4: set_underline(pen, csi, i); break;
		case 21: pen->underline = VT_UNDERLINE_DOUBLE; break;
		case 24: pen->underline = VT_UNDERLINE_NONE; break;
		case 39: pen->fg = VT_COLOR_DEFAULT; break;
		case 49: pen->bg = VT_COLOR_DEFAULT; break;
		case 59: pen->underline_color = VT_COLOR_DEFAULT; break;
		case 38:
		case 48:
		case 58: i += apply_color(pen, csi, i); continue;
		default: apply_simple(pen, v); break;
		}
		i += csi->colons ? group_len(csi, i) : 1;
	}
}

void handle_sgr(struct vt *vt, const struct csi *csi)
{
	if (csi->count == 0)
		reset_pen(&vt->pen);
	else
		sgr_apply(&vt->pen, csi, 0);
}

/* ---- the other way ---- */

static void format_color(uint32_t color, int base, struct strbuf *out)
{
	uint32_t rgb = VT_COLOR_RGB_OF(color);

	if (color == VT_COLOR_DEFAULT)
		return;
	if (VT_COLOR_IS_INDEX(color) && VT_COLOR_INDEX_OF(color) < 8 && base != 58)
		strbuf_printf(out, ";%d", base - 8 + (int)VT_COLOR_INDEX_OF(color));
	else if (VT_COLOR_IS_INDEX(color) && VT_COLOR_INDEX_OF(color) < 16 && base != 58)
		strbuf_printf(out, ";%d", base + 52 + (int)VT_COLOR_INDEX_OF(color) - 8);
	else if (base == 58 && VT_COLOR_IS_INDEX(color))
		strbuf_printf(out, ";58:5:%u", VT_COLOR_INDEX_OF(color));
	else if (base == 58)
		strbuf_printf(out, ";58:2::%u:%u:%u", rgb >> 16, rgb >> 8 & 255, rgb & 255);
	else if (VT_COLOR_IS_INDEX(color))
		strbuf_printf(out, ";%d;5;%u", base, VT_COLOR_INDEX_OF(color));
	else
		strbuf_printf(out, ";%d;2;%u;%u;%u", base, rgb >> 16, rgb >> 8 & 255, rgb & 255);
}

void sgr_format(const struct vt_cell *pen, struct strbuf *out)
{
	static const char numbers[] = { 1, 2, 3, 5, 7, 8, 9, 53 }; /* by bit of enum vt_attr */

	strbuf_putc(out, '0');
	for (unsigned bit = 0; bit < sizeof(numbers); bit++)
		if (pen->attr >> bit & 1)
			strbuf_printf(out, ";%d", numbers[bit]);
	if (pen->underline == VT_UNDERLINE_SINGLE)
		strbuf_puts(out, ";4");
	else if (pen->underline)
		strbuf_printf(out, ";4:%d", (int)pen->underline);
	format_color((uint32_t)pen->fg, 38, out);
	format_color((uint32_t)pen->bg, 48, out);
	format_color((uint32_t)pen->underline_color, 58, out);
}
