/* SPDX-License-Identifier: MIT */
#include "vt/cursor.h"
#include "vt/engine.h"
#include "vt/print.h"

/*
 * Where the cursor goes. Relative movement stops at a margin if it starts inside, else at the edge
 * of the screen; absolute movement counts from the margins in origin mode and cannot leave them
 * then [VT510 manual: CUU, CUP, DECOM, DECSLRM].
 *
 * A double row has half of the columns: text, movement to the right and tabs end there, also where
 * they begin beyond. Other movement knows the columns of the screen only, as in xterm, which is
 * what viewers have: a row below has to be reached in the same column there and here.
 */

static bool is_between_sides(const struct vt *vt)
{
	return vt->x >= vt->left && vt->x <= vt->right;
}

void cursor_index(struct vt *vt)
{
	vt->wrap_pending = false;
	if (vt->y == vt->bottom) {
		if (is_between_sides(vt))
			screen_scroll_box(vt, vt->top, vt->bottom, vt->left, vt->right, 1);
	} else if (vt->y < vt->rows - 1) {
		vt->y++;
	}
}

void cursor_reverse_index(struct vt *vt)
{
	vt->wrap_pending = false;
	if (vt->y == vt->top) {
		if (is_between_sides(vt))
			screen_scroll_box(vt, vt->top, vt->bottom, vt->left, vt->right, -1);
	} else if (vt->y > 0) {
		vt->y--;
	}
}

void cursor_carriage_return(struct vt *vt)
{
	vt->wrap_pending = false;
	vt->x = vt->x >= vt->left || vt_mode(vt, MODE_ORIGIN) ? vt->left : 0;
}

static unsigned least_x(const struct vt *vt)
{
	return vt->x >= vt->left ? vt->left : 0;
}

static void move_left(struct vt *vt, unsigned n)
{
	unsigned least = least_x(vt);

	vt->wrap_pending = false;
	vt->x = n > vt->x - least ? least : vt->x - n;
}

/*
 * Left, and on at the end of the row above; a pending wrap counts as a step. Behind the first row
 * comes the last one, but from the first place of all it is a single step, as in xterm.
 */
static void move_back(struct vt *vt, unsigned n)
{
	unsigned least = least_x(vt), width = vt->right - least + 1, size = width * vt->rows, place;

	n -= vt->wrap_pending;
	vt->wrap_pending = false;
	if (n <= vt->x - least) {
		vt->x -= n;
	} else if (vt->x == vt->left && vt->y == vt->top) {
		vt->x = vt->right;
		vt->y = vt->bottom;
	} else {
		place = (vt->y * width + vt->x - least + size - n % size) % size;
		vt->x = least + place % width;
		vt->y = place / width;
	}
}

static void move_left_or_back(struct vt *vt, unsigned n)
{
	if (vt_mode(vt, MODE_REVERSE_WRAP) && vt_mode(vt, MODE_AUTOWRAP))
		move_back(vt, n);
	else
		move_left(vt, n);
}

void cursor_backspace(struct vt *vt)
{
	move_left_or_back(vt, 1);
}

/* ---- tabs ---- */

static void tab_forward(struct vt *vt)
{
	unsigned most = cursor_edge(vt);

	if (vt->x > most)
		vt->x = most;
	while (vt->x < most) {
		vt->x++;
		if (tab_is_set(vt->tabs, vt->x))
			break;
	}
}

static void tab_backward(struct vt *vt)
{
	unsigned least = vt_mode(vt, MODE_ORIGIN) ? vt->left : 0;

	while (vt->x > least) {
		vt->x--;
		if (tab_is_set(vt->tabs, vt->x))
			break;
	}
}

void cursor_tab(struct vt *vt, int count)
{
	int most = (int)vt->cols;
	unsigned x = vt->x;

	if (count > 0 && vt->wrap_pending && vt_mode(vt, MODE_TAB_WRAPS) &&
		vt_mode(vt, MODE_AUTOWRAP)) {
		cursor_index(vt);
		vt->x = x = 0;
	}
	for (count = count > most ? most : count; count > 0; count--)
		tab_forward(vt);
	if (vt->x != x)
		vt->wrap_pending = false;
	for (count = count < -most ? -most : count; count < 0; count++)
		tab_backward(vt);
	vt->work += vt->x > x ? vt->x - x : x - vt->x;
}

