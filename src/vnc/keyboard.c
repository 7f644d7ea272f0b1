/* SPDX-License-Identifier: MIT */
/*
 * Keys go to the view, which knows about modifiers, sequences, switching and scrolling. Only the
 * keys that paste the viewer's clipboard (with paste=key) are seen to here.
 *
 * Viewers are not told of lock keys (the LED state of the community's protocol): a text console has
 * none, and a state that is only guessed makes viewers switch off their user's Num Lock.
 */
#include "vnc/keyboard.h"

#include <errno.h>

enum keysym {
	KEY_INSERT = 0xff63,
	KEY_SHIFT_L = 0xffe1,
	KEY_SHIFT_R = 0xffe2,
	KEY_CONTROL_L = 0xffe3,
	KEY_CONTROL_R = 0xffe4,
};

#define SHIFTS	 (1u << (KEY_SHIFT_L - KEY_SHIFT_L) | 1u << (KEY_SHIFT_R - KEY_SHIFT_L))
#define CONTROLS (1u << (KEY_CONTROL_L - KEY_SHIFT_L) | 1u << (KEY_CONTROL_R - KEY_SHIFT_L))

void keyboard_start(struct keyboard *keyboard, struct peer *peer, struct clipboard *clipboard)
{
	keyboard->peer = peer;
	keyboard->clipboard = clipboard;
}

static void hold(struct keyboard *keyboard, uint32_t keysym, bool down)
{
	unsigned bit;

	if (keysym < KEY_SHIFT_L || keysym > KEY_CONTROL_R)
		return;
	bit = 1u << (keysym - KEY_SHIFT_L);
	keyboard->held = (uint8_t)(down ? keyboard->held | bit : keyboard->held & ~bit);
}

/* Shift-Insert, Ctrl-Shift-V. */
static bool is_paste_key(const struct keyboard *keyboard, uint32_t keysym)
{
	if (keyboard->peer->host->config.paste != VNC_PASTE_KEY || !(keyboard->held & SHIFTS))
		return false;
	return keysym == KEY_INSERT ||
	       ((keysym == 'V' || keysym == 'v') && (keyboard->held & CONTROLS));
}

void keyboard_in(struct keyboard *keyboard, uint32_t keysym, unsigned place, bool down)
{
	struct peer *peer = keyboard->peer;

	if (!keysym)
		return;
	hold(keyboard, keysym, down);
	if (is_paste_key(keyboard, keysym)) {
		if (down)
			clipboard_paste(keyboard->clipboard);
		return;
	}
	peer->bell |= display_view_key(peer->view, keysym, place, down) == -ENOBUFS;
	peer_post(peer);
}
