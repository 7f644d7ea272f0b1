/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/charset.h"
#include "vt/cluster.h"
#include "vt/cursor.h"
#include "vt/engine.h"
#include "vt/print.h"
#include "vt/sgr.h"
#include "vt/style.h"
#include "vt/width.h"

#include <errno.h>

/*
 * The state as bytes for another terminal.
 *
 * Order matters: what needs the cursor or prints (saved cursors, tab stops, both screens) comes
 * first, with margins, modes and character sets still as after a reset; then what limits the cursor
 * (margins, origin mode); then the cursor; then what does not move it any more.
 *
 * Four things can only be reached by printing. A pending wrap: the character at the edge is
 * printed once more, or a space and DECERA where there is none; CBT goes where it had gone. That
 * REP would repeat the last character: it is printed once more, after everything else. "This row
 * goes on in the next one": the next row's first character is printed when the row is full; where
 * text does not do that by itself, a dummy does and is painted over. And a saved cursor with a
 * pending wrap: it is saved before anything is drawn.
 */
struct replay {
	struct vt *vt;
	struct strbuf *out;
	struct vt_cell pen; /* that the terminal has now */
	unsigned x, y;
	bool known; /* the terminal's cursor is at x, y and no wrap is pending */
	bool full;  /* the last column of row y was just printed: a wrap is pending */
};

/* ---- pieces ---- */

static void put_link(struct replay *r, unsigned link)
{
	const char *uri = vt_link_uri(r->vt, link), *id = link_id(r->vt, link);

	if (uri)
		strbuf_printf(r->out, "\033]8;%s%s;%s\033\\", *id ? "id=" : "", id, uri);
	else
		strbuf_puts(r->out, "\033]8;;\033\\");
}

static void put_style(struct replay *r, struct vt_cell style)
{
	struct vt_cell plain = style, plain_pen = r->pen;

	style = style_of_cell(style);
	if (cells_are_equal(style, r->pen))
		return;
	plain.link = plain_pen.link = 0;
	plain.attr &= ~VT_PROTECTED & 0xfff;
	plain_pen.attr &= ~VT_PROTECTED & 0xfff;
	if (!cells_are_equal(style_of_cell(plain), style_of_cell(plain_pen))) {
		strbuf_puts(r->out, "\033[");
		sgr_format(&style, r->out);
		strbuf_putc(r->out, 'm');
	}
	if ((style.attr ^ r->pen.attr) & VT_PROTECTED)
		strbuf_printf(r->out, "\033[%d\"q", style.attr & VT_PROTECTED ? 1 : 0);
	if (style.link != r->pen.link)
		put_link(r, (unsigned)style.link);
	r->pen = style;
}

static void move_to(struct replay *r, unsigned x, unsigned y)
{
	if (r->known && r->x == x && r->y == y)
		return;
	if (r->known && r->y + 1 == y && x == 0)
		strbuf_puts(r->out, "\r\n");
	else
		strbuf_printf(r->out, "\033[%u;%uH", y + 1, x + 1);
	r->x = x;
	r->y = y;
	r->known = true;
	r->full = false;
}

static void put_char(struct replay *r, uint32_t c)
{
	char bytes[4];

	strbuf_append(r->out, bytes, utf8_encode(c, bytes));
}

/* Whether a cluster comes together only in mode 2027. */
static bool needs_graphemes(const struct vt_cell *cell, const uint32_t *chars, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		if (width_of(chars[i]) > 0)
			return true;
	return n > 1 && cell->width == VT_WIDE && width_of(chars[0]) == 1;
}

/* Print a cell at the terminal's cursor; its first character alone, lest it join the cell before.
 */
