/* SPDX-License-Identifier: MIT */
#include "vt/keyboard.h"
#include "vt/engine.h"
#include "vt/keysym-table.h"
#include "vt/style.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * Keys as xterm sends them in its default "PC style" [xterm ctlseqs, "PC-Style Function Keys"]. A
 * modified function key has a parameter: 1 + 1 Shift, 2 Alt, 4 Ctrl, 8 Meta.
 */

enum key_kind {
	KEY_NONE,
	KEY_CURSOR, /* ESC [ X, in cursor key mode ESC O X; modified ESC [ 1 ; m X */
	KEY_PF,	    /* ESC O X; modified ESC [ 1 ; m X */
	KEY_TILDE,  /* ESC [ n ~; modified ESC [ n ; m ~ */
	KEY_PAD,    /* a character; in keypad mode ESC O X */
};

struct key {
	uint32_t keysym;
	enum key_kind kind;
	uint8_t code;	   /* final byte, or the number before ~ */
	uint8_t pad_final; /* what it is in keypad mode, where the key is on the keypad */
};

static const struct key keys[] = {
	{ VT_KEY_HOME, KEY_CURSOR, 'H', 0 },
	{ VT_KEY_LEFT, KEY_CURSOR, 'D', 0 },
	{ VT_KEY_UP, KEY_CURSOR, 'A', 0 },
	{ VT_KEY_RIGHT, KEY_CURSOR, 'C', 0 },
	{ VT_KEY_DOWN, KEY_CURSOR, 'B', 0 },
	{ VT_KEY_PAGE_UP, KEY_TILDE, 5, 0 },
	{ VT_KEY_PAGE_DOWN, KEY_TILDE, 6, 0 },
	{ VT_KEY_END, KEY_CURSOR, 'F', 0 },
	{ VT_KEY_BEGIN, KEY_CURSOR, 'E', 0 },
	{ VT_KEY_INSERT, KEY_TILDE, 2, 0 },
	{ VT_KEY_MENU, KEY_TILDE, 29, 0 },
	{ VT_KEY_DELETE, KEY_TILDE, 3, 0 },
	{ VT_KEY_KP_HOME, KEY_CURSOR, 'H', 'w' },
	{ VT_KEY_KP_HOME + 1, KEY_CURSOR, 'D', 't' },
	{ VT_KEY_KP_HOME + 2, KEY_CURSOR, 'A', 'x' },
	{ VT_KEY_KP_HOME + 3, KEY_CURSOR, 'C', 'v' },
	{ VT_KEY_KP_HOME + 4, KEY_CURSOR, 'B', 'r' },
	{ VT_KEY_KP_HOME + 5, KEY_TILDE, 5, 'y' },
	{ VT_KEY_KP_HOME + 6, KEY_TILDE, 6, 's' },
	{ VT_KEY_KP_HOME + 7, KEY_CURSOR, 'F', 'q' },
	{ VT_KEY_KP_HOME + 8, KEY_CURSOR, 'E', 'u' },
	{ VT_KEY_KP_HOME + 9, KEY_TILDE, 2, 'p' },
	{ VT_KEY_KP_DELETE, KEY_TILDE, 3, 'n' },
	{ VT_KEY_KP_F1, KEY_PF, 'P', 0 },
	{ VT_KEY_KP_F1 + 1, KEY_PF, 'Q', 0 },
	{ VT_KEY_KP_F1 + 2, KEY_PF, 'R', 0 },
	{ VT_KEY_KP_F1 + 3, KEY_PF, 'S', 0 },
	{ VT_KEY_KP_SPACE, KEY_PAD, ' ', ' ' },
	{ VT_KEY_KP_MULTIPLY, KEY_PAD, '*', 'j' },
	{ VT_KEY_KP_MULTIPLY + 1, KEY_PAD, '+', 'k' },
	{ VT_KEY_KP_MULTIPLY + 2, KEY_PAD, ',', 'l' },
	{ VT_KEY_KP_MULTIPLY + 3, KEY_PAD, '-', 'm' },
	{ VT_KEY_KP_MULTIPLY + 4, KEY_PAD, '.', 0 },
	{ VT_KEY_KP_MULTIPLY + 5, KEY_PAD, '/', 'o' },
	{ VT_KEY_KP_EQUAL, KEY_PAD, '=', 'X' },
};