void tab_set(struct vt *vt)
{
	vt->touched |= TOUCHED_TABS;
	vt->tabs[vt->x / 8] |= (uint8_t)(1u << vt->x % 8);
}

void handle_cht(struct vt *vt, const struct csi *csi)
{
	cursor_tab(vt, csi_param(csi, 0, 1));
}

void handle_cbt(struct vt *vt, const struct csi *csi)
{
	cursor_tab(vt, -csi_param(csi, 0, 1));
}

void handle_tbc(struct vt *vt, const struct csi *csi)
{
	int what = csi_param(csi, 0, 0);

	vt->touched |= TOUCHED_TABS;
	if (what == 0)
		vt->tabs[vt->x / 8] &= (uint8_t) ~(1u << vt->x % 8);
	else if (what == 3)
		memset(vt->tabs, 0, VT_COLS_MAX / 8);
}

void handle_decst8c(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 5)
		engine_reset_tabs(vt, 0);
}

/* ---- relative ---- */

static unsigned param_count(const struct csi *csi)
{
	return (unsigned)csi_param(csi, 0, 1);
}

void handle_cuu(struct vt *vt, const struct csi *csi)
{
	unsigned n = param_count(csi), least = vt->y >= vt->top ? vt->top : 0;

	vt->y = n > vt->y - least ? least : vt->y - n;
}

void handle_cud(struct vt *vt, const struct csi *csi)
{
	unsigned n = param_count(csi), most = vt->y <= vt->bottom ? vt->bottom : vt->rows - 1;

	vt->y = n > most - vt->y ? most : vt->y + n;
}

void handle_cuf(struct vt *vt, const struct csi *csi)
{
	unsigned x = vt->x + param_count(csi), most = cursor_edge(vt);

	vt->x = x < most ? x : most;
}

void handle_cub(struct vt *vt, const struct csi *csi)
{
	move_left_or_back(vt, param_count(csi));
}

void handle_cnl(struct vt *vt, const struct csi *csi)
{
	cursor_carriage_return(vt);
	handle_cud(vt, csi);
}

void handle_cpl(struct vt *vt, const struct csi *csi)
{
	cursor_carriage_return(vt);
	handle_cuu(vt, csi);
}

void handle_hpr(struct vt *vt, const struct csi *csi)
{
	unsigned n = param_count(csi);
	unsigned most = vt_mode(vt, MODE_ORIGIN) ? vt->right : vt->cols - 1;

	vt->x = n > most - vt->x ? most : vt->x + n;
}

void handle_vpr(struct vt *vt, const struct csi *csi)
{
	unsigned n = param_count(csi);
	unsigned most = vt_mode(vt, MODE_ORIGIN) ? vt->bottom : vt->rows - 1;

	vt->y = n > most - vt->y ? most : vt->y + n;
}

/* ---- absolute ---- */

static void set_column(struct vt *vt, int column)
{
	bool origin = vt_mode(vt, MODE_ORIGIN);
	unsigned most = origin ? vt->right : vt->cols - 1;

	vt->x = (unsigned)column - 1 + (origin ? vt->left : 0);
	if (vt->x > most)
		vt->x = most;
}

static void set_line(struct vt *vt, int line)
{
	bool origin = vt_mode(vt, MODE_ORIGIN);
	unsigned most = origin ? vt->bottom : vt->rows - 1;

	vt->y = (unsigned)line - 1 + (origin ? vt->top : 0);
	if (vt->y > most)
		vt->y = most;
}

void cursor_home(struct vt *vt)
{
	vt->wrap_pending = false;
	set_line(vt, 1);
	set_column(vt, 1);
}

