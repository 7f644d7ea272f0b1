/* SPDX-License-Identifier: MIT */
#include "vt/replay-impl.h"
#include "vt/cluster.h"
#include "vt/scrollback.h"
#include "vt/sgr.h"
#include "vt/style.h"
#include "vt/width.h"

/*
 * Cells as bytes.
 *
 * On a terminal of the engine's size a row is printed from the left, and "this row goes on in the
 * next one" is told by letting the terminal wrap: the next row's first character is printed when
 * the row is full; where the text does not do that by itself, a dummy does and is painted over.
 *
 * On any other every row stands for itself and is cut off at the right. Where the size is not
 * known, a terminal that is too narrow puts all that is too far to the right into its last column,
 * one over the other, since autowrap is off. So a long row is printed once for whoever reads along,
 * and then its end once more: without a few columns, for which room is made afterwards. That pushes
 * what is wrong out at the right. It is right on every terminal of NARROWEST_COLS or more.
 */
enum {
	NARROWEST_COLS = 20, /* of a terminal whose size is not known */
	AGAIN_COLS = 15,     /* from where on the end of a row is printed again */
	ROOM_COLS = 3,	     /* also a wide character that did not fit is to go out */
};

/* ---- styles and characters ---- */

static void put_link(struct replay *r, unsigned link)
{
	const char *uri = vt_link_uri(r->vt, link), *id = link_id(r->vt, link);

	if (uri)
		strbuf_printf(r->out, "\033]8;%s%s;%s\033\\", *id ? "id=" : "", id, uri);
	else
		strbuf_puts(r->out, "\033]8;;\033\\");
}

void replay_style(struct replay *r, struct vt_cell style)
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

void replay_char(struct replay *r, uint32_t c)
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

/* The terminal's cursor has gone on by what was printed. */
static void advance(struct replay *r, unsigned cols)
{
	r->x += cols;
	r->full = r->x >= r->vt->cols;
	r->known = !r->full;
}

/* The first character alone, lest it join the cell before. */
void replay_cell(struct replay *r, struct vt_cell cell)
{
	uint32_t chars[VT_CLUSTER_MAX];
	unsigned n = vt_cluster(r->vt, (uint32_t)cell.ch, chars);
	bool graphemes = needs_graphemes(&cell, chars, n);

	replay_style(r, cell);
	replay_char(r, n ? chars[0] : ' ');
	if (graphemes)
		strbuf_puts(r->out, "\033[?2027h");
	for (unsigned i = 1; i < n; i++)
		replay_char(r, chars[i]);
	if (graphemes)
		strbuf_puts(r->out, "\033[?2027l");
	advance(r, cell.width == VT_WIDE ? 2 : 1);
}

/* What most text is: printable ASCII in the present style. Return: of how many cells, at @text. */
static unsigned plain_text(
	const struct replay *r, const struct vt_cell *cells, unsigned n, char *text)
{
	struct vt_cell same = r->pen;

	for (unsigned i = 0; i < n; i++) {
		same.ch = cells[i].ch;
		if (same.ch < ' ' || same.ch > '~' || !cells_are_equal(cells[i], same))
			return i;
		text[i] = (char)same.ch;
	}
	return n;
}

/* ---- rows ---- */

static void go_to_column(struct replay *r, unsigned x)
{
	if (r->known && r->x == x)
		return;
	if (x == 0)
		strbuf_putc(r->out, '\r');
	else if (r->known && x > r->x)
		strbuf_printf(r->out, "\033[%uC", x - r->x);
	else
		strbuf_printf(r->out, "\033[%uG", x - r->offset + 1);
	r->x = x;
	r->known = true;
	r->full = false;
}

/* The next row; a scrolled one must come in without colour. */
static void go_down(struct replay *r)
{
	if (r->pen.bg)
		replay_plain(r);
	strbuf_puts(r->out, "\r\n");
	r->y++;
	r->x = 0;
	r->known = true;
	r->full = false;
}

/* Blank columns @x..@end-1, all alike; on a fresh row those without colour are there already. */
static void put_blanks(struct replay *r, unsigned x, unsigned end, struct vt_cell blank, bool fresh)
{
	if (fresh && !blank.bg)
		return;
	go_to_column(r, x);
	replay_style(r, blank);
	if (r->exact && end == r->vt->cols)
		strbuf_puts(r->out, "\033[K");
	else
		strbuf_printf(r->out, "\033[%uX", end - x);
}

/*
 * Columns @first..@end-1.
 * @dirty: the first columns are not blank on the terminal
 * @continues: the terminal's cursor waits at the end of the row before to go on here
 */
static void put_columns(struct replay *r, const struct row *row, unsigned first, unsigned end,
	unsigned dirty, bool continues)
{
	unsigned x = first, next;

	while (x < end) {
		struct vt_cell cell = row_get(row, x);

		if (cell.ch) {
			if (continues && x == 0)
				r->x = 0;
			else
				go_to_column(r, x);
			replay_cell(r, cell);
			x += cell.width == VT_WIDE ? 2 : 1;
			continue;
		}
		for (next = x + 1; next < end; next++)
			if ((next < dirty) != (x < dirty) ||
				!cells_are_equal(row_get(row, next), cell))
				break;
		put_blanks(r, x, next, cell, x >= dirty);
		x = next;
	}
}

