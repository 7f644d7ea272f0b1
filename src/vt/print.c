/* SPDX-License-Identifier: MIT */
#include "vt/print.h"
#include "vt/charset.h"
#include "vt/cluster.h"
#include "vt/cursor.h"
#include "vt/engine.h"
#include "vt/width.h"

/*
 * Characters into cells.
 *
 * A character that lands in the last column leaves the cursor there with a wrap pending; only the
 * next character wraps [VT510 DECAWM]. Zero-width characters join the character before the cursor.
 * How many columns text takes is what wcwidth() says, since that is what programs in the guest
 * count with; with mode 2027 whole grapheme clusters are put together as Unicode says.
 */

/* Where the text ends; a double row has no place for a cursor behind that. */
static inline unsigned line_limit(struct vt *vt)
{
	if (vt_row(vt)->size) {
		unsigned limit = vt->cols / 2;

		vt->x = vt->x < limit ? vt->x : limit - 1;
		return limit;
	}
	return vt->x > vt->right ? vt->cols : vt->right + 1;
}

/*
 * Go to the next row because the text goes on there; not where the text behind which a wrap was
 * pending is no more.
 */
static void wrap(struct vt *vt)
{
	struct vt_cell end = row_get(vt_row(vt), vt->cols - 1);
	bool goes_on =
		(!vt->wrap_pending || end.ch || end.width == VT_WIDE_TAIL) && !vt_row(vt)->size;
	bool full_width = vt->left == 0 && vt->right == vt->cols - 1 && goes_on;
	bool scrolls = vt->y == vt->bottom, last = vt->y == vt->rows - 1;

	if (full_width && (scrolls ? last : !last))
		vt_row(vt)->wrapped = true;
	cursor_index(vt);
	if (full_width && scrolls && vt->bottom > vt->top)
		vt->screen->line[vt->bottom - 1]->wrapped = true;
	else if (full_width && scrolls && vt->rows == 1 && vt->screen == &vt->main)
		scrollback_wrap_line(&vt->scrollback);
	vt->x = vt->left;
}

static inline void advance(struct vt *vt, unsigned by, unsigned limit)
{
	vt->x += by;
	if (vt->x < limit)
		return;
	vt->x = limit - 1;
	vt->wrap_pending = true;
}

/* Another character comes while a wrap is pending: without autowrap it takes this place. */
static inline void end_pending_wrap(struct vt *vt)
{
	if (vt_mode(vt, MODE_AUTOWRAP))
		wrap(vt);
	else
		vt->wrap_pending = false;
}

void print_update(struct vt *vt)
{
	const struct charsets *charsets = &vt->charsets;

	vt->slow_print = charsets->single || charsets->g[charsets->gl] != CHARSET_ASCII ||
			 vt_mode(vt, MODE_INSERT);
}

static void print_ascii_slowly(struct vt *vt, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		print_char(vt, charset_map(&vt->charsets, bytes[i]));
}

void print_ascii(struct vt *vt, const uint8_t *bytes, size_t len)
{
	struct vt_cell pen = vt->pen, *cells;
	const uint8_t *last = NULL;

	if (vt->slow_print) {
		print_ascii_slowly(vt, bytes, len);
		return;
	}
	vt->repeatable = true;
	while (len) {
		unsigned limit, n;

		if (vt->wrap_pending)
			end_pending_wrap(vt);
		limit = line_limit(vt);
		n = limit - vt->x;
		if (len < n) {
			n = (unsigned)len;
		} else if (len > n && !vt_mode(vt, MODE_AUTOWRAP)) {
			/* the rest all falls on the last column, and the last of it stays */
			last = bytes + len - 1;
			len = n;
		}
		cells = row_open(vt, vt_row(vt), vt->x, vt->x + n);
		for (unsigned i = 0; i < n; i++) {
			pen.ch = bytes[i];
			cells[i] = pen;
		}
		if (last)
			cells[n - 1].ch = *last;
		advance(vt, n, limit);
		bytes += n;
		len -= n;
	}
}

void print_narrow(struct vt *vt, const uint32_t *chars, size_t len)
{
	struct vt_cell pen = vt->pen, *cells;

	if (len)
		vt->repeatable = true;
	while (len) {
		unsigned limit, n;

		if (vt->wrap_pending)
			end_pending_wrap(vt);
		limit = line_limit(vt);
		n = limit - vt->x < len ? limit - vt->x : (unsigned)len;
		cells = row_open(vt, vt_row(vt), vt->x, vt->x + n);
		for (unsigned i = 0; i < n; i++) {
			pen.ch = chars[i] & 0x1fffff;
			cells[i] = pen;
		}
		advance(vt, n, limit);
		chars += n;
		len -= n;
	}
}

bool print_find_base(struct vt *vt, unsigned *ret_x)
{
	unsigned x = vt->x;
	struct row *row = vt_row(vt);

	if (!vt->wrap_pending) {
		if (x == 0)
			return false;
		x--;
	}
	if (x >= row->used)
		return false;
	if (row->cells[x].width == VT_WIDE_TAIL)
		x--;
	*ret_x = x;
	return row->cells[x].ch != 0;
}