void handle_cup(struct vt *vt, const struct csi *csi)
{
	set_line(vt, csi_param(csi, 0, 1));
	set_column(vt, csi_param(csi, 1, 1));
}

void handle_cha(struct vt *vt, const struct csi *csi)
{
	set_column(vt, csi_param(csi, 0, 1));
}

void handle_vpa(struct vt *vt, const struct csi *csi)
{
	set_line(vt, csi_param(csi, 0, 1));
}

/* ---- margins ---- */

void handle_decstbm(struct vt *vt, const struct csi *csi)
{
	unsigned top = (unsigned)csi_param(csi, 0, 1);
	unsigned bottom = (unsigned)csi_param(csi, 1, (int)vt->rows);

	if (bottom > vt->rows)
		bottom = vt->rows;
	if (top >= bottom)
		return;
	vt->top = top - 1;
	vt->bottom = bottom - 1;
	cursor_home(vt);
}

static void set_side_margins(struct vt *vt, const struct csi *csi)
{
	unsigned left = (unsigned)csi_param(csi, 0, 1);
	unsigned right = (unsigned)csi_param(csi, 1, (int)vt->cols);

	if (right > vt->cols)
		right = vt->cols;
	if (left >= right)
		return;
	vt->left = left - 1;
	vt->right = right - 1;
	cursor_home(vt);
}

void handle_save_or_margins(struct vt *vt, const struct csi *csi)
{
	if (vt_mode(vt, MODE_MARGINS))
		set_side_margins(vt, csi);
	else
		cursor_save(vt);
}

/* ---- save and restore ---- */

void saved_cursor_reset(struct screen *screen)
{
	screen->saved = (struct saved_cursor){ 0 };
}

/* One elsewhere than at the edge could not be told by vt_replay() without side margins. */
static bool may_save_wrap(const struct vt *vt)
{
	return vt->level >= LEVEL_VT400 || vt->x == vt->cols - 1;
}

void cursor_save(struct vt *vt)
{
	vt->screen->saved = (struct saved_cursor){
		.x = vt->x,
		.y = vt->y,
		.wrap_pending = vt->wrap_pending && may_save_wrap(vt),
		.origin = vt_mode(vt, MODE_ORIGIN),
		.pen = vt->pen,
		.charsets = vt->charsets,
	};
}

static unsigned clamp(unsigned value, unsigned least, unsigned most)
{
	return value < least ? least : value > most ? most : value;
}

unsigned cursor_edge(const struct vt *vt)
{
	if (vt->screen->line[vt->y]->size)
		return vt->cols / 2 - 1;
	return vt->x > vt->right ? vt->cols - 1 : vt->right;
}

void cursor_check_wrap(struct vt *vt)
{
	unsigned edge = cursor_edge(vt);
	struct vt_cell cell = row_get(vt_row(vt), edge);
	bool plain = vt->x == edge && (cell.ch || cell.width == VT_WIDE_TAIL);

	/* below VT400, vt_replay() has only characters to make it */
	if (vt->x > edge || cell.width == VT_WIDE || (vt->level < LEVEL_VT400 && !plain))
		vt->wrap_pending = false;
}

void cursor_restore(struct vt *vt)
{
	const struct saved_cursor *saved = &vt->screen->saved;

	vt->modes &= ~MODE_BIT(MODE_ORIGIN);
	if (saved->origin)
		vt->modes |= MODE_BIT(MODE_ORIGIN);
	vt->x = clamp(
		saved->x, saved->origin ? vt->left : 0, saved->origin ? vt->right : vt->cols - 1);
	vt->y = clamp(
		saved->y, saved->origin ? vt->top : 0, saved->origin ? vt->bottom : vt->rows - 1);
	vt->pen = saved->pen;
	vt->charsets = saved->charsets;
	vt->wrap_pending = saved->wrap_pending && saved->x == vt->x;
	cursor_check_wrap(vt);
	print_update(vt);
}

void handle_restore(struct vt *vt, const struct csi *csi)
{
	(void)csi;
	cursor_restore(vt);
}
