/* SPDX-License-Identifier: MIT */
#include "vt/replay-impl.h"
#include "vt/charset.h"
#include "vt/cluster.h"
#include "vt/cursor.h"
#include "vt/print.h"
#include "vt/scrollback.h"
#include "vt/sgr.h"
#include "vt/style.h"

#include <errno.h>

/*
 * The state as bytes for another terminal.
 *
 * Order matters: what needs the cursor or prints (saved cursors, tab stops, both screens) comes
 * first, with margins, modes and character sets still as after a reset; then what limits the cursor
 * (margins, origin mode); then the cursor; then what does not move it any more.
 *
 * Some things can only be reached by printing. A pending wrap: the character at the edge is printed
 * once more, or a space and DECERA where there is none; CBT goes where it had gone. That REP would
 * repeat the last character: it is printed once more, after everything else; only on a terminal of
 * the same size, as on others it may be elsewhere. A saved cursor with a pending wrap is saved
 * before anything is drawn.
 *
 * A terminal that is in use is not reset: RIS would take its scrollback. Instead all is put back
 * that drawing depends on, and all that the guest has ever changed; what it has not is the viewer's
 * own. What stands on it is pushed into its scrollback, then come our old lines and the notice, and
 * are pushed after it, so that the notice stands right above the first row.
 *
 * How large it is may be unknown, and so from where a line feed scrolls. So the terminal is given a
 * bottom margin where our last row is. If it has more rows, those below stay blank, also later:
 * what scrolls in the guest scrolls there. If it has fewer, it ignores the margin; of the main
 * screen it then shows the end, where a shell works, and the rest is in its scrollback; of the
 * alternate one, whose programs count from the top, the upper left part.
 */

static bool is_fresh(const struct replay *r)
{
	return r->flags & VT_REPLAY_FRESH;
}

/* May the terminal have more rows than we? */
static bool may_be_higher(const struct replay *r)
{
	return r->rows == 0 || r->rows > r->vt->rows;
}

/* Return: modes that the guest has ever changed. */
static uint64_t touched_modes(const struct vt *vt)
{
	return vt->touched_modes | (vt->modes ^ MODES_INITIAL);
}

static void put_lines(struct replay *r, unsigned n)
{
	while (n-- > 0)
		strbuf_putc(r->out, '\n');
}

/* ---- a terminal in use ---- */

/* The state that the rest counts on; VT_ABORT is first, lest it is taken for part of a string. */
static void put_reset(struct replay *r)
{
	const struct vt *vt = r->vt;

	strbuf_puts(r->out, VT_ABORT);
	if (vt->touched & TOUCHED_LEVEL)
		strbuf_puts(r->out, "\033[64;1\"p");
	/* the alternate screen is entered before it is left: minicom 2.8 ends with SIGSEGV else */
	strbuf_puts(r->out, "\033%G\033[?47h\033[?47l\033[?69l\033[r\033[?6l\033[4l\033[20l"
			    "\033[?7h\033(B\033)B\017\033[m");
	if (touched_modes(vt) & MODE_BIT(MODE_GRAPHEMES))
		strbuf_puts(r->out, "\033[?2027l");
	if (vt->links.used)
		strbuf_puts(r->out, "\033]8;;\033\\");
	if (vt->touched & TOUCHED_RARE)
		strbuf_puts(r->out, "\033*B\033+B\033[\"q\033[*x\033[>4m");
	if (vt->touched & TOUCHED_MOUSE)
		strbuf_puts(r->out, "\033[?9;1000;1002;1003l\033[?1005;1006;1015;1016l");
	if (vt->touched & TOUCHED_PALETTE)
		strbuf_puts(r->out, "\033]104\033\\\033]105\033\\\033]110\033\\"
				    "\033]111\033\\\033]112\033\\");
}

/* It ends with the next character, which is printed at the start of a blank row and taken away. */
static void end_single_shift(struct replay *r)
{
	if (r->vt->touched & TOUCHED_RARE)
		strbuf_puts(r->out, " \r\033[K");
}