/* A cluster that became two columns wide takes the next column too. */
static void widen(struct vt *vt, unsigned x)
{
	unsigned limit = line_limit(vt);
	struct vt_cell cell = row_get(vt_row(vt), x), *cells;

	cells = row_open(vt, vt_row(vt), x, x + 2);
	cell.width = VT_WIDE;
	cells[0] = cell;
	cell.ch = 0;
	cell.width = VT_WIDE_TAIL;
	cells[1] = cell;
	advance(vt, 1, limit);
}

/*
 * Put @c into the cell before the cursor. False: it does not belong there. What would make the
 * cluster wider than the line has room for is left out.
 */
static bool join(struct vt *vt, uint32_t c, int width)
{
	uint32_t chars[VT_CLUSTER_MAX + 1], ch;
	struct row *row = vt_row(vt);
	unsigned n, x;
	bool widens;

	if (!print_find_base(vt, &x))
		return false;
	n = vt_cluster(vt, (uint32_t)row->cells[x].ch, chars);
	chars[n++] = c;
	if (width > 0 && !cluster_joins(chars, n))
		return false;
	widens = vt_mode(vt, MODE_GRAPHEMES) && row->cells[x].width == VT_NARROW &&
		 cluster_width(chars, n) == 2;
	if (widens && (vt->wrap_pending || x + 2 > line_limit(vt)))
		return width == 0;
	if (n > VT_CLUSTER_MAX)
		return true;
	ch = cluster_number(vt, chars, n);
	if (!ch)
		return true;
	row_open(vt, row, x, x + (row->cells[x].width == VT_WIDE ? 2 : 1));
	row->cells[x].ch = ch & (VT_CH_CLUSTER * 2 - 1);
	if (widens)
		widen(vt, x);
	/* the cluster could not be printed once more as it is */
	if (vt_mode(vt, MODE_GRAPHEMES))
		vt->repeatable = false;
	return true;
}

static bool is_between_sides(const struct vt *vt)
{
	return vt->x >= vt->left && vt->x <= vt->right;
}

/* Make room for @width columns; false: there is none. Outside of the margins nothing moves. */
static bool make_room(struct vt *vt, unsigned width)
{
	unsigned limit;

	if (vt->right - vt->left + 1 < width)
		return false;
	if (vt->wrap_pending)
		end_pending_wrap(vt);
	limit = line_limit(vt);
	if (vt->x + width > limit) {
		if (!vt_mode(vt, MODE_AUTOWRAP))
			return false;
		wrap(vt);
		limit = line_limit(vt);
		if (vt->x + width > limit)
			return false;
	}
	if (vt_mode(vt, MODE_INSERT) && is_between_sides(vt))
		row_move(vt, vt_row(vt), vt->x, limit, (int)width, vt->pen.bg);
	return true;
}

/*
 * In insert mode, what was put outside of the margins or in a double row is not repeated:
 * vt_replay() could not take it out and insert it again.
 */
static bool may_repeat(const struct vt *vt)
{
	return !vt_mode(vt, MODE_INSERT) ||
	       (is_between_sides(vt) && !vt->screen->line[vt->y]->size);
}

static void put(struct vt *vt, uint32_t ch, unsigned width)
{
	struct vt_cell cell = vt->pen, *cells;

	vt->repeatable = false;
	if (!make_room(vt, width))
		return;
	vt->repeatable = may_repeat(vt);
	cells = row_open(vt, vt_row(vt), vt->x, vt->x + width);
	cell.ch = ch & (VT_CH_CLUSTER * 2 - 1);
	if (width == 2) {
		cell.width = VT_WIDE;
		cells[0] = cell;
		cell.ch = 0;
		cell.width = VT_WIDE_TAIL;
		cells[1] = cell;
	} else {
		cells[0] = cell;
	}
	advance(vt, width, line_limit(vt));
}

void print_char(struct vt *vt, uint32_t c)
{
	int width = width_of(c);

	if (vt->charsets.single) {
		vt->charsets.single = 0;
		print_update(vt);
	}
	if (width < 0)
		return;
	if (width == 0 || (vt_mode(vt, MODE_GRAPHEMES) && c >= 0x300))
		if (join(vt, c, width) || width == 0)
			return;
	put(vt, c, (unsigned)width);
}

/* @count times the same one-column character, row by row. */
static void fill(struct vt *vt, uint32_t ch, unsigned count)
{
	struct vt_cell cell = vt->pen, *cells;
	unsigned limit, n;

	cell.ch = ch & (VT_CH_CLUSTER * 2 - 1);
	while (count) {
		if (vt->wrap_pending)
			end_pending_wrap(vt);
		limit = line_limit(vt);
		n = count < limit - vt->x ? count : limit - vt->x;
		cells = row_open(vt, vt_row(vt), vt->x, vt->x + n);
		for (unsigned i = 0; i < n; i++)
			cells[i] = cell;
		advance(vt, n, limit);
		count = vt_mode(vt, MODE_AUTOWRAP) ? count - n : 0;
	}
}

void print_repeat(struct vt *vt, unsigned count)
{
	unsigned x, max = vt->cols;
	struct vt_cell cell;

	if (!print_find_base(vt, &x))
		return;
	cell = row_get(vt_row(vt), x);
	if (count > max)
		count = max;
	if (cell.width == VT_NARROW && !vt_mode(vt, MODE_INSERT)) {
		fill(vt, (uint32_t)cell.ch, count);
		return;
	}
	while (count--)
		put(vt, (uint32_t)cell.ch, cell.width == VT_WIDE ? 2 : 1);
}
