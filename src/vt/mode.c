/* SPDX-License-Identifier: MIT */
#include "vt/mode.h"
#include "vt/cursor.h"
#include "vt/edit.h"
#include "vt/engine.h"
#include "vt/print.h"
#include "vt/report.h"

/*
 * Modes by number. Most are one bit; those that do something when they change have a function, and
 * those that are not one bit (mouse, screens) are in a table of their own.
 */

static const struct mode_number bit_modes[] = {
	{ 2, false, MODE_KEYBOARD_LOCK },
	{ 4, false, MODE_INSERT },
	{ 12, false, MODE_NO_ECHO },
	{ 20, false, MODE_NEWLINE },
	{ 1, true, MODE_CURSOR_KEYS },
	{ 3, true, MODE_COLUMNS_132 },
	{ 4, true, MODE_SMOOTH_SCROLL },
	{ 5, true, MODE_REVERSE_SCREEN },
	{ 6, true, MODE_ORIGIN },
	{ 7, true, MODE_AUTOWRAP },
	{ 8, true, MODE_AUTOREPEAT },
	{ 12, true, MODE_CURSOR_BLINK },
	{ 25, true, MODE_CURSOR_VISIBLE },
	{ 40, true, MODE_ALLOW_COLUMNS },
	{ 41, true, MODE_TAB_WRAPS },
	{ 45, true, MODE_REVERSE_WRAP },
	{ 66, true, MODE_KEYPAD },
	{ 67, true, MODE_BACKARROW },
	{ 69, true, MODE_MARGINS },
	{ 95, true, MODE_NO_CLEAR_COLUMNS },
	{ 1004, true, MODE_FOCUS },
	{ 1007, true, MODE_ALTERNATE_SCROLL },
	{ 1036, true, MODE_ALT_ESCAPE },
	{ 1039, true, MODE_ALT_ESCAPE },
	{ 2004, true, MODE_PASTE },
	{ 2026, true, MODE_SYNCHRONIZED },
	{ 2027, true, MODE_GRAPHEMES },
};

const struct mode_number *mode_numbers(unsigned *ret_count)
{
	*ret_count = sizeof(bit_modes) / sizeof(bit_modes[0]);
	return bit_modes;
}

static const struct mode_number *find_bit(const struct vt *vt, bool private, int number)
{
	for (size_t i = 0; i < sizeof(bit_modes) / sizeof(bit_modes[0]); i++) {
		if (bit_modes[i].number != number || bit_modes[i].private != private)
			continue;
		if (bit_modes[i].mode == MODE_MARGINS && vt->level < LEVEL_VT400)
			return NULL;
		return &bit_modes[i];
	}
	return NULL;
}

/* ---- bits that do something ---- */

static void origin_changed(struct vt *vt)
{
	cursor_home(vt);
}

static void margins_changed(struct vt *vt)
{
	if (vt_mode(vt, MODE_MARGINS)) {
		edit_single_lines(vt);
		return;
	}
	vt->left = 0;
	vt->right = vt->cols - 1;
}

/* DECCOLM asks for another width; the owner decides whether that happens. */
static void set_columns(struct vt *vt, bool wide)
{
	if (!vt_mode(vt, MODE_ALLOW_COLUMNS))
		return;
	engine_reset_margins(vt);
	if (!vt_mode(vt, MODE_NO_CLEAR_COLUMNS))
		edit_clear_screen(vt);
	cursor_home(vt);
	vt->modes &= ~MODE_BIT(MODE_COLUMNS_132);
	if (engine_request_size(vt, wide ? COLUMNS_WIDE : COLUMNS_NARROW, vt->rows) && wide)
		vt->modes |= MODE_BIT(MODE_COLUMNS_132);
}

static void (*const bit_changed[MODE_COUNT])(struct vt *vt) = {
	[MODE_INSERT] = print_update,
	[MODE_ORIGIN] = origin_changed,
	[MODE_MARGINS] = margins_changed,
	[MODE_REVERSE_SCREEN] = damage_all,
};

static void set_bit(struct vt *vt, enum mode mode, bool on)
{
	uint64_t before = vt->modes;

	vt->touched_modes |= before ^ MODES_INITIAL;
	if (mode == MODE_COLUMNS_132) {
		set_columns(vt, on);
		return;
	}
	vt->modes = on ? before | MODE_BIT(mode) : before & ~MODE_BIT(mode);
	/* DECOM homes the cursor also when it changes nothing */
	if (bit_changed[mode] && (vt->modes != before || mode == MODE_ORIGIN))
		bit_changed[mode](vt);
}

/* ---- the others ---- */

static void show_alternate(struct vt *vt, bool on)
{
	engine_show(vt, on ? &vt->alt : &vt->main);
}

static void clear_alternate(struct vt *vt)
{
	if (vt->screen == &vt->alt)
		edit_clear_screen(vt);
}

static void set_47(struct vt *vt, int number, bool on)
{
	(void)number;
	show_alternate(vt, on);
}

static void set_1047(struct vt *vt, int number, bool on)
{
	(void)number;
	if (!on)
		clear_alternate(vt);
	show_alternate(vt, on);
}

static void set_1048(struct vt *vt, int number, bool on)
{
	(void)number;
	if (on)
		cursor_save(vt);
	else
		cursor_restore(vt);
}

static void set_1049(struct vt *vt, int number, bool on)
{
	(void)number;
	if (on)
		cursor_save(vt);
	show_alternate(vt, on);
	if (on)
		clear_alternate(vt);
	else
		cursor_restore(vt);
}

static bool get_alternate(const struct vt *vt, int number)
{
	return number != 1048 && vt->screen == &vt->alt;
}