static void put_cell(struct replay *r, struct vt_cell cell)
{
	uint32_t chars[VT_CLUSTER_MAX];
	unsigned n = vt_cluster(r->vt, (uint32_t)cell.ch, chars);
	bool graphemes = needs_graphemes(&cell, chars, n);

	put_style(r, cell);
	put_char(r, n ? chars[0] : ' ');
	if (graphemes)
		strbuf_puts(r->out, "\033[?2027h");
	for (unsigned i = 1; i < n; i++)
		put_char(r, chars[i]);
	if (graphemes)
		strbuf_puts(r->out, "\033[?2027l");
	r->x += cell.width == VT_WIDE ? 2 : 1;
	r->full = r->x >= r->vt->cols;
	r->known = !r->full;
}

/* ---- rows ---- */

/* Blank columns @x..@end-1, all alike; on a fresh screen those without colour are there already. */
static void put_blanks(
	struct replay *r, unsigned x, unsigned end, unsigned y, struct vt_cell blank, bool fresh)
{
	if (fresh && !blank.bg)
		return;
	move_to(r, x, y);
	put_style(r, blank);
	if (end == r->vt->cols)
		strbuf_puts(r->out, "\033[K");
	else
		strbuf_printf(r->out, "\033[%uX", end - x);
}

/*
 * @dirty: the first columns are not blank on the terminal
 * @continues: the terminal's cursor waits at the end of the row before to go on here
 */
static void put_row(
	struct replay *r, const struct row *row, unsigned y, unsigned dirty, bool continues)
{
	unsigned x = 0, end;

	while (x < r->vt->cols) {
		struct vt_cell cell = row_get(row, x);

		if (cell.ch) {
			if (continues && x == 0) {
				r->x = 0;
				r->y = y;
			} else {
				move_to(r, x, y);
			}
			put_cell(r, cell);
			x += cell.width == VT_WIDE ? 2 : 1;
			continue;
		}
		for (end = x + 1; end < r->vt->cols; end++)
			if ((end < dirty) != (x < dirty) ||
				!cells_are_equal(row_get(row, end), cell))
				break;
		put_blanks(r, x, end, y, cell, x >= dirty);
		x = end;
	}
}

/*
 * Make the terminal believe that row @y goes on in the next one, by printing what is not there.
 * Return: how many columns of the next row are not blank now.
 */
static unsigned force_wrap(struct replay *r, const struct row *row, unsigned y)
{
	unsigned last = r->vt->cols - 1;
	struct vt_cell cell = row_get(row, last);
	bool blank = !cell.ch && cell.width != VT_WIDE_TAIL;

	if (cell.width == VT_WIDE_TAIL)
		last--;
	r->known = false;
	move_to(r, last, y);
	if (blank) {
		/* the column was left free because a wide character did not fit */
		put_style(r, cell);
		put_char(r, 0x3000);
	} else {
		put_cell(r, row_get(row, last));
		strbuf_putc(r->out, ' ');
	}
	r->known = r->full = false;
	return blank ? 2 : 1;
}

static void put_rows(struct replay *r, const struct screen *screen)
{
	unsigned dirty = 0;
	bool continues = false;

	for (unsigned y = 0; y < r->vt->rows; y++) {
		const struct row *row = screen->line[y];

		put_row(r, row, y, dirty, continues);
		dirty = 0;
		continues = false;
		if (!row->wrapped || y + 1 == r->vt->rows)
			continue;
		if (r->full && r->y == y && row_get(screen->line[y + 1], 0).ch)
			continues = true;
		else
			dirty = force_wrap(r, row, y);
	}
}

/* ---- scrollback ---- */

static void put_old_line(struct replay *r, unsigned age, struct vt_cell *cells, bool last)
{
	unsigned cols = r->vt->cols, n;
	uint32_t fill = VT_COLOR_DEFAULT;
	bool wrapped = false;
	int len = scrollback_read(r->vt, age, cells, cols, &wrapped, &fill);

	n = len < 0 ? 0 : (unsigned)len < cols ? (unsigned)len : cols;
	for (unsigned x = 0; x < n; x++)
		if (cells[x].width != VT_WIDE_TAIL)
			put_cell(r, cells[x]);
	if (fill && n < cols) {
		put_style(r, blank_cell(fill));
		strbuf_puts(r->out, "\033[K");
	}
	if (wrapped && !last)
		return;
	put_style(r, (struct vt_cell){ 0 });
	strbuf_puts(r->out, "\r\n");
}

