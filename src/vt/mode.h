/* SPDX-License-Identifier: MIT */
#ifndef VT_MODE_H
#define VT_MODE_H

#include <stdbool.h>
#include <stdint.h>

struct vt;

/* The modes that are one bit; mode.c has the table of their numbers. */
enum mode {
	MODE_KEYBOARD_LOCK,
	MODE_INSERT,
	MODE_NO_ECHO,
	MODE_NEWLINE,
	MODE_CURSOR_KEYS,
	MODE_COLUMNS_132,
	MODE_SMOOTH_SCROLL,
	MODE_REVERSE_SCREEN,
	MODE_ORIGIN,
	MODE_AUTOWRAP,
	MODE_AUTOREPEAT,
	MODE_CURSOR_BLINK,
	MODE_CURSOR_VISIBLE,
	MODE_ALLOW_COLUMNS,
	MODE_TAB_WRAPS,
	MODE_REVERSE_WRAP,
	MODE_KEYPAD,
	MODE_BACKARROW,
	MODE_MARGINS,
	MODE_NO_CLEAR_COLUMNS,
	MODE_FOCUS,
	MODE_ALTERNATE_SCROLL,
	MODE_ALT_ESCAPE,
	MODE_PASTE,
	MODE_SYNCHRONIZED,
	MODE_GRAPHEMES,
	MODE_COUNT,
};

/* DECCOLM: the widths; MODE_COLUMNS_132 is set only while the screen has the larger one. */
#define COLUMNS_NARROW 80u
#define COLUMNS_WIDE   132u

#define MODE_BIT(m) (UINT64_C(1) << (m))
#define MODES_INITIAL                                                                   \
	(MODE_BIT(MODE_NO_ECHO) | MODE_BIT(MODE_AUTOWRAP) | MODE_BIT(MODE_AUTOREPEAT) | \
		MODE_BIT(MODE_CURSOR_BLINK) | MODE_BIT(MODE_CURSOR_VISIBLE) |           \
		MODE_BIT(MODE_ALTERNATE_SCROLL) | MODE_BIT(MODE_ALT_ESCAPE))

enum mouse_mode { MOUSE_OFF, MOUSE_X10, MOUSE_BUTTONS, MOUSE_DRAG, MOUSE_ANY };
enum mouse_encoding { MOUSE_BYTES, MOUSE_UTF8, MOUSE_SGR, MOUSE_URXVT, MOUSE_PIXELS };

/** mode_set() - one mode by its number; unknown ones are ignored */
void mode_set(struct vt *vt, bool private, int number, bool on);

/** mode_report() - Return: what DECRPM says: 0 unknown, 1 set, 2 reset, 4 reset for ever */
int mode_report(const struct vt *vt, bool private, int number);

/** mode_save(), mode_restore() - XTSAVE and XTRESTORE of one private mode */
void mode_save(struct vt *vt, int number);
void mode_restore(struct vt *vt, int number);

/** struct mode_number - how a bit is called on the wire; what vt_replay() goes by */
struct mode_number {
	int number;
	bool private;
	enum mode mode;
};

/** mode_numbers() - the one-bit modes; @ret_count of them */
const struct mode_number *mode_numbers(unsigned *ret_count);

#endif