/* Let only the rows scroll that we have too, and blank the others. */
static void put_bottom(struct replay *r)
{
	unsigned rows = r->vt->rows;

	if (r->rows > rows) {
		/* what is below goes up first, so that it is not lost */
		strbuf_printf(r->out, "\033[%u;1H", r->rows);
		put_lines(r, r->rows - rows);
	}
	if (may_be_higher(r))
		strbuf_printf(r->out, "\033[1;%ur", rows);
	/* a terminal that is not higher blanks its last row: that is to be one that may go */
	strbuf_printf(r->out, "\033[%u;1H\n", rows);
	if (may_be_higher(r))
		strbuf_printf(r->out, "\033[%u;1H\033[J\033[%u;1H", rows + 1, rows);
	end_single_shift(r);
}

/* Push up what is there, then what comes before the screen. */
static void put_above(struct replay *r, const char *notice)
{
	unsigned rows = r->rows && r->rows < r->vt->rows ? r->rows : r->vt->rows;

	put_bottom(r);
	if (r->flags & VT_REPLAY_HISTORY)
		replay_history(r);
	if (notice)
		strbuf_printf(r->out, "%s\r\n", notice);
	put_lines(r, rows - 1);
}

/* Blank what is there; from the second row on, since some keep what "erase all" takes. */
static void put_clear(struct replay *r)
{
	if (may_be_higher(r))
		strbuf_printf(r->out, "\033[1;%ur", r->vt->rows);
	strbuf_puts(r->out, "\033[2;1H\033[J\033[H\033[K");
	if (r->vt->touched & TOUCHED_LINES)
		strbuf_puts(r->out, "\033#5");
	end_single_shift(r);
}

/*
 * On a fresh one there is nothing to push: print from the top, then push just that. The alternate
 * screen, if it has something, has left the cursor elsewhere.
 */
static void put_fresh_history(struct replay *r)
{
	unsigned count = r->vt->scrollback.count, most = r->vt->rows - 1;

	strbuf_puts(r->out, "\033[H");
	replay_history(r);
	strbuf_printf(r->out, "\033[%u;1H", r->vt->rows);
	put_lines(r, count < most ? count : most);
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

	if (is_initial(saved)) {
		if (!is_fresh(r))
			strbuf_puts(r->out, "\033[H\0337");
		return;
	}
	if (saved->origin)
		strbuf_puts(r->out, "\033[?6h");
	if (side_margin)
		strbuf_printf(r->out, "\033[?69h\033[1;%us", saved->x + 1);
	strbuf_printf(r->out, "\033[%u;%uH", saved->y + 1, (back_to_first ? last : saved->x) + 1);
	if (saved->wrap_pending)
		strbuf_putc(r->out, ' ');
	if (back_to_first)
		strbuf_printf(r->out, "\033[%uZ", r->vt->cols);
	replay_style(r, saved->pen);
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
	replay_plain(r);
	strbuf_puts(r->out, "\033[2J");
}

static bool is_shown(const struct vt *vt, const struct screen *screen)
{
	return vt->screen == screen;
}

static void put_main(struct replay *r)
{
	const struct vt *vt = r->vt;
	unsigned rows = replay_used_rows(vt, &vt->main);

	if (!is_fresh(r))
		put_saved_cursor(r, &vt->main.saved);
	if (is_shown(vt, &vt->main) && rows <= vt->y)
		rows = vt->y + 1;
	strbuf_puts(r->out, "\033[H");
	replay_screen(r, &vt->main, rows);
}

static void put_alternate(struct replay *r)
{
	const struct vt *vt = r->vt;
	unsigned rows = replay_used_rows(vt, &vt->alt);
	bool shown = is_shown(vt, &vt->alt), unused = rows == 0 && is_initial(&vt->alt.saved);

	if (!shown && unused && (is_fresh(r) || !(vt->touched & TOUCHED_ALTERNATE)))
		return;
	replay_plain(r);
	strbuf_puts(r->out, "\033[?47h");
	if (!is_fresh(r)) {
		strbuf_puts(r->out, "\033[2J\033[H");
		end_single_shift(r);
	}
	put_saved_cursor(r, &vt->alt.saved);
	if (r->exact) {
		strbuf_puts(r->out, "\033[H");
		replay_screen(r, &vt->alt, rows);
	} else {
		replay_screen_upwards(r, &vt->alt, rows);
	}
	if (shown)
		return;
	replay_plain(r);
	strbuf_puts(r->out, "\033[?47l");
}