/* Print the old lines and push them all off the screen. */
static void put_scrollback(struct replay *r)
{
	unsigned count = r->vt->scrollback.count, push = r->vt->rows - 1;
	struct vt_cell cells[VT_COLS_MAX];

	if (count == 0)
		return;
	for (unsigned age = count; age-- > 0;)
		put_old_line(r, age, cells, age == 0);
	if (count < push)
		push = count;
	strbuf_printf(r->out, "\033[%u;1H", r->vt->rows);
	while (push--)
		strbuf_putc(r->out, '\n');
	strbuf_puts(r->out, "\033[H");
	r->known = false;
}

/* ---- character sets and cursors ---- */

static void put_charsets(struct replay *r, const struct charsets *charsets)
{
	for (unsigned i = 0; i < 4; i++)
		if (charsets->g[i] != CHARSET_ASCII)
			strbuf_printf(r->out, "\033%c%c", "()*+"[i],
				charset_final((enum charset)charsets->g[i]));
	if (charsets->gl)
		strbuf_puts(r->out, charsets->gl == 1	? "\016"
				    : charsets->gl == 2 ? "\033n"
							: "\033o");
}

static void put_single_shift(struct replay *r, const struct charsets *charsets)
{
	if (charsets->single)
		strbuf_puts(r->out, charsets->single == 2 ? "\033N" : "\033O");
}

static bool is_initial(const struct saved_cursor *saved)
{
	static const struct charsets none;
	static const struct vt_cell plain;

	return saved->x == 0 && saved->y == 0 && !saved->wrap_pending && !saved->origin &&
	       cells_are_equal(saved->pen, plain) && !memcmp(&saved->charsets, &none, sizeof(none));
}

/* On a blank screen, which is blank again afterwards. */
static void put_saved_cursor(struct replay *r, const struct saved_cursor *saved)
{
	unsigned last = r->vt->cols - 1;
	bool back_to_first = saved->wrap_pending && saved->x == 0 && last > 0;
	bool side_margin = saved->wrap_pending && saved->x != last && !back_to_first;

	if (is_initial(saved))
		return;
	if (saved->origin)
		strbuf_puts(r->out, "\033[?6h");
	if (side_margin)
		strbuf_printf(r->out, "\033[?69h\033[1;%us", saved->x + 1);
	r->known = false;
	move_to(r, back_to_first ? last : saved->x, saved->y);
	if (saved->wrap_pending)
		strbuf_putc(r->out, ' ');
	if (back_to_first)
		strbuf_printf(r->out, "\033[%uZ", r->vt->cols);
	put_style(r, saved->pen);
	put_charsets(r, &saved->charsets);
	put_single_shift(r, &saved->charsets);
	strbuf_puts(r->out, "\0337\033(B\033)B\033*B\033+B\017");
	/* a single shift ends with the next character */
	if (saved->charsets.single)
		strbuf_putc(r->out, ' ');
	if (side_margin)
		strbuf_puts(r->out, "\033[?69l");
	if (saved->origin)
		strbuf_puts(r->out, "\033[?6l");
	put_style(r, (struct vt_cell){ 0 });
	strbuf_puts(r->out, "\033[2J");
	r->known = false;
}

static bool is_blank(const struct vt *vt, const struct screen *screen)
{
	for (unsigned y = 0; y < vt->rows; y++)
		if (screen->line[y]->used || screen->line[y]->fill)
			return false;
	return true;
}