static const uint8_t function_keys[] = { 0, 0, 0, 0, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29,
	31, 32, 33, 34 };

static struct key find_key(uint32_t keysym)
{
	uint32_t f = keysym - VT_KEY_F1;

	if (f < 4)
		return (struct key){ keysym, KEY_PF, (uint8_t)('P' + f), 0 };
	if (f < sizeof(function_keys))
		return (struct key){ keysym, KEY_TILDE, function_keys[f], 0 };
	/* with NumLock the digits are digits in every mode */
	if (keysym >= VT_KEY_KP_9 - 9 && keysym <= VT_KEY_KP_9)
		return (struct key){ keysym, KEY_PAD, (uint8_t)(keysym - (VT_KEY_KP_9 - 9) + '0'),
			0 };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].keysym == keysym)
			return keys[i];
	return (struct key){ 0 };
}

static size_t put(char *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static size_t put(char *out, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(out, VT_KEY_BYTES_MAX, fmt, ap);
	va_end(ap);
	return len < 0 || (size_t)len >= VT_KEY_BYTES_MAX ? 0 : (size_t)len;
}

/* ---- characters ---- */

/* The control character of Ctrl and @c; -1: none. */
static int control_of(uint32_t c)
{
	static const char from[] = " 23456789/?~",
			  to[] = "\0\0\033\034\035\036\037\1779\037\177\036";
	const char *at;

	if ((c >= '@' && c <= '_') || (c >= 'a' && c <= 'z'))
		return (int)(c & 0x1f);
	at = c < 0x80 && c != '9' ? strchr(from, (int)c) : NULL;
	return at && *at ? (unsigned char)to[at - from] : -1;
}

static size_t put_modified(char *out, uint32_t c, unsigned mods)
{
	return put(out, "\033[27;%u;%u~", mods + 1, c);
}

static size_t put_char(const struct vt *vt, uint32_t c, unsigned mods, char *out)
{
	bool alt = mods & (VT_MOD_ALT | VT_MOD_META);
	int control = mods & VT_MOD_CTRL ? control_of(c) : -1;
	size_t n = 0;

	if ((vt->modify_other_keys == 2 && mods & ~(unsigned)VT_MOD_SHIFT) ||
		(vt->modify_other_keys == 1 && mods & VT_MOD_CTRL && control < 0))
		return put_modified(out, c, mods);
	if (control >= 0)
		c = (uint32_t)control;
	if (alt && vt_mode(vt, MODE_ALT_ESCAPE))
		out[n++] = '\033';
	else if (alt && c < 0x80)
		c |= 0x80;
	return n + utf8_encode(c, out + n);
}

/* Keys that are control characters by themselves. */
static size_t put_control(const struct vt *vt, char c, unsigned mods, char *out)
{
	size_t n = 0;

	if (vt->modify_other_keys == 2 && mods)
		return put_modified(out, (uint32_t)c, mods);
	if (mods & (VT_MOD_ALT | VT_MOD_META))
		out[n++] = '\033';
	out[n++] = c;
	return n;
}

static size_t put_return(const struct vt *vt, unsigned mods, char *out)
{
	size_t n = put_control(vt, '\r', mods, out);

	if (vt_mode(vt, MODE_NEWLINE) && n && out[n - 1] == '\r')
		out[n++] = '\n';
	return n;
}

/* DECBKM and the option agree on what the key sends; Ctrl makes it the other one. */
static size_t put_backspace(const struct vt *vt, unsigned mods, char *out)
{
	bool bs = vt->config.backspace_bs || vt_mode(vt, MODE_BACKARROW);

	if (mods & VT_MOD_CTRL && vt->modify_other_keys != 2)
		bs = !bs;
	return put_control(vt, bs ? '\b' : '\177', mods, out);
}

static size_t put_tab(const struct vt *vt, unsigned mods, char *out)
{
	if (mods & VT_MOD_SHIFT)
		return put(out, "\033[Z");
	return put_control(vt, '\t', mods, out);
}

/* ---- function keys ---- */

static size_t put_key(const struct vt *vt, const struct key *key, unsigned mods, char *out)
{
	bool application = vt_mode(vt, MODE_KEYPAD) && key->pad_final && !mods;

	if (application)
		return put(out, "\033O%c", key->pad_final);
	switch (key->kind) {
	case KEY_CURSOR:
		if (mods)
			return put(out, "\033[1;%u%c", mods + 1, key->code);
		return put(out, "\033%c%c", vt_mode(vt, MODE_CURSOR_KEYS) ? 'O' : '[', key->code);
	case KEY_PF:
		if (mods)
			return put(out, "\033[1;%u%c", mods + 1, key->code);
		return put(out, "\033O%c", key->code);
	case KEY_TILDE:
		if (mods)
			return put(out, "\033[%u;%u~", key->code, mods + 1);
		return put(out, "\033[%u~", key->code);
	case KEY_PAD: return put_char(vt, key->code, mods, out);
	case KEY_NONE: break;
	}
	return 0;
}

uint32_t vt_keysym_to_unicode(uint32_t keysym)
{
	if ((keysym >= 0x20 && keysym < 0x7f) || (keysym >= 0xa0 && keysym <= 0xff))
		return keysym;
	if (keysym >= 0x01000020 && keysym <= 0x0110ffff) {
		uint32_t c = keysym & 0xffffff;
		bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);

		return control || (c >= 0xd800 && c < 0xe000) ? 0 : c;
	}
	for (size_t i = 0; i < keysym_run_count; i++)
		if (keysym - keysym_runs[i].first < keysym_runs[i].count)
			return keysym_runs[i].unicode + (keysym - keysym_runs[i].first);
	return 0;
}

