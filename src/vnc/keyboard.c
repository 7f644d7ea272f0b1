/* SPDX-License-Identifier: MIT */
/*
 * Keys go to the view, which knows about modifiers, switching and scrolling. Two things are seen
 * to here: the key that pastes the viewer's clipboard (with paste=key), and the lock keys: a
 * viewer that wants to hear their state gets it once its own keys have told what it is. To tell
 * a state that is only assumed would make viewers switch off their user's Num Lock.
 */
#include "vnc/keyboard.h"

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

static void set_led(struct keyboard *keyboard, enum led led, bool lit)
{
	int8_t before = keyboard->leds;
	int now = before < 0 ? 0 : before;

	now = lit ? now | (int)led : now & ~(int)led;
	keyboard->leds = (int8_t)now;
	if (keyboard->leds == before || !(keyboard->peer->features & FEATURE_LED))
		return;
	keyboard->updates->news.leds = (uint8_t)now;
	update_bring(keyboard->updates, NEWS_LED);
}

/* A capital without Shift means Caps Lock, and so on. */
static void guess_leds(struct keyboard *keyboard, uint32_t keysym)
{
	bool shift = keyboard->shifts;

	if (keysym >= 'A' && keysym <= 'Z')
		set_led(keyboard, LED_CAPS, !shift);
	else if (keysym >= 'a' && keysym <= 'z')
		set_led(keyboard, LED_CAPS, shift);
	else if (keysym >= KEY_KP_0 && keysym <= KEY_KP_9)
		set_led(keyboard, LED_NUM, true);
	else if (keysym >= KEY_KP_HOME && keysym <= KEY_KP_DELETE && !shift)
		set_led(keyboard, LED_NUM, false);
	else if (keyboard->leds >= 0 && keysym == KEY_CAPS_LOCK)
		set_led(keyboard, LED_CAPS, !(keyboard->leds & LED_CAPS));
	else if (keyboard->leds >= 0 && keysym == KEY_NUM_LOCK)
		set_led(keyboard, LED_NUM, !(keyboard->leds & LED_NUM));
}

static void note_shift(struct keyboard *keyboard, uint32_t keysym, bool down)
{
	unsigned bit = keysym == KEY_SHIFT_L ? 1 : keysym == KEY_SHIFT_R ? 2 : 0;

	keyboard->shifts = (uint8_t)(down ? keyboard->shifts | bit : keyboard->shifts & ~bit);
}

void keyboard_start(struct keyboard *keyboard, struct peer *peer, struct updates *updates,
	struct clipboard *clipboard)
{
	keyboard->peer = peer;
	keyboard->updates = updates;
	keyboard->clipboard = clipboard;
	keyboard->leds = -1;
}

void keyboard_in(struct keyboard *keyboard, uint32_t keysym, bool down)
{
	int r;

	if (!keysym)
		return;
	note_shift(keyboard, keysym, down);
	if (down)
		guess_leds(keyboard, keysym);
	if (keysym == KEY_INSERT && keyboard->shifts &&
		keyboard->peer->host->config.paste == VNC_PASTE_KEY) {
		if (down)
			clipboard_paste(keyboard->clipboard);
		return;
	}
	r = display_view_key(keyboard->peer->view, keysym, down);
	keyboard->peer->bell |= r == -ENOBUFS;
	peer_post(keyboard->peer);
}
