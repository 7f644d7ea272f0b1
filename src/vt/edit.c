/* SPDX-License-Identifier: MIT */
#include "vt/edit.h"
#include "vt/cursor.h"
#include "vt/engine.h"
#include "vt/print.h"

/*
 * Erased cells take the pen's background colour and nothing else of it ("back colour erase").
 * Insert and delete work inside the margins and do nothing when the cursor is outside of them.
 */

static unsigned count_of(const struct csi *csi)
{
	return (unsigned)csi_param(csi, 0, 1);
}

static bool is_inside(const struct vt *vt)
{
	return vt->x >= vt->left && vt->x <= vt->right && vt->y >= vt->top && vt->y <= vt->bottom;
}

static int at_most(unsigned n, unsigned most)
{
	return (int)(n > most ? most : n);
}

void handle_ich(struct vt *vt, const struct csi *csi)
{
	int n = at_most(count_of(csi), vt->cols);

	if (vt->x >= vt->left && vt->x <= vt->right)
		row_move(vt, vt_row(vt), vt->x, vt->right + 1, n, vt->pen.bg);
}

void handle_dch(struct vt *vt, const struct csi *csi)
{
	int n = at_most(count_of(csi), vt->cols);

	if (vt->x >= vt->left && vt->x <= vt->right)
		row_move(vt, vt_row(vt), vt->x, vt->right + 1, -n, vt->pen.bg);
}

void handle_il(struct vt *vt, const struct csi *csi)
{
	if (!is_inside(vt))
		return;
	screen_scroll_box(
		vt, vt->y, vt->bottom, vt->left, vt->right, -at_most(count_of(csi), vt->rows));
	vt->x = vt->left;
}

/* DL is a scroll of a part of the screen, but nothing goes to the scrollback. */
void handle_dl(struct vt *vt, const struct csi *csi)
{
	if (!is_inside(vt))
		return;
	vt->scrollback_off = true;
	screen_scroll_box(
		vt, vt->y, vt->bottom, vt->left, vt->right, at_most(count_of(csi), vt->rows));
	vt->scrollback_off = false;
	vt->x = vt->left;
}

void handle_su(struct vt *vt, const struct csi *csi)
{
	screen_scroll_box(
		vt, vt->top, vt->bottom, vt->left, vt->right, at_most(count_of(csi), vt->rows));
}

void handle_sd(struct vt *vt, const struct csi *csi)
{
	/* with five parameters, or a 0 that stands there, CSI T is xterm's highlight tracking */
	bool tracks = csi->count > 1 || (csi->count == 1 && csi->params[0] == 0);

	if (csi->final != 'T' || !tracks)
		screen_scroll_box(vt, vt->top, vt->bottom, vt->left, vt->right,
			-at_most(count_of(csi), vt->rows));
}

/* Move the columns from @first to the right margin in all rows between the margins. */
static void move_columns(struct vt *vt, unsigned first, int by)
{
	for (unsigned y = vt->top; y <= vt->bottom; y++)
		row_move(vt, vt->screen->line[y], first, vt->right + 1, by, vt->pen.bg);
}

void handle_sl(struct vt *vt, const struct csi *csi)
{
	if (is_inside(vt))
		move_columns(vt, vt->left, -at_most(count_of(csi), vt->cols));
}

void handle_sr(struct vt *vt, const struct csi *csi)
{
	if (is_inside(vt))
		move_columns(vt, vt->left, at_most(count_of(csi), vt->cols));
}

void handle_decic(struct vt *vt, const struct csi *csi)
{
	if (is_inside(vt))
		move_columns(vt, vt->x, at_most(count_of(csi), vt->cols));
}

void handle_decdc(struct vt *vt, const struct csi *csi)
{
	if (is_inside(vt))
		move_columns(vt, vt->x, -at_most(count_of(csi), vt->cols));
}

void edit_back_index(struct vt *vt)
{
	vt->wrap_pending = false;
	if (vt->x == vt->left) {
		if (is_inside(vt))
			move_columns(vt, vt->left, 1);
	} else if (vt->x > 0) {
		vt->x--;
	}
}

void edit_forward_index(struct vt *vt)
{
	if (vt->x == vt->right) {
		if (is_inside(vt))
			move_columns(vt, vt->left, -1);
	} else if (vt->x < vt->cols - 1) {
		vt->wrap_pending = false;
		vt->x++;
	}
}

void handle_rep(struct vt *vt, const struct csi *csi)
{
	if (vt->repeatable)
		print_repeat(vt, count_of(csi));
}

/* ---- erasing ---- */

