/* SPDX-License-Identifier: MIT */
/*
 * Keys go to the view, which knows about modifiers, switching and scrolling. Two things are seen
 * to here: the key that pastes the viewer's clipboard (with paste=key), and the lock keys: a
 * viewer that wants to hear their state gets it once its own keys have told what it is. To tell
 * a state that is only assumed would make viewers switch off their user's Num Lock.
 */
#include "vnc/viewer.h"

#include "vnc/server.h"

#include <errno.h>

enum keysym {
	KEY_INSERT = 0xff63,
	KEY_NUM_LOCK = 0xff7f,
	KEY_KP_HOME = 0xff95,
	KEY_KP_DELETE = 0xff9f,
	KEY_KP_0 = 0xffb0,
	KEY_KP_9 = 0xffb9,
	KEY_SHIFT_L = 0xffe1,
	KEY_SHIFT_R = 0xffe2,
	KEY_CAPS_LOCK = 0xffe5,
};

enum led { LED_NUM = 2, LED_CAPS = 4 };

static void set_led(struct vnc_viewer *viewer, enum led led, bool lit)
{
	int8_t before = viewer->leds;
	int now = before < 0 ? 0 : before;

	now = lit ? now | (int)led : now & ~(int)led;
	viewer->leds = (int8_t)now;
	if (viewer->leds == before || !(viewer->features & FEATURE_LED))
		return;
	viewer->updates.news |= NEWS_LED;
	viewer_post(viewer);
}

/* A capital without Shift means Caps Lock, and so on. */
static void guess_leds(struct vnc_viewer *viewer, uint32_t keysym)
{
	bool shift = viewer->shifts;

	if (keysym >= 'A' && keysym <= 'Z')
		set_led(viewer, LED_CAPS, !shift);
	else if (keysym >= 'a' && keysym <= 'z')
		set_led(viewer, LED_CAPS, shift);
	else if (keysym >= KEY_KP_0 && keysym <= KEY_KP_9)
		set_led(viewer, LED_NUM, true);
	else if (keysym >= KEY_KP_HOME && keysym <= KEY_KP_DELETE && !shift)
		set_led(viewer, LED_NUM, false);
	else if (viewer->leds >= 0 && keysym == KEY_CAPS_LOCK)
		set_led(viewer, LED_CAPS, !(viewer->leds & LED_CAPS));
	else if (viewer->leds >= 0 && keysym == KEY_NUM_LOCK)
		set_led(viewer, LED_NUM, !(viewer->leds & LED_NUM));
}

static void note_shift(struct vnc_viewer *viewer, uint32_t keysym, bool down)
{
	unsigned bit = keysym == KEY_SHIFT_L ? 1 : keysym == KEY_SHIFT_R ? 2 : 0;

	viewer->shifts = (uint8_t)(down ? viewer->shifts | bit : viewer->shifts & ~bit);
}

void keyboard_in(struct vnc_viewer *viewer, uint32_t keysym, bool down)
{
	int r;

	if (!keysym)
		return;
	note_shift(viewer, keysym, down);
	if (down)
		guess_leds(viewer, keysym);
	if (keysym == KEY_INSERT && viewer->shifts &&
		viewer->server->config.paste == VNC_PASTE_KEY) {
		if (down)
			clipboard_paste(viewer);
		return;
	}
	r = display_view_key(viewer->view, keysym, down);
	viewer->bell |= r == -ENOBUFS;
	viewer_post(viewer);
}
