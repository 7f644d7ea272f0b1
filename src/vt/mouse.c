/* SPDX-License-Identifier: MIT */
#include "vt/keyboard.h"
#include "vt/engine.h"
#include "vt/style.h"

#include <stdio.h>

/*
 * Mouse reports [xterm ctlseqs, "Mouse Tracking"]. What is reported is the mode's business, how it
 * is written the encoding's.
 */
#define MOTION	 32u
#define RELEASED 3u

static const uint8_t button_codes[] = {
	[VT_MOUSE_LEFT] = 0,
	[VT_MOUSE_MIDDLE] = 1,
	[VT_MOUSE_RIGHT] = 2,
	[VT_MOUSE_NONE] = RELEASED,
	[VT_MOUSE_WHEEL_UP] = 64,
	[VT_MOUSE_WHEEL_DOWN] = 65,
	[VT_MOUSE_WHEEL_LEFT] = 66,
	[VT_MOUSE_WHEEL_RIGHT] = 67,
};

bool vt_wants_mouse(const struct vt *vt)
{
	return vt->mouse_mode != MOUSE_OFF;
}

static bool is_wheel(const struct vt_mouse *event)
{
	return event->button >= VT_MOUSE_WHEEL_UP;
}

static bool is_wanted(const struct vt *vt, const struct vt_mouse *event)
{
	if (event->action == VT_MOUSE_MOTION)
		return vt->mouse_mode == MOUSE_ANY ||
		       (vt->mouse_mode == MOUSE_DRAG && event->button != VT_MOUSE_NONE);
	if (event->action == VT_MOUSE_RELEASE)
		return vt->mouse_mode >= MOUSE_BUTTONS && !is_wheel(event);
	return vt->mouse_mode >= MOUSE_BUTTONS ||
	       (vt->mouse_mode == MOUSE_X10 && event->button <= VT_MOUSE_RIGHT);
}

static unsigned event_code(const struct vt *vt, const struct vt_mouse *event)
{
	unsigned code = button_codes[event->button];

	if (vt->mouse_mode == MOUSE_X10)
		return code;
	code |= event->mods & VT_MOD_SHIFT ? 4 : 0;
	code |= event->mods & (VT_MOD_ALT | VT_MOD_META) ? 8 : 0;
	code |= event->mods & VT_MOD_CTRL ? 16 : 0;
	return event->action == VT_MOUSE_MOTION ? code + MOTION : code;
}

/* One value of the old encoding; places too far off to be said make the event vanish. */
static size_t put_byte(char *out, unsigned value, bool utf8)
{
	if (value > (utf8 ? 2047u : 255u))
		return 0;
	if (utf8)
		return utf8_encode(value, out);
	*out = (char)value;
	return 1;
}

static size_t put_bytes(
	const struct vt *vt, unsigned code, unsigned x, unsigned y, bool released, char *out)
{
	bool utf8 = vt->mouse_encoding == MOUSE_UTF8;
	size_t n = 3, more;
	const unsigned values[] = { (released ? (code & ~3u) | RELEASED : code) + 32, x + 32,
		y + 32 };

	memcpy(out, "\033[M", 3);
	for (unsigned i = 0; i < 3; i++) {
		more = put_byte(out + n, values[i], utf8);
		if (!more)
			return 0;
		n += more;
	}
	return n;
}

static size_t put_event(
	const struct vt *vt, const struct vt_mouse *event, unsigned x, unsigned y, char *out)
{
	unsigned code = event_code(vt, event);
	bool released = event->action == VT_MOUSE_RELEASE;
	int n;

	switch (vt->mouse_encoding) {
	case MOUSE_PIXELS:
		x = event->x_px + 1;
		y = event->y_px + 1;
		__attribute__((fallthrough));
	case MOUSE_SGR:
		n = snprintf(out, VT_KEY_BYTES_MAX, "\033[<%u;%u;%u%c", code, x, y,
			released ? 'm' : 'M');
		break;
	case MOUSE_URXVT:
		code = released ? (code & ~3u) | RELEASED : code;
		n = snprintf(out, VT_KEY_BYTES_MAX, "\033[%u;%u;%uM", code + 32, x, y);
		break;
	case MOUSE_BYTES:
	case MOUSE_UTF8: return put_bytes(vt, code, x, y, released, out);
	default: return 0;
	}
	return n < 0 || (size_t)n >= VT_KEY_BYTES_MAX ? 0 : (size_t)n;
}

/* The wheel as three presses of a cursor key, so that pagers scroll. */
static size_t put_alternate_scroll(const struct vt *vt, const struct vt_mouse *event, char *out)
{
	uint32_t keysym = event->button == VT_MOUSE_WHEEL_UP ? VT_KEY_UP : VT_KEY_DOWN;
	size_t n = vt_key(vt, keysym, 0, out);

	memcpy(out + n, out, n);
	memcpy(out + 2 * n, out, n);
	return 3 * n;
}

size_t vt_mouse(const struct vt *vt, const struct vt_mouse *event, char out[VT_KEY_BYTES_MAX])
{
	unsigned col = event->col < vt->cols ? event->col : vt->cols - 1;
	unsigned row = event->row < vt->rows ? event->row : vt->rows - 1;

	if (vt->mouse_mode == MOUSE_OFF) {
		bool scrolls = event->action == VT_MOUSE_PRESS &&
			       (event->button == VT_MOUSE_WHEEL_UP ||
				       event->button == VT_MOUSE_WHEEL_DOWN);

		return scrolls && vt_is_alternate(vt) && vt_mode(vt, MODE_ALTERNATE_SCROLL)
			       ? put_alternate_scroll(vt, event, out)
			       : 0;
	}
	return is_wanted(vt, event) ? put_event(vt, event, col + 1, row + 1, out) : 0;
}
