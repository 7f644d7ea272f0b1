/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/engine.h"
#include "vt/style.h"

#include <utf8proc.h>

/*
 * Text between two places. Lines are read by number as vt_read_line() does, so a selection may
 * begin in the scrollback and end on the screen.
 */

enum class {
	CLASS_BLANK,
	CLASS_WORD,
	CLASS_OTHER,
};

/* One line that was read. */
struct text_line {
	struct vt_cell cells[VT_COLS_MAX];
	unsigned len; /* up to the last character */
	bool wrapped;
};

static bool read_line(struct vt *vt, int line, struct text_line *ret_line)
{
	int n = vt_read_line(vt, line, ret_line->cells, &ret_line->wrapped);

	if (n < 0)
		return false;
	while (n > 0 && !ret_line->cells[n - 1].ch && ret_line->cells[n - 1].width != VT_WIDE_TAIL)
		n--;
	ret_line->len = (unsigned)n;
	return true;
}

/* What belongs together when a word is asked for: also paths, addresses, options. */
static enum class class_of(const struct vt *vt, const struct vt_cell *cell) {
	uint32_t chars[VT_CLUSTER_MAX]; unsigned n = vt_cluster(vt, (uint32_t)cell->ch, chars);

	if (cell->width == VT_WIDE_TAIL) return CLASS_WORD;
	if (n == 0 || chars[0] == ' ' || chars[0] == 0xa0) return CLASS_BLANK;
	if (chars[0] < 0x80) return strchr("-_./~:@%+#?&=,", (int)chars[0]) ||
			(chars[0] >= '0' && chars[0] <= '9') ||
			((chars[0] | 0x20) >= 'a' && (chars[0] | 0x20) <= 'z')
		? CLASS_WORD
		: CLASS_OTHER;
	return utf8proc_category((utf8proc_int32_t)chars[0]) <= UTF8PROC_CATEGORY_NO ? CLASS_WORD
										     : CLASS_OTHER;
}

static bool is_before(const struct vt_point *a, const struct vt_point *b)
{
	return a->line < b->line || (a->line == b->line && a->col <= b->col);
}

static void clamp(const struct vt *vt, struct vt_point *point)
{
	int first = -(int)vt_scrollback_count(vt), last = (int)vt->rows - 1;

	if (point->line < first)
		*point = (struct vt_point){ first, 0 };
	if (point->line > last)
		*point = (struct vt_point){ last, vt->cols };
	if (point->col > vt->cols)
		point->col = vt->cols;
}

/* ---- words and lines ---- */

static void widen_left(struct vt *vt, struct vt_point *a, enum class class)
{
	struct text_line here, line;

	while (read_line(vt, a->line, &here)) {
		while (a->col > 0 && class_of(vt, &here.cells[a->col - 1]) == class)
			a->col--;
		if (a->col > 0 || !read_line(vt, a->line - 1, &line) || !line.wrapped ||
			line.len == 0 || class_of(vt, &line.cells[line.len - 1]) != class)
			return;
		a->line--;
		a->col = line.len;
	}
}

static void widen_right(struct vt *vt, struct vt_point *b, enum class class)
{
	struct text_line here, line;

	while (read_line(vt, b->line, &here)) {
		while (b->col < vt->cols && class_of(vt, &here.cells[b->col]) == class)
			b->col++;
		if ((b->col < vt->cols && b->col < here.len) || !here.wrapped ||
			!read_line(vt, b->line + 1, &line) || class_of(vt, &line.cells[0]) != class)
			return;
		b->line++;
		b->col = 0;
	}
}

static void widen_to_words(struct vt *vt, struct vt_point *a, struct vt_point *b)
{
	struct text_line line;
	unsigned last = b->col > 0 ? b->col - 1 : 0;

	if (a->col < vt->cols && read_line(vt, a->line, &line))
		widen_left(vt, a, class_of(vt, &line.cells[a->col]));
	if (a->line == b->line && b->col == a->col)
		last = b->col < vt->cols ? b->col : vt->cols - 1;
	if (read_line(vt, b->line, &line)) {
		b->col = last;
		widen_right(vt, b, class_of(vt, &line.cells[last]));
	}
}

static void widen_to_lines(struct vt *vt, struct vt_point *a, struct vt_point *b)
{
	struct text_line line;

	a->col = 0;
	b->col = vt->cols;
	while (read_line(vt, a->line - 1, &line) && line.wrapped)
		a->line--;
	while (read_line(vt, b->line, &line) && line.wrapped && b->line < (int)vt->rows - 1)
		b->line++;
}

static void keep_wide_whole(struct vt *vt, struct vt_point *a, struct vt_point *b)
{
	struct text_line line;

	if (a->col < vt->cols && read_line(vt, a->line, &line) &&
		line.cells[a->col].width == VT_WIDE_TAIL)
		a->col--;
	if (b->col > 0 && b->col < vt->cols && read_line(vt, b->line, &line) &&
		line.cells[b->col].width == VT_WIDE_TAIL)
		b->col++;
}

void vt_select(struct vt *vt, enum vt_select how, struct vt_point *a, struct vt_point *b)
{
	struct vt_point swap;
	unsigned col;

	clamp(vt, a);
	clamp(vt, b);
	if (!is_before(a, b)) {
		swap = *a;
		*a = *b;
		*b = swap;
	}
	if (how == VT_SELECT_BLOCK && a->col > b->col) {
		col = a->col;
		a->col = b->col;
		b->col = col;
	}
	if (how == VT_SELECT_WORD)
		widen_to_words(vt, a, b);
	else if (how == VT_SELECT_LINE)
		widen_to_lines(vt, a, b);
	keep_wide_whole(vt, a, b);
}

/* ---- text ---- */

static void put_cells(
	const struct vt *vt, const struct vt_cell *cells, unsigned n, struct strbuf *out)
{
	uint32_t chars[VT_CLUSTER_MAX];
	char bytes[4];

	for (unsigned x = 0; x < n; x++) {
		unsigned count = vt_cluster(vt, (uint32_t)cells[x].ch, chars);

		if (cells[x].width == VT_WIDE_TAIL)
			continue;
		if (count == 0)
			strbuf_putc(out, ' ');
		for (unsigned i = 0; i < count; i++)
			strbuf_append(out, bytes, utf8_encode(chars[i], bytes));
	}
}

/* The part of a line; @joined: the next line goes on without a line end. */
static void put_line(const struct vt *vt, const struct text_line *line, unsigned first,
	unsigned end, bool joined, struct strbuf *out)
{
	if (end > line->len)
		end = line->len;
	while (!joined && end > first && line->cells[end - 1].ch == ' ')
		end--;
	if (end > first)
		put_cells(vt, line->cells + first, end - first, out);
}

void vt_selection_text(
	struct vt *vt, enum vt_select how, struct vt_point a, struct vt_point b, struct strbuf *out)
{
	struct text_line line;

	vt_select(vt, how, &a, &b);
	for (int y = a.line; y <= b.line; y++) {
		bool block = how == VT_SELECT_BLOCK, last = y == b.line;
		unsigned first = y == a.line || block ? a.col : 0;
		unsigned end = last || block ? b.col : vt->cols;
		bool joined;

		if (!read_line(vt, y, &line))
			continue;
		joined = line.wrapped && !block && !last;
		put_line(vt, &line, first, end, joined, out);
		if (!last && !joined)
			strbuf_putc(out, '\n');
	}
}