static enum mouse_mode mouse_mode_of(int number)
{
	return number == 9	? MOUSE_X10
	       : number == 1000 ? MOUSE_BUTTONS
	       : number == 1002 ? MOUSE_DRAG
				: MOUSE_ANY;
}

static void set_mouse_mode(struct vt *vt, int number, bool on)
{
	vt->touched |= TOUCHED_MOUSE;
	vt->mouse_mode = on ? mouse_mode_of(number) : MOUSE_OFF;
}

static bool get_mouse_mode(const struct vt *vt, int number)
{
	return vt->mouse_mode == mouse_mode_of(number);
}

static enum mouse_encoding mouse_encoding_of(int number)
{
	return number == 1005	? MOUSE_UTF8
	       : number == 1006 ? MOUSE_SGR
	       : number == 1015 ? MOUSE_URXVT
				: MOUSE_PIXELS;
}

static void set_mouse_encoding(struct vt *vt, int number, bool on)
{
	vt->touched |= TOUCHED_MOUSE;
	if (on)
		vt->mouse_encoding = mouse_encoding_of(number);
	else if (vt->mouse_encoding == mouse_encoding_of(number))
		vt->mouse_encoding = MOUSE_BYTES;
}

static bool get_mouse_encoding(const struct vt *vt, int number)
{
	return vt->mouse_encoding == mouse_encoding_of(number);
}

static const struct {
	int number;
	void (*set)(struct vt *vt, int number, bool on);
	bool (*get)(const struct vt *vt, int number);
} other_modes[] = {
	{ 9, set_mouse_mode, get_mouse_mode },
	{ 47, set_47, get_alternate },
	{ 1000, set_mouse_mode, get_mouse_mode },
	{ 1002, set_mouse_mode, get_mouse_mode },
	{ 1003, set_mouse_mode, get_mouse_mode },
	{ 1005, set_mouse_encoding, get_mouse_encoding },
	{ 1006, set_mouse_encoding, get_mouse_encoding },
	{ 1015, set_mouse_encoding, get_mouse_encoding },
	{ 1016, set_mouse_encoding, get_mouse_encoding },
	{ 1047, set_1047, get_alternate },
	{ 1048, set_1048, get_alternate },
	{ 1049, set_1049, get_alternate },
};
#define OTHER_COUNT (sizeof(other_modes) / sizeof(other_modes[0]))

/*
 * Modes of ECMA-48 and DEC that a terminal may leave as they are: GATM, SRTM, VEM, HEM, PUM, FEAM,
 * FETM, MATM, TTM, SATM, TSM, EBM; DECARM, which we keep for the terminals of others, and printing
 * what is shown to a log.
 */
static const uint8_t always_reset[] = { 1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19 };
#define REPEAT_MODE  8
#define LOGGING_MODE 46

static bool is_always_reset(bool private, int number)
{
	if (private)
		return number == REPEAT_MODE || number == LOGGING_MODE;
	return number <= UINT8_MAX && memchr(always_reset, number, sizeof(always_reset));
}

/* ---- by number ---- */

void mode_set(struct vt *vt, bool private, int number, bool on)
{
	const struct mode_number *bit = find_bit(vt, private, number);

	if (bit) {
		set_bit(vt, bit->mode, on);
		return;
	}
	for (size_t i = 0; private && i < OTHER_COUNT; i++)
		if (other_modes[i].number == number)
			other_modes[i].set(vt, number, on);
}

int mode_report(const struct vt *vt, bool private, int number)
{
	const struct mode_number *bit = find_bit(vt, private, number);

	if (is_always_reset(private, number))
		return 4;
	if (bit)
		return vt_mode(vt, bit->mode) ? 1 : 2;
	for (size_t i = 0; private && i < OTHER_COUNT; i++)
		if (other_modes[i].number == number)
			return other_modes[i].get(vt, number) ? 1 : 2;
	return 0;
}

/* Only modes that are one bit and touch nothing else when they change are kept. */
static bool may_save(enum mode mode)
{
	return !bit_changed[mode] && mode != MODE_COLUMNS_132;
}

void mode_save(struct vt *vt, int number)
{
	const struct mode_number *bit = find_bit(vt, true, number);

	if (!bit || !may_save(bit->mode))
		return;
	vt->touched_saved |= MODE_BIT(bit->mode);
	vt->saved_modes =
		(vt->saved_modes & ~MODE_BIT(bit->mode)) | (vt->modes & MODE_BIT(bit->mode));
}

void mode_restore(struct vt *vt, int number)
{
	const struct mode_number *bit = find_bit(vt, true, number);

	if (bit && may_save(bit->mode))
		set_bit(vt, bit->mode, vt->saved_modes >> bit->mode & 1);
}

/* ---- handlers ---- */

static void set_all(struct vt *vt, const struct csi *csi, bool private, bool on)
{
	for (unsigned i = 0; i < csi->count; i++)
		mode_set(vt, private, csi->params[i], on);
}

void handle_sm(struct vt *vt, const struct csi *csi)
{
	set_all(vt, csi, false, true);
}

void handle_rm(struct vt *vt, const struct csi *csi)
{
	set_all(vt, csi, false, false);
}

void handle_decset(struct vt *vt, const struct csi *csi)
{
	set_all(vt, csi, true, true);
}

void handle_decrst(struct vt *vt, const struct csi *csi)
{
	set_all(vt, csi, true, false);
}

void handle_xtsave(struct vt *vt, const struct csi *csi)
{
	for (unsigned i = 0; i < csi->count; i++)
		mode_save(vt, csi->params[i]);
}

void handle_xtrestore(struct vt *vt, const struct csi *csi)
{
	for (unsigned i = 0; i < csi->count; i++)
		mode_restore(vt, csi->params[i]);
}