size_t vt_key(const struct vt *vt, uint32_t keysym, unsigned mods, char out[VT_KEY_BYTES_MAX])
{
	struct key key;
	uint32_t c;

	mods &= 15;
	switch (keysym) {
	case VT_KEY_BACKSPACE: return put_backspace(vt, mods, out);
	case VT_KEY_KP_TAB:
	case VT_KEY_TAB: return put_tab(vt, mods, out);
	case VT_KEY_ISO_LEFT_TAB: return put_tab(vt, mods | VT_MOD_SHIFT, out);
	case VT_KEY_LINEFEED: return put_control(vt, '\n', mods, out);
	case VT_KEY_ESCAPE: return put_control(vt, '\033', mods, out);
	case VT_KEY_RETURN: return put_return(vt, mods, out);
	case VT_KEY_KP_ENTER:
		if (vt_mode(vt, MODE_KEYPAD) && !mods)
			return put(out, "\033OM");
		return put_return(vt, mods, out);
	default: break;
	}
	key = find_key(keysym);
	if (key.kind != KEY_NONE)
		return put_key(vt, &key, mods, out);
	c = vt_keysym_to_unicode(keysym);
	return c ? put_char(vt, c, mods, out) : 0;
}

/* ---- focus and paste ---- */

size_t vt_focus(const struct vt *vt, bool focused, char out[VT_KEY_BYTES_MAX])
{
	return vt_mode(vt, MODE_FOCUS) ? put(out, "\033[%c", focused ? 'I' : 'O') : 0;
}

bool vt_brackets_paste(const struct vt *vt)
{
	return vt_mode(vt, MODE_PASTE);
}

void vt_paste(const struct vt *vt, const char *text, size_t len, struct strbuf *out)
{
	bool bracketed = vt_brackets_paste(vt);

	if (bracketed)
		strbuf_puts(out, "\033[200~");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char next = i + 1 < len ? (unsigned char)text[i + 1] : 0;

		if (c == '\r' && next == '\n')
			continue;
		if (c == '\n' || c == '\r') {
			strbuf_putc(out, '\r');
		} else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			i++; /* a C1 control */
		} else if ((c >= 0x20 && c != 0x7f) || c == '\t') {
			strbuf_putc(out, (char)c);
		}
	}
	if (bracketed)
		strbuf_puts(out, "\033[201~");
}
