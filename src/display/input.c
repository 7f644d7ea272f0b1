/* SPDX-License-Identifier: MIT */
/*
 * Keys, mouse and clipboard of a viewer: what is for the view itself is done here, the rest becomes
 * bytes in the way the engine's modes say, and goes to the provider of the console.
 *
 * A viewer may send anything in any order: releases without a press, buttons that were never down,
 * places outside of the screen. Keys are known by keysym only, and the keysym of the same key may
 * differ between press and release (Alt becomes Meta while Shift is down), so both count as one.
 */
#include "display/display-internal.h"
#include "display/latin-key.h"

#include <errno.h>
#include <string.h>

#define PASTE_BYTES_MAX (16u << 20)

enum { CLICK_MS = 400, WHEEL_LINES = 3, ALL_BUTTONS = 0x7f };

enum held_key {
	HELD_SHIFT_L = 1 << 0,
	HELD_SHIFT_R = 1 << 1,
	HELD_CTRL_L = 1 << 2,
	HELD_CTRL_R = 1 << 3,
	HELD_ALT_L = 1 << 4,
	HELD_ALT_R = 1 << 5,
	HELD_OTHER = 1 << 6, /* modifiers that mean nothing here */
};

/* Keysyms 0xffe1..0xffee [X11 keysymdef]. */
static const uint8_t held_keys[] = {
	HELD_SHIFT_L, HELD_SHIFT_R, HELD_CTRL_L, HELD_CTRL_R, /* Shift, Control */
	HELD_OTHER, HELD_OTHER,				      /* Caps_Lock, Shift_Lock */
	HELD_ALT_L, HELD_ALT_R, HELD_ALT_L, HELD_ALT_R,	      /* Meta, Alt */
	HELD_OTHER, HELD_OTHER, HELD_OTHER, HELD_OTHER,	      /* Super, Hyper */
};

enum { KEYSYM_F2 = VT_KEY_F1 + 1, KEYSYM_SHIFT_L = 0xffe1, KEYSYM_HYPER_R = 0xffee };

static unsigned held_mods(const struct display_view *view)
{
	unsigned mods = 0;

	if (view->held & (HELD_SHIFT_L | HELD_SHIFT_R))
		mods |= VT_MOD_SHIFT;
	if (view->held & (HELD_CTRL_L | HELD_CTRL_R))
		mods |= VT_MOD_CTRL;
	if (view->held & (HELD_ALT_L | HELD_ALT_R))
		mods |= VT_MOD_ALT;
	return mods;
}