/*
 * Has the cursor moved only by what was printed since the top of the main screen? Then it is told
 * from there, which is right also where the first rows have left a terminal that has fewer.
 */
static bool is_cursor_relative(const struct replay *r)
{
	const struct vt *vt = r->vt;

	return !r->exact && is_shown(vt, &vt->main) && vt->top == 0 && vt->bottom == vt->rows - 1 &&
	       !(vt->modes & (MODE_BIT(MODE_MARGINS) | MODE_BIT(MODE_ORIGIN)));
}

/* Whether CBT has moved the cursor away from the edge where a wrap is pending. */
static bool is_behind_tab(const struct vt *vt)
{
	return vt->wrap_pending && vt->x != cursor_edge(vt);
}

/* Column @x of the cursor's row, with the margins and origin mode that the terminal has by now. */
static void put_place(struct replay *r, unsigned x)
{
	const struct vt *vt = r->vt;
	bool origin = vt_mode(vt, MODE_ORIGIN);

	if (is_cursor_relative(r)) {
		strbuf_putc(r->out, '\r');
		if (r->y > vt->y)
			strbuf_printf(r->out, "\033[%uA", r->y - vt->y);
		if (x > 0)
			strbuf_printf(r->out, "\033[%uC", x);
		return;
	}
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

	if (!cell.ch && cell.width != VT_WIDE_TAIL && !r->exact) {
		put_place(r, vt->x);
		return;
	}
	if (cell.width == VT_WIDE_TAIL) {
		put_place(r, edge - 1);
		replay_cell(r, row_get(row, edge - 1));
	} else {
		put_place(r, edge);
		replay_cell(r, cell);
		line = vt->y + 1 - (origin ? vt->top : 0);
		column = edge + 1 - (origin ? vt->left : 0);
		if (!cell.ch)
			strbuf_printf(r->out, "\033[%u;%u;%u;%u$z", line, column, line, column);
	}
	if (is_behind_tab(vt))
		put_back_tab(r, edge);
	/* on as it is: REP is not to repeat this */
	if (r->exact)
		strbuf_puts(r->out, "\033[?7h");
}

static void put_cursor(struct replay *r)
{
	unsigned x = r->vt->x;

	if (r->exact && r->vt->repeatable && print_find_base(r->vt, &x))
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
		replay_char(r, c);
}

/* The last character once more, in the state that it was printed in. */
static void put_repeatable(struct replay *r)
{
	struct vt *vt = r->vt;
	uint32_t chars[VT_CLUSTER_MAX];
	struct vt_cell cell;
	unsigned x, n;

	if (!r->exact || !vt->repeatable || !print_find_base(vt, &x))
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
		else if (slot >= VT_SLOT_SPECIAL)
			strbuf_printf(r->out, "\033]5;%u;", slot - VT_SLOT_SPECIAL);
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
	bool usual = is_fresh(r) || !(vt->touched & TOUCHED_TABS);

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
	if (mode->mode == MODE_KEYPAD) {
		strbuf_puts(r->out, on ? "\033=" : "\033>");
		return;
	}
	strbuf_printf(
		r->out, "\033[%s%d%c", mode->private ? "?" : "", mode->number, on ? 'h' : 'l');
}

/* Those that do more than set a bit are sent at their own time. */
static bool is_sent_apart(enum mode mode)
{
	return mode == MODE_ORIGIN || mode == MODE_MARGINS || mode == MODE_COLUMNS_132;
}

static void put_modes(struct replay *r)
{
	const struct vt *vt = r->vt;
	uint64_t sent = 0, wanted = is_fresh(r) ? vt->modes ^ MODES_INITIAL : touched_modes(vt);
	unsigned count;
	const struct mode_number *modes = mode_numbers(&count);

	for (unsigned i = 0; i < count; i++) {
		enum mode mode = modes[i].mode;

		if (sent & MODE_BIT(mode) || !(wanted & MODE_BIT(mode)) || is_sent_apart(mode))
			continue;
		sent |= MODE_BIT(mode);
		put_mode(r, &modes[i], vt_mode(vt, mode));
	}
}