/* Columns up to the last one that is not plain blank. */
static unsigned row_len(const struct vt *vt, const struct row *row)
{
	static const struct vt_cell blank;
	unsigned len = row->used;

	if (row->fill)
		return vt->cols;
	while (len > 0 && cells_are_equal(row->cells[len - 1], blank))
		len--;
	return len;
}

unsigned replay_used_rows(const struct vt *vt, const struct screen *screen)
{
	unsigned rows = vt->rows;

	while (rows > 0 && row_len(vt, screen->line[rows - 1]) == 0 &&
		!screen->line[rows - 1]->wrapped && !screen->line[rows - 1]->size)
		rows--;
	return rows;
}

/* @x, or the column behind it if a wide character would be cut. */
static unsigned whole_column(const struct row *row, unsigned x)
{
	return row_get(row, x).width == VT_WIDE_TAIL ? x + 1 : x;
}

/* The end of a row again; see above. */
static void put_end_again(struct replay *r, const struct row *row, unsigned len)
{
	unsigned from = whole_column(row, AGAIN_COLS), next = whole_column(row, from + ROOM_COLS);

	r->known = false;
	go_to_column(r, from);
	replay_plain(r);
	strbuf_puts(r->out, "\033[K");
	r->offset = next - from;
	r->x = next;
	put_columns(r, row, next, len, 0, false);
	r->offset = 0;
	r->known = false;
	go_to_column(r, from);
	replay_plain(r);
	strbuf_printf(r->out, "\033[%u@", next - from);
	put_columns(r, row, from, next, 0, false);
}

/* After its text, of which more may be there than is seen. */
static void put_size(struct replay *r, const struct row *row)
{
	if (!row->size)
		return;
	strbuf_printf(r->out, "\033#%c", "5346"[row->size]);
	r->known = r->full = false;
}

/* A row that stands for itself, cut where the terminal ends. */
static void put_row_alone(struct replay *r, const struct row *row)
{
	unsigned len = row_len(r->vt, row);

	if (r->cols && len > r->cols)
		len = row_get(row, r->cols).width == VT_WIDE_TAIL ? r->cols - 1 : r->cols;
	put_columns(r, row, 0, len, 0, false);
	if (!r->cols && len >= NARROWEST_COLS)
		put_end_again(r, row, len);
	put_size(r, row);
}

/*
 * Make the terminal believe that the row goes on in the next one, by printing what is not there.
 * Return: how many columns of the next row are not blank now.
 */
static unsigned force_wrap(struct replay *r, const struct row *row)
{
	unsigned last = r->vt->cols - 1;
	struct vt_cell cell = row_get(row, last);
	bool blank = !cell.ch && cell.width != VT_WIDE_TAIL;

	if (cell.width == VT_WIDE_TAIL)
		last--;
	r->known = false;
	go_to_column(r, last);
	if (blank) {
		/* the column was left free because a wide character did not fit */
		replay_style(r, cell);
		replay_char(r, 0x3000);
	} else {
		replay_cell(r, row_get(row, last));
		strbuf_putc(r->out, ' ');
	}
	r->y++;
	r->known = r->full = false;
	return blank ? 2 : 1;
}

static void put_exact_rows(struct replay *r, const struct screen *screen, unsigned rows)
{
	unsigned dirty = 0;
	bool continues = false;

	for (unsigned y = 0; y < rows; y++) {
		const struct row *row = screen->line[y];

		if (r->y < y && !continues)
			go_down(r);
		put_columns(r, row, 0, r->vt->cols, dirty, continues);
		put_size(r, row);
		r->y = y;
		dirty = 0;
		continues = false;
		if (!row->wrapped || y + 1 == r->vt->rows)
			continue;
		if (r->full && row_get(screen->line[y + 1], 0).ch)
			continues = true;
		else
			dirty = force_wrap(r, row);
	}
}

void replay_screen(struct replay *r, const struct screen *screen, unsigned rows)
{
	r->x = r->y = 0;
	r->known = true;
	r->full = false;
	if (r->exact) {
		/* what makes the last one go on is to be painted over */
		if (rows > 0 && screen->line[rows - 1]->wrapped)
			rows++;
		put_exact_rows(r, screen, rows);
		return;
	}
	if (!r->cols)
		strbuf_puts(r->out, "\033[?7l");
	for (unsigned y = 0; y < rows; y++) {
		if (y > 0)
			go_down(r);
		put_row_alone(r, screen->line[y]);
	}
	if (!r->cols)
		strbuf_puts(r->out, "\033[?7h");
}