static bool is_letter_or_digit(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * The modifiers that a key is meant with. AltGr is Ctrl and Alt to many systems, and the character
 * that comes with it has used them up. Of letters and digits that cannot be told: they are what a
 * shortcut is.
 */
static unsigned key_mods(const struct display_view *view, uint32_t keysym)
{
	unsigned mods = held_mods(view), alt_gr = HELD_CTRL_L | HELD_ALT_R;
	unsigned used = view->held & (HELD_CTRL_L | HELD_CTRL_R | HELD_ALT_L | HELD_ALT_R);
	uint32_t c = vt_keysym_to_unicode(keysym);

	if (used == alt_gr && (composer_is_dead(keysym) || (c > ' ' && !is_letter_or_digit(c))))
		mods &= ~(unsigned)(VT_MOD_CTRL | VT_MOD_ALT);
	return mods;
}

/* Return: whether the key is a modifier. */
static bool hold(struct display_view *view, uint32_t keysym, bool down)
{
	unsigned key;

	if (keysym < KEYSYM_SHIFT_L || keysym > KEYSYM_HYPER_R)
		return false;
	key = held_keys[keysym - KEYSYM_SHIFT_L];
	if (down)
		view->held |= key;
	else
		view->held &= ~key;
	return true;
}

static int send(struct display_view *view, const char *bytes, size_t len)
{
	const struct display_console *console = view->console;

	if (!view_may_type(view))
		return -EPERM;
	if (!console->ops->in)
		return -ENOTCONN;
	return len ? console->ops->in(console->data, view, bytes, len) : 0;
}

/* Ctrl-Alt-1..9; swallowed also where there is no such console. */
static bool switch_key(struct display_view *view, uint32_t keysym, unsigned mods)
{
	unsigned number = 0;

	if (mods != (VT_MOD_CTRL | VT_MOD_ALT))
		return false;
	if (keysym >= '1' && keysym <= '9')
		number = keysym - '0';
	else if (keysym > VT_KEY_KP_9 - 9 && keysym <= VT_KEY_KP_9)
		number = keysym - (VT_KEY_KP_9 - 9);
	if (!number)
		return false;
	display_view_switch(view, number);
	return true;
}

/* Shift-PgUp and PgDn, unless there is nothing to look back to. */
static bool scroll_key(struct display_view *view, uint32_t keysym, unsigned mods)
{
	int page = (int)vt_rows(view->console->vt) - 1;
	bool up = keysym == VT_KEY_PAGE_UP, down = keysym == VT_KEY_PAGE_DOWN;

	if (mods != VT_MOD_SHIFT || (!up && !down) || vt_is_alternate(view->console->vt))
		return false;
	page = page > 0 ? page : 1;
	display_view_scroll(view, up ? page : -page);
	return true;
}

/* F2, as long as it is not a guest's. */
static bool page_key(struct display_view *view, uint32_t keysym, unsigned mods)
{
	return keysym == KEYSYM_F2 && !mods && view_turn_page(view);
}

/* A key that is the guest's. */
static int type(struct display_view *view, uint32_t keysym, unsigned mods)
{
	const struct display_console *console = view->console;
	char bytes[VT_KEY_BYTES_MAX];
	size_t len = vt_key(console->vt, keysym, mods, bytes);
	int r;

	if (!len)
		return 0;
	if (console->backspace_bs && keysym == VT_KEY_BACKSPACE && bytes[len - 1] == 0x7f)
		bytes[len - 1] = 0x08;
	r = send(view, bytes, len);
	if (!r)
		view_to_bottom(view);
	return r;
}

/* The same for one that may be part of a sequence. */
static int compose(struct display_view *view, uint32_t keysym, unsigned mods)
{
	char text[COMPOSE_TEXT_MAX];
	bool used = composer_feed(&view->composer, keysym, text);
	int r = 0;

	if (text[0]) {
		r = send(view, text, strlen(text));
		if (!r)
			view_to_bottom(view);
	}
	return used || r < 0 ? r : type(view, keysym, mods);
}

int display_view_key(struct display_view *view, uint32_t keysym, unsigned place, bool down)
{
	const struct display_console *console = view->console;
	unsigned mods;

	if (hold(view, keysym, down) || !down)
		return 0;
	mods = key_mods(view, keysym);
	if (switch_key(view, keysym, mods) || scroll_key(view, keysym, mods) ||
		page_key(view, keysym, mods))
		return 0;
	if (console->ops->key && console->ops->key(console->data, view, keysym))
		return 0;
	if (!(mods & (VT_MOD_CTRL | VT_MOD_ALT)))
		return compose(view, keysym, mods);
	composer_drop(&view->composer);
	return type(view, mods & VT_MOD_CTRL ? latin_key(keysym, place) : keysym, mods);
}

int display_view_paste(struct display_view *view, const char *utf8, size_t len)
{
	struct strbuf bytes AUTO_STRBUF = { 0 };
	int r;

	if (!view_may_type(view))
		return -EPERM;
	if (len > PASTE_BYTES_MAX)
		return -ENOBUFS;
	vt_paste(view->console->vt, utf8, len, &bytes);
	if (bytes.failed)
		return -ENOMEM;
	r = send(view, bytes.data, bytes.len);
	if (!r)
		view_to_bottom(view);
	return r;
}

int display_view_paste_selection(struct display_view *view)
{
	return display_view_paste(view, view->selected.data, view->selected.len);
}

bool display_view_brackets_paste(const struct display_view *view)
{
	return vt_brackets_paste(view->console->vt);
}

int display_view_request_size(struct display_view *view, unsigned cols, unsigned rows)
{
	const struct display_console *console = view->console;
	int r;

	if (!view_may_type(view) || !console->ops->resize)
		return -EPERM;
	if (!cols || !rows || cols > VT_COLS_MAX || rows > VT_ROWS_MAX)
		return -ERANGE;
	if (cols == vt_cols(console->vt) && rows == vt_rows(console->vt))
		return 0;
	r = console->ops->resize(console->data, view, cols, rows);
	view->asks_size |= r == -EINPROGRESS;
	return r;
}

void display_view_size_decided(struct display_view *view)
{
	if (view->asks_size)
		view_tell(view, VIEW_SIZE_DECIDED);
	view->asks_size = false;
}

void display_console_size_decided(struct display_console *console)
{
	struct display_view *view = NULL;

	while ((view = display_console_next_view(console, view)))
		display_view_size_decided(view);
}

/* ---- the mouse ---- */

static enum vt_mouse_button guest_button(unsigned bit)
{
	static const enum vt_mouse_button buttons[] = { VT_MOUSE_LEFT, VT_MOUSE_MIDDLE,
		VT_MOUSE_RIGHT, VT_MOUSE_WHEEL_UP, VT_MOUSE_WHEEL_DOWN, VT_MOUSE_WHEEL_LEFT,
		VT_MOUSE_WHEEL_RIGHT };

	return buttons[bit];
}

/* Return: whether the guest is told. */
static bool tell_guest(struct display_view *view, struct vt_mouse event)
{
	char bytes[VT_KEY_BYTES_MAX];
	size_t len;

	event.mods = held_mods(view);
	len = vt_mouse(view->console->vt, &event, bytes);
	return len && send(view, bytes, len) == 0;
}

/* Whether a press now is the guest's. */
static bool guest_has_mouse(const struct display_view *view)
{
	return view_may_type(view) && !view->back && !view->pointer.selecting &&
	       !(held_mods(view) & VT_MOD_SHIFT) && vt_wants_mouse(view->console->vt);
}

static void press_left(struct display_view *view, uint64_t now_ms, bool same_cell)
{
	static const enum vt_select kinds[DISPLAY_CLICKS_MAX] = { VT_SELECT_STREAM, VT_SELECT_WORD,
		VT_SELECT_LINE };
	struct pointer *pointer = &view->pointer;
	bool again = same_cell && pointer->clicks && now_ms - pointer->click_ms <= CLICK_MS;
	enum vt_select kind;

	pointer->clicks = again ? pointer->clicks % DISPLAY_CLICKS_MAX + 1 : 1;
	pointer->click_ms = now_ms;
	kind = kinds[pointer->clicks - 1];
	if (kind == VT_SELECT_STREAM && (held_mods(view) & VT_MOD_ALT))
		kind = VT_SELECT_BLOCK;
	view_settle(view);
	selection_start(view, view_place(view, pointer->row, pointer->col), kind);
}

static void press_right(struct display_view *view)
{
	struct pointer *pointer = &view->pointer;

	if (!view->selection.exists)
		return;
	view_settle(view);
	pointer->selecting = true;
	selection_extend(view, view_place(view, pointer->row, pointer->col));
}

static void turn_wheel(struct display_view *view, unsigned button, struct vt_mouse event)
{
	/* On the alternate screen it becomes cursor keys. */
	if (view_may_type(view) && !view->back && tell_guest(view, event))
		return;
	if (button == DISPLAY_WHEEL_UP)
		display_view_scroll(view, WHEEL_LINES);
	else if (button == DISPLAY_WHEEL_DOWN)
		display_view_scroll(view, -WHEEL_LINES);
}

static void press(struct display_view *view, unsigned button, struct vt_mouse event,
	uint64_t now_ms, bool same_cell)
{
	if (guest_has_mouse(view)) {
		if (tell_guest(view, event))
			view->pointer.guest_buttons |= button;
		return;
	}
	if (button == DISPLAY_BUTTON_LEFT)
		press_left(view, now_ms, same_cell);
	else if (button == DISPLAY_BUTTON_RIGHT)
		press_right(view);
	else if (button == DISPLAY_BUTTON_MIDDLE)
		view_tell(view, VIEW_PASTE);
	else if (button >= DISPLAY_WHEEL_UP)
		turn_wheel(view, button, event);
}

static void release(struct display_view *view, unsigned button, struct vt_mouse event)
{
	struct pointer *pointer = &view->pointer;

	if (pointer->guest_buttons & button) {
		pointer->guest_buttons &= ~button;
		if (button < DISPLAY_WHEEL_UP)
			tell_guest(view, event);
		return;
	}
	if (button == DISPLAY_BUTTON_LEFT || button == DISPLAY_BUTTON_RIGHT)
		selection_finish(view);
}

static void move(struct display_view *view, struct vt_mouse event)
{
	struct pointer *pointer = &view->pointer;

	if (pointer->selecting) {
		view_settle(view);
		selection_extend(view, view_place(view, pointer->row, pointer->col));
		return;
	}
	if (!guest_has_mouse(view) && !pointer->guest_buttons)
		return;
	event.action = VT_MOUSE_MOTION;
	event.button = VT_MOUSE_NONE;
	for (unsigned bit = 0; bit < 3; bit++)
		if (pointer->guest_buttons >> bit & 1) {
			event.button = guest_button(bit);
			break;
		}
	tell_guest(view, event);
}

static void change_button(struct display_view *view, unsigned bit, bool down, struct vt_mouse event,
	uint64_t now_ms, bool same_cell)
{
	event.button = guest_button(bit);
	event.action = down ? VT_MOUSE_PRESS : VT_MOUSE_RELEASE;
	if (down)
		press(view, 1u << bit, event, now_ms, same_cell);
	else
		release(view, 1u << bit, event);
}

void display_view_pointer(
	struct display_view *view, unsigned x_px, unsigned y_px, unsigned buttons, uint64_t now_ms)
{
	struct pointer *pointer = &view->pointer;
	unsigned last_col = display_view_cols(view) - 1, last_row = display_view_rows(view) - 1;
	unsigned col = x_px / TEXT_CELL_WIDTH, row = y_px / TEXT_CELL_HEIGHT;
	unsigned changed = (pointer->buttons ^ buttons) & ALL_BUTTONS;
	struct vt_mouse event = { .x_px = x_px, .y_px = y_px };
	bool same_cell;

	event.col = col = col < last_col ? col : last_col;
	event.row = row = row < last_row ? row : last_row;
	same_cell = col == pointer->col && row == pointer->row;
	pointer->col = col;
	pointer->row = row;
	pointer->buttons = buttons & ALL_BUTTONS;
	if (!same_cell && !(changed & buttons))
		move(view, event);
	for (unsigned bit = 0; changed >> bit; bit++)
		if (changed >> bit & 1)
			change_button(view, bit, buttons >> bit & 1, event, now_ms, same_cell);
}
