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

/* A colour that was read: VT_COLOR_DEFAULT where it is wrong; @used: parameters that it took. */
struct color_param {
	uint32_t color;
	unsigned used;
};

/*
 * The colour behind 38, 48 or 58 at parameter @i: "38;5;n", "38;2;r;g;b", "38:5:n", "38:2:r:g:b" or
 * "38:2:space:r:g:b".
 */
static struct color_param read_color(const struct csi *csi, unsigned i)
{
	const int *v = csi->params + i;
	unsigned n = group_len(csi, i), left = csi->count - i;
	uint32_t color = VT_COLOR_DEFAULT;
	bool colons = n > 1;

	if (!colons)
		n = left < 2 ? left : v[1] == 5 ? 3 : v[1] == 2 ? 5 : 2;
	if (n > left)
		return (struct color_param){ VT_COLOR_DEFAULT, left };
	if (n >= 3 && v[1] == 5 && is_byte(v[2]))
		color = VT_COLOR_INDEX(v[2]);
	else if (n >= 5 && v[1] == 2)
		color = rgb_of(colons && n >= 6 ? v + 3 : v + 2);
	return (struct color_param){ color, n };
}

/* Return: parameters used. */
static unsigned apply_color(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	struct color_param param = read_color(csi, i);

	if (param.color == VT_COLOR_DEFAULT)
		return param.used;
	switch (csi->params[i]) {
	case 38: pen->fg = param.color & 0x1ffffff; break;
	case 48: pen->bg = param.color & 0x1ffffff; break;
	default: pen->underline_color = param.color & 0x1ffffff; break;
	}
	return param.used;
}

static void set_underline(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	int style = group_len(csi, i) > 1 ? csi->params[i + 1] : VT_UNDERLINE_SINGLE;

	if (style >= VT_UNDERLINE_NONE && style <= VT_UNDERLINE_DASHED)
		pen->underline = (unsigned)style & 7;
}

/* What other numbers do to the attributes. */
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

static void change_attr(struct vt_cell *pen, int v)
{
	if ((size_t)v < sizeof(attr_changes) / sizeof(attr_changes[0]))
		pen->attr = (pen->attr & ~attr_changes[v].clear & 0xfffu) | attr_changes[v].set;
}

/* Return: the parameters from @i on that belong together and were used. */
static inline unsigned apply_param(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	int v = csi->params[i];

	switch (v) {
	case 0: reset_pen(pen); break;
	case 4: set_underline(pen, csi, i); break;
	case 21: pen->underline = VT_UNDERLINE_DOUBLE; break;
	case 24: pen->underline = VT_UNDERLINE_NONE; break;
	case 30 ... 37: pen->fg = VT_COLOR_INDEX(v - 30) & 0x1ff; break;
	case 38:
	case 48:
	case 58: return apply_color(pen, csi, i);
	case 39: pen->fg = VT_COLOR_DEFAULT; break;
	case 40 ... 47: pen->bg = VT_COLOR_INDEX(v - 40) & 0x1ff; break;
	case 49: pen->bg = VT_COLOR_DEFAULT; break;
	case 59: pen->underline_color = VT_COLOR_DEFAULT; break;
	case 90 ... 97: pen->fg = VT_COLOR_INDEX(v - 90 + 8) & 0x1ff; break;
	case 100 ... 107: pen->bg = VT_COLOR_INDEX(v - 100 + 8) & 0x1ff; break;
	default: change_attr(pen, v); break;
	}
	return csi->colons ? group_len(csi, i) : 1;
}

void sgr_apply(struct vt_cell *pen, const struct csi *csi, unsigned i)
{
	while (i < csi->count)
		i += apply_param(pen, csi, i);
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