static void put_alternate(struct replay *r)
{
	struct vt *vt = r->vt;

	if (vt->screen != &vt->alt && is_blank(vt, &vt->alt) && is_initial(&vt->alt.saved))
		return;
	put_style(r, (struct vt_cell){ 0 });
	strbuf_puts(r->out, "\033[?47h");
	r->known = r->full = false;
	put_saved_cursor(r, &vt->alt.saved);
	put_rows(r, &vt->alt);
	if (vt->screen == &vt->main)
		strbuf_puts(r->out, "\033[?47l");
}

/* Whether CBT has moved the cursor away from the edge where a wrap is pending. */
static bool is_behind_tab(const struct vt *vt)
{
	return vt->wrap_pending && vt->x != cursor_edge(vt);
}

/* With the margins and origin mode that the terminal has by now. */
static void put_place(struct replay *r, unsigned x)
{
	const struct vt *vt = r->vt;
	bool origin = vt_mode(vt, MODE_ORIGIN);

	strbuf_printf(r->out, "\033[%u;%uH", vt->y + 1 - (origin ? vt->top : 0),
		x + 1 - (origin ? vt->left : 0));
}

/* Back from the edge by tab stops; put_tabs() has made one where the cursor is. */
static void put_back_tab(struct replay *r, unsigned edge)
{
	const struct vt *vt = r->vt;
	unsigned count = 1;

	for (unsigned x = vt->x + 1; x < edge; x++)
		count += tab_is_set(vt->tabs, x);
	strbuf_printf(r->out, "\033[%uZ", count);
	if (!tab_is_set(vt->tabs, vt->x))
		strbuf_puts(r->out, "\033[g");
}

static void put_pending_wrap(struct replay *r)
{
	const struct vt *vt = r->vt;
	bool origin = vt_mode(vt, MODE_ORIGIN);
	const struct row *row = vt->screen->line[vt->y];
	unsigned edge = cursor_edge(vt), line, column;
	struct vt_cell cell = row_get(row, edge);

	if (cell.width == VT_WIDE_TAIL) {
		put_place(r, edge - 1);
		put_cell(r, row_get(row, edge - 1));
	} else {
		put_place(r, edge);
		put_cell(r, cell);
		line = vt->y + 1 - (origin ? vt->top : 0);
		column = edge + 1 - (origin ? vt->left : 0);
		if (!cell.ch)
			strbuf_printf(r->out, "\033[%u;%u;%u;%u$z", line, column, line, column);
	}
	if (is_behind_tab(vt))
		put_back_tab(r, edge);
	/* on as it is: REP is not to repeat this */
	strbuf_puts(r->out, "\033[?7h");
}

static void put_cursor(struct replay *r)
{
	unsigned x = r->vt->x;

	if (r->vt->repeatable && print_find_base(r->vt, &x))
		put_place(r, x);
	else if (r->vt->wrap_pending)
		put_pending_wrap(r);
	else
		put_place(r, x);
}

/* The byte that @charsets map to @c; 0: none. */
static uint8_t byte_for(const struct charsets *charsets, uint32_t c)
{
	for (uint8_t byte = 0x20; byte < 0x7f; byte++)
		if (charset_map(charsets, byte) == c)
			return byte;
	return 0;
}

/* As the guest has sent it: by a character set, perhaps with a single shift, or as UTF-8. */
static void put_as_typed(struct replay *r, uint32_t c)
{
	struct charsets charsets = r->vt->charsets;
	uint8_t byte = byte_for(&charsets, c);

	for (charsets.single = 2; !byte && charsets.single < 4; charsets.single++) {
		byte = byte_for(&charsets, c);
		if (byte)
			put_single_shift(r, &charsets);
	}
	if (byte)
		strbuf_putc(r->out, (char)byte);
	else if (r->vt->parser.utf8_off)
		strbuf_putc(r->out, (char)c);
	else
		put_char(r, c);
}