void edit_erase_selective(struct vt *vt, unsigned y, unsigned first, unsigned end)
{
	struct row *row = vt->screen->line[y];

	vt->work += end - first;
	for (unsigned x = first, from = first; x < end; x++, from = x) {
		while (x < end && !(row_get(row, x).attr & VT_PROTECTED))
			x++;
		row_erase(vt, row, from, x, vt->pen.bg);
	}
}

static void erase_part(struct vt *vt, unsigned y, unsigned first, unsigned end, bool selective)
{
	if (selective)
		edit_erase_selective(vt, y, first, end);
	else
		row_erase(vt, vt->screen->line[y], first, end, vt->pen.bg);
}

static void erase_rows(struct vt *vt, unsigned first, unsigned end, bool selective)
{
	if (first >= end)
		return;
	for (unsigned y = first; y < end; y++) {
		erase_part(vt, y, 0, vt->cols, selective);
		vt->screen->line[y]->size = VT_LINE_SINGLE;
	}
	if (!selective)
		screen_end_line_above(vt, first);
}

static void erase_in_line(struct vt *vt, int what, bool selective)
{
	if (what == 0)
		erase_part(vt, vt->y, vt->x, vt->cols, selective);
	else if (what == 1)
		erase_part(vt, vt->y, 0, vt->x + 1, selective);
	else if (what == 2)
		erase_part(vt, vt->y, 0, vt->cols, selective);
}

static void erase_in_display(struct vt *vt, int what, bool selective)
{
	if (what == 0) {
		if (vt->x == 0) {
			erase_rows(vt, vt->y, vt->rows, selective);
			return;
		}
		erase_in_line(vt, 0, selective);
		erase_rows(vt, vt->y + 1, vt->rows, selective);
	} else if (what == 1) {
		erase_rows(vt, 0, vt->y, selective);
		erase_in_line(vt, 1, selective);
	} else if (what == 2) {
		erase_rows(vt, 0, vt->rows, selective);
	}
}

void edit_clear_screen(struct vt *vt)
{
	vt->wrap_pending = false;
	erase_rows(vt, 0, vt->rows, false);
}

void handle_ech(struct vt *vt, const struct csi *csi)
{
	unsigned n = count_of(csi);

	if (n > vt->cols - vt->x)
		n = vt->cols - vt->x;
	erase_part(vt, vt->y, vt->x, vt->x + n, vt->erase_protects);
}

void handle_ed(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 3) {
		vt_clear_scrollback(vt);
		return;
	}
	vt->wrap_pending = false;
	erase_in_display(vt, csi_param(csi, 0, 0), vt->erase_protects);
}

void handle_el(struct vt *vt, const struct csi *csi)
{
	erase_in_line(vt, csi_param(csi, 0, 0), vt->erase_protects);
}

void handle_decsed(struct vt *vt, const struct csi *csi)
{
	erase_in_display(vt, csi_param(csi, 0, 0), true);
}

void handle_decsel(struct vt *vt, const struct csi *csi)
{
	erase_in_line(vt, csi_param(csi, 0, 0), true);
}

void edit_align(struct vt *vt)
{
	struct vt_cell cell = { .ch = 'E' }, *cells;

	engine_reset_margins(vt);
	vt->modes &= ~MODE_BIT(MODE_ORIGIN);
	cursor_home(vt);
	for (unsigned y = 0; y < vt->rows; y++) {
		struct row *row = vt->screen->line[y];

		cells = row_open(vt, row, 0, vt->cols);
		for (unsigned x = 0; x < vt->cols; x++)
			cells[x] = cell;
		row->wrapped = false;
		row->size = VT_LINE_SINGLE;
	}
	screen_end_line_above(vt, 0);
}

void edit_line_size(struct vt *vt, enum vt_line_size size)
{
	struct row *row = vt_row(vt);
	unsigned half = vt->cols / 2;

	if (vt_mode(vt, MODE_MARGINS) || half == 0)
		return;
	vt->touched |= TOUCHED_LINES;
	row->size = (uint8_t)size;
	damage_fresh_row(vt, row);
	if (size == VT_LINE_SINGLE)
		return;
	row->wrapped = false;
	if (vt->x >= half) {
		vt->x = half - 1;
		vt->wrap_pending = false;
	}
	cursor_check_wrap(vt);
}

void edit_single_lines(struct vt *vt)
{
	for (unsigned y = 0; y < vt->rows; y++) {
		vt->main.line[y]->size = VT_LINE_SINGLE;
		vt->alt.line[y]->size = VT_LINE_SINGLE;
	}
	damage_all(vt);
}