/* What XTSAVE has kept, if it is not what it kept at first. */
static void put_saved_modes(struct replay *r)
{
	const struct vt *vt = r->vt;
	uint64_t wanted = vt->saved_modes ^ MODES_INITIAL;
	unsigned count;
	const struct mode_number *modes = mode_numbers(&count);

	if (!is_fresh(r))
		wanted |= vt->touched_saved;
	for (unsigned i = 0; i < count; i++) {
		if (!modes[i].private || !(wanted & MODE_BIT(modes[i].mode)))
			continue;
		put_mode(r, &modes[i], vt->saved_modes >> modes[i].mode & 1);
		strbuf_printf(r->out, "\033[?%ds", modes[i].number);
		put_mode(r, &modes[i], MODES_INITIAL >> modes[i].mode & 1);
	}
}

/* DECCOLM clears the screen, so it comes first. */
static void put_columns_mode(struct replay *r)
{
	bool on = vt_mode(r->vt, MODE_COLUMNS_132);

	if (on || (!is_fresh(r) && r->vt->touched_modes & MODE_BIT(MODE_COLUMNS_132)))
		strbuf_printf(r->out, "\033[?40h\033[?3%c\033[?40l", on ? 'h' : 'l');
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

static void put_settings(struct replay *r)
{
	const struct vt *vt = r->vt;

	put_charsets(r, &vt->charsets);
	if (vt->cursor_shape != VT_CURSOR_BLOCK)
		strbuf_printf(r->out, "\033[%d q", 2 * (int)vt->cursor_shape + 1);
	else if (!is_fresh(r) && vt->touched & TOUCHED_SHAPE)
		strbuf_puts(r->out, "\033[0 q");
	put_modes(r);
	put_mouse(r);
	if (vt->modify_other_keys)
		strbuf_printf(r->out, "\033[>4;%um", vt->modify_other_keys);
	replay_style(r, vt->pen);
	if (vt->erase_protects)
		strbuf_puts(r->out, vt->pen.attr & VT_PROTECTED ? "\033V" : "\033V\033W");
	put_single_shift(r, &vt->charsets);
	if (vt->parser.utf8_off)
		strbuf_puts(r->out, "\033%@");
}

/*
 * DECSCL is a soft reset, so it comes before all that it would take back, and behind what a lower
 * level does not know.
 */
static void put_level(struct replay *r)
{
	const struct vt *vt = r->vt;

	if (vt->rectangle_extent)
		strbuf_puts(r->out, "\033[2*x");
	if (vt->level != LEVEL_MAX)
		strbuf_printf(r->out, "\033[6%u;1\"p", vt->level);
}

static void put_all(struct replay *r, const char *notice)
{
	const struct vt *vt = r->vt;

	if (!is_fresh(r))
		put_reset(r);
	put_level(r);
	put_columns_mode(r);
	put_palette(r);
	put_titles(r);
	put_tabs(r);
	put_saved_modes(r);
	if (is_shown(vt, &vt->main))
		put_alternate(r);
	if (r->flags & VT_REPLAY_IN_PLACE)
		put_clear(r);
	else if (!is_fresh(r))
		put_above(r, notice);
	else
		put_saved_cursor(r, &vt->main.saved);
	if (is_fresh(r) && r->flags & VT_REPLAY_HISTORY && vt->scrollback.count)
		put_fresh_history(r);
	put_main(r);
	if (is_shown(vt, &vt->alt))
		put_alternate(r);
	put_margins(r);
	put_cursor(r);
	put_settings(r);
	put_repeatable(r);
}

int vt_replay(struct vt *vt, struct strbuf *out, const struct vt_replay *how)
{
	bool fresh = how->flags & VT_REPLAY_FRESH;
	struct replay r = {
		.vt = vt,
		.out = out,
		.flags = how->flags,
		.cols = fresh ? vt->cols : how->cols,
		.rows = fresh ? vt->rows : how->rows,
	};
	size_t before = out->len;

	r.exact = r.cols == vt->cols && r.rows == vt->rows;
	put_all(&r, how->notice);
	if (!out->failed)
		return 0;
	out->len = before;
	return -ENOMEM;
}