/* The last character once more, in the state that it was printed in. */
static void put_repeatable(struct replay *r)
{
	struct vt *vt = r->vt;
	uint32_t chars[VT_CLUSTER_MAX];
	struct vt_cell cell;
	unsigned x, n;

	if (!vt->repeatable || !print_find_base(vt, &x))
		return;
	cell = row_get(vt->screen->line[vt->y], x);
	if (vt_mode(vt, MODE_INSERT))
		strbuf_printf(r->out, "\033[%dP", cell.width == VT_WIDE ? 2 : 1);
	n = vt_cluster(vt, (uint32_t)cell.ch, chars);
	for (unsigned i = 0; i < n; i++)
		put_as_typed(r, chars[i]);
}

/* ---- settings ---- */

static void put_palette(struct replay *r)
{
	const struct vt *vt = r->vt;

	for (unsigned slot = 0; slot < VT_SLOT_COUNT; slot++) {
		uint32_t rgb = vt->palette[slot];

		if (rgb == vt->default_palette[slot])
			continue;
		if (slot < 256)
			strbuf_printf(r->out, "\033]4;%u;", slot);
		else
			strbuf_printf(r->out, "\033]%u;", 10 + slot - VT_SLOT_FG);
		strbuf_printf(
			r->out, "rgb:%02x/%02x/%02x\033\\", rgb >> 16, rgb >> 8 & 255, rgb & 255);
	}
}

static void put_title(struct replay *r, const char *text, const char *icon)
{
	if (text && icon && !strcmp(text, icon)) {
		strbuf_printf(r->out, "\033]0;%s\033\\", text);
		return;
	}
	if (text)
		strbuf_printf(r->out, "\033]2;%s\033\\", text);
	if (icon)
		strbuf_printf(r->out, "\033]1;%s\033\\", icon);
}

static void put_titles(struct replay *r)
{
	const struct vt *vt = r->vt;

	for (unsigned i = 0; i < vt->title_count; i++) {
		const struct title *title = &vt->title_stack[i];

		put_title(r, title->text, title->icon);
		strbuf_printf(r->out, "\033[22;%dt", !title->icon ? 2 : !title->text ? 1 : 0);
	}
	if (vt->title_count || *vt->title.text || *vt->title.icon)
		put_title(r, vt->title.text, vt->title.icon);
}

/* Also where put_back_tab() needs one. */
static bool is_stop(const struct vt *vt, unsigned x)
{
	return tab_is_set(vt->tabs, x) || (x > 0 && x == vt->x && is_behind_tab(vt));
}

static void put_tabs(struct replay *r)
{
	const struct vt *vt = r->vt;
	bool usual = true;

	for (unsigned x = 0; x < vt->cols; x++)
		usual = usual && is_stop(vt, x) == (x > 0 && x % 8 == 0);
	if (usual)
		return;
	strbuf_puts(r->out, "\033[3g");
	for (unsigned x = 0; x < vt->cols; x++)
		if (is_stop(vt, x))
			strbuf_printf(r->out, "\033[%uG\033H", x + 1);
	strbuf_puts(r->out, "\033[H");
}

static void put_mode(struct replay *r, const struct mode_number *mode, bool on)
{
	strbuf_printf(
		r->out, "\033[%s%d%c", mode->private ? "?" : "", mode->number, on ? 'h' : 'l');
}

/* Those that do more than set a bit are sent at their own time. */
static bool is_sent_apart(enum mode mode)
{
	return mode == MODE_ORIGIN || mode == MODE_MARGINS || mode == MODE_COLUMNS_132;
}

static void put_modes(struct replay *r, unsigned flags)
{
	const struct vt *vt = r->vt;
	uint64_t sent = 0;
	unsigned count;
	const struct mode_number *modes = mode_numbers(&count);

	for (unsigned i = 0; i < count; i++) {
		enum mode mode = modes[i].mode;
		bool now = vt_mode(vt, mode), initial = MODES_INITIAL >> mode & 1;

		if (sent & MODE_BIT(mode) || is_sent_apart(mode) ||
			(mode == MODE_FOCUS && flags & VT_REPLAY_NO_MOUSE))
			continue;
		sent |= MODE_BIT(mode);
		if (now != initial)
			put_mode(r, &modes[i], now);
	}
}