void replay_screen_upwards(struct replay *r, const struct screen *screen, unsigned rows)
{
	if (!r->cols)
		strbuf_puts(r->out, "\033[?7l");
	for (unsigned y = rows; y-- > 0;) {
		if (r->rows && y >= r->rows)
			continue;
		/* lines that the terminal does not have all fell onto its last one */
		replay_plain(r);
		strbuf_printf(r->out, "\033[%u;1H\033[K", y + 1);
		r->x = 0;
		r->known = true;
		r->full = false;
		put_row_alone(r, screen->line[y]);
	}
	if (!r->cols)
		strbuf_puts(r->out, "\033[?7h");
}

/* ---- history ---- */

/**
 * struct old_line - one of the scrollback: a part of what was wrapped
 * @n:       columns that are not blank in @fill up to the end
 * @wrapped: the next one, or the screen, goes on with it
 * @tinted:  on the terminal it was wrapped into, and may have another background
 */
struct old_line {
	struct vt_cell cells[VT_COLS_MAX];
	unsigned n;
	uint32_t fill;
	bool wrapped, tinted;
};

static void read_old_line(const struct replay *r, unsigned age, struct old_line *line)
{
	int len =
		scrollback_read(r->vt, age, line->cells, r->vt->cols, &line->wrapped, &line->fill);

	line->n = len < 0 ? 0 : (unsigned)len < r->vt->cols ? (unsigned)len : r->vt->cols;
}

/*
 * Blanks within a line, which no spaces were: on a fresh one the cursor goes over them, which it
 * can do unless they are the last. Return: how many from @x on.
 */
static unsigned put_old_blanks(struct replay *r, const struct old_line *line, unsigned x)
{
	struct vt_cell blank = blank_cell(line->cells[x].bg);
	unsigned end = x;

	while (end < line->n && cells_are_equal(line->cells[end], blank))
		end++;
	if (end == x)
		return 0;
	if (end == r->vt->cols || !(r->flags & VT_REPLAY_FRESH)) {
		replay_style(r, blank);
		strbuf_printf(r->out, "%*s", (int)(end - x), "");
		return end - x;
	}
	if (blank.bg || line->tinted) {
		replay_style(r, blank);
		strbuf_printf(r->out, "\033[%uX", end - x);
	}
	strbuf_printf(r->out, "\033[%uC", end - x);
	return end - x;
}

static void put_old_text(struct replay *r, const struct old_line *line)
{
	char text[VT_COLS_MAX];

	for (unsigned x = 0, run; x < line->n; x += run) {
		run = plain_text(r, line->cells + x, line->n - x, text);
		if (run) {
			strbuf_append(r->out, text, run);
			advance(r, run);
			continue;
		}
		run = put_old_blanks(r, line, x);
		if (run)
			continue;
		run = 1;
		if (line->cells[x].width != VT_WIDE_TAIL)
			replay_cell(r, line->cells[x]);
	}
}

/* On a fresh one. What makes the terminal wrap goes at once. */
static void wrap_old_line(struct replay *r, const struct old_line *line)
{
	unsigned last = r->vt->cols - 1;

	replay_plain(r);
	if (line->n < last)
		strbuf_printf(r->out, "\033[%uC", last - line->n);
	if (line->n <= last)
		replay_char(r, 0x3000); /* left free because a wide character did not fit */
	else
		strbuf_putc(r->out, ' ');
	strbuf_puts(r->out, "\r\033[K");
}

static void end_old_line(struct replay *r, const struct old_line *line)
{
	if (line->wrapped && r->flags & VT_REPLAY_FRESH) {
		wrap_old_line(r, line);
		return;
	}
	replay_plain(r);
	strbuf_puts(r->out, "\r\n");
}

/* Does it wrap there by itself when that is printed next. */
static bool wraps_into(const struct replay *r, const struct old_line *line, struct vt_cell next)
{
	return line->wrapped &&
	       (!(r->flags & VT_REPLAY_FRESH) || (line->n == r->vt->cols && next.ch));
}

static void put_old_fill(struct replay *r, const struct old_line *line)
{
	if ((!line->fill && !line->tinted) || line->n == r->vt->cols || r->cols < r->vt->cols)
		return;
	replay_style(r, blank_cell(line->fill));
	strbuf_printf(r->out, "\033[%uX", r->vt->cols - line->n);
}

void replay_history(struct replay *r)
{
	struct old_line lines[2] = { 0 }, *line = &lines[0], *next = &lines[1];
	unsigned count = r->vt->scrollback.count;

	if (count)
		read_old_line(r, count - 1, line);
	for (unsigned age = count; age-- > 0;) {
		struct old_line *done = line;
		bool goes_on = false;

		if (age > 0) {
			read_old_line(r, age - 1, next);
			goes_on = wraps_into(
				r, line, next->n ? next->cells[0] : (struct vt_cell){ 0 });
		}
		put_old_text(r, line);
		put_old_fill(r, line);
		if (!goes_on)
			end_old_line(r, line);
		/* what wraps at the bottom gives its row the background that it has itself */
		next->tinted = goes_on && next->cells[0].bg;
		line = next;
		next = done;
	}
}
