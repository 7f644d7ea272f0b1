/* SPDX-License-Identifier: MIT */
#ifndef VT_KEYBOARD_H
#define VT_KEYBOARD_H

#include "vt/vt.h"

/*
 * What a person does, as the bytes that the guest expects in its present modes. Nothing here
 * changes the engine; each function writes to the caller's buffer.
 */

/* Modifiers that are held; the bits of xterm's parameter minus one. */
enum vt_mod {
	VT_MOD_SHIFT = 1 << 0,
	VT_MOD_ALT = 1 << 1,
	VT_MOD_CTRL = 1 << 2,
	VT_MOD_META = 1 << 3,
};

/* The most bytes that vt_key(), vt_mouse() or vt_focus() write. */
#define VT_KEY_BYTES_MAX 32u

/*
 * Keysyms that have no character [X11 keysymdef]. All that VNC viewers send is understood: Latin-1
 * and the 0x01xxxxxx Unicode range, the legacy character pages, function and keypad keys.
 */
enum vt_keysym {
	VT_KEY_BACKSPACE = 0xff08,
	VT_KEY_TAB = 0xff09,
	VT_KEY_LINEFEED = 0xff0a,
	VT_KEY_RETURN = 0xff0d,
	VT_KEY_PAUSE = 0xff13,
	VT_KEY_ESCAPE = 0xff1b,
	VT_KEY_HOME = 0xff50,
	VT_KEY_LEFT,
	VT_KEY_UP,
	VT_KEY_RIGHT,
	VT_KEY_DOWN,
	VT_KEY_PAGE_UP,
	VT_KEY_PAGE_DOWN,
	VT_KEY_END,
	VT_KEY_BEGIN,
	VT_KEY_INSERT = 0xff63,
	VT_KEY_MENU = 0xff67,
	VT_KEY_NUM_LOCK = 0xff7f,
	VT_KEY_KP_SPACE = 0xff80,
	VT_KEY_KP_TAB = 0xff89,
	VT_KEY_KP_ENTER = 0xff8d,
	VT_KEY_KP_F1 = 0xff91,	 /* .. KP_F4 */
	VT_KEY_KP_HOME = 0xff95, /* home, left, up, right, down, pgup, pgdn, end, begin, ins, del */
	VT_KEY_KP_DELETE = 0xff9f,
	VT_KEY_KP_MULTIPLY = 0xffaa, /* * + , - . / 0..9 as in ASCII */
	VT_KEY_KP_9 = 0xffb9,
	VT_KEY_KP_EQUAL = 0xffbd,
	VT_KEY_F1 = 0xffbe, /* .. F35 = 0xffe0 */
	VT_KEY_F35 = 0xffe0,
	VT_KEY_DELETE = 0xffff,
	VT_KEY_ISO_LEFT_TAB = 0xfe20,
};

/**
 * vt_key() - a key went down (or repeats)
 * @keysym: X11 keysym, Shift already applied to it by the viewer
 * @mods:   enum vt_mod bits
 * @out:    VT_KEY_BYTES_MAX bytes
 *
 * Return: bytes in @out; 0: the key sends nothing (modifiers, dead keys, unknown ones).
 */
size_t vt_key(const struct vt *vt, uint32_t keysym, unsigned mods, char out[VT_KEY_BYTES_MAX]);

/** vt_keysym_to_unicode() - the character a keysym stands for; 0: none */
uint32_t vt_keysym_to_unicode(uint32_t keysym);

enum vt_mouse_button {
	VT_MOUSE_LEFT,
	VT_MOUSE_MIDDLE,
	VT_MOUSE_RIGHT,
	VT_MOUSE_NONE, /* motion without a button */
	VT_MOUSE_WHEEL_UP,
	VT_MOUSE_WHEEL_DOWN,
	VT_MOUSE_WHEEL_LEFT,
	VT_MOUSE_WHEEL_RIGHT,
};

enum vt_mouse_action { VT_MOUSE_PRESS, VT_MOUSE_RELEASE, VT_MOUSE_MOTION };

/**
 * struct vt_mouse - one event of a pointer
 * @button: for motion: the button that is held, or VT_MOUSE_NONE
 * @col, @row: clamped to the screen
 * @x_px, @y_px: the same place in pixels, for mode 1016
 */
struct vt_mouse {
	enum vt_mouse_action action;
	enum vt_mouse_button button;
	unsigned mods;
	unsigned col, row;
	unsigned x_px, y_px;
};

/** vt_wants_mouse() - whether the guest has asked for mouse events (else they select text) */
bool vt_wants_mouse(const struct vt *vt);

/**
 * vt_mouse() - encode an event as the guest's mouse mode wants it
 *
 * The caller filters motion inside one cell. While the alternate screen is shown and no mouse mode
 * is on, the wheel sends cursor keys (mode 1007).
 *
 * Return: bytes in @out; 0: the guest does not want this event.
 */
size_t vt_mouse(const struct vt *vt, const struct vt_mouse *event, char out[VT_KEY_BYTES_MAX]);

/** vt_focus() - the viewer got or lost the focus; Return: bytes in @out, 0 unless asked for */
size_t vt_focus(const struct vt *vt, bool focused, char out[VT_KEY_BYTES_MAX]);

/**
 * vt_paste() - text from a clipboard as input for the guest
 * @text: UTF-8
 *
 * Line ends (LF, CR LF) become CR; other control characters but TAB are left out, so that pasted
 * text cannot end the bracket or press keys. With mode 2004 it stands between ESC [ 200 ~ and
 * ESC [ 201 ~.
 */
void vt_paste(const struct vt *vt, const char *text, size_t len, struct strbuf *out);

/** vt_brackets_paste() - whether the guest has asked for the bracket (mode 2004) */
bool vt_brackets_paste(const struct vt *vt);

#endif