/* What XTSAVE has kept, if it is not what it kept at first. */
static void put_saved_modes(struct replay *r)
{
	unsigned count;
	const struct mode_number *modes = mode_numbers(&count);

	for (unsigned i = 0; i < count; i++) {
		bool initial = MODES_INITIAL >> modes[i].mode & 1;

		if (!modes[i].private || (r->vt->saved_modes >> modes[i].mode & 1) == initial)
			continue;
		put_mode(r, &modes[i], !initial);
		strbuf_printf(r->out, "\033[?%ds", modes[i].number);
		put_mode(r, &modes[i], initial);
	}
}

/* DECCOLM clears the screen, so it comes first. */
static void put_columns_mode(struct replay *r)
{
	if (vt_mode(r->vt, MODE_COLUMNS_132))
		strbuf_puts(r->out, "\033[?40h\033[?3h\033[?40l");
}

static void put_margins(struct replay *r)
{
	const struct vt *vt = r->vt;

	if (vt->top != 0 || vt->bottom != vt->rows - 1)
		strbuf_printf(r->out, "\033[%u;%ur", vt->top + 1, vt->bottom + 1);
	if (vt_mode(vt, MODE_MARGINS)) {
		strbuf_puts(r->out, "\033[?69h");
		if (vt->left != 0 || vt->right != vt->cols - 1)
			strbuf_printf(r->out, "\033[%u;%us", vt->left + 1, vt->right + 1);
	}
	if (vt_mode(vt, MODE_ORIGIN))
		strbuf_puts(r->out, "\033[?6h");
}

static void put_mouse(struct replay *r)
{
	static const int modes[] = { 0, 9, 1000, 1002, 1003 };
	static const int encodings[] = { 0, 1005, 1006, 1015, 1016 };

	if (r->vt->mouse_mode)
		strbuf_printf(r->out, "\033[?%dh", modes[r->vt->mouse_mode]);
	if (r->vt->mouse_encoding)
		strbuf_printf(r->out, "\033[?%dh", encodings[r->vt->mouse_encoding]);
}

static void put_settings(struct replay *r, unsigned flags)
{
	const struct vt *vt = r->vt;

	put_charsets(r, &vt->charsets);
	if (vt->cursor_shape != VT_CURSOR_BLOCK)
		strbuf_printf(r->out, "\033[%d q", 2 * (int)vt->cursor_shape + 1);
	put_modes(r, flags);
	if (!(flags & VT_REPLAY_NO_MOUSE))
		put_mouse(r);
	if (vt->modify_other_keys)
		strbuf_printf(r->out, "\033[>4;%um", vt->modify_other_keys);
	if (vt->rectangle_extent)
		strbuf_puts(r->out, "\033[2*x");
	put_style(r, vt->pen);
	put_single_shift(r, &vt->charsets);
	if (vt->parser.utf8_off)
		strbuf_puts(r->out, "\033%@");
}

int vt_replay(struct vt *vt, struct strbuf *out, unsigned flags)
{
	struct replay r = { .vt = vt, .out = out };
	size_t before = out->len;

	if (!(flags & VT_REPLAY_NO_RESET))
		strbuf_puts(out, "\033c");
	put_columns_mode(&r);
	put_palette(&r);
	if (!(flags & VT_REPLAY_NO_TITLE))
		put_titles(&r);
	put_tabs(&r);
	put_saved_modes(&r);
	if (flags & VT_REPLAY_SCROLLBACK)
		put_scrollback(&r);
	put_saved_cursor(&r, &vt->main.saved);
	put_rows(&r, &vt->main);
	put_alternate(&r);
	put_margins(&r);
	put_cursor(&r);
	put_settings(&r, flags);
	put_repeatable(&r);
	if (!out->failed)
		return 0;
	out->len = before;
	return -ENOMEM;
}
