/* SPDX-License-Identifier: MIT */
#ifndef VNC_KEYBOARD_H
#define VNC_KEYBOARD_H

#include "vnc/clipboard.h"

/**
 * struct keyboard - what is known of a viewer's keys
 * @held: which Shift and Control keys are down
 */
struct keyboard {
	struct peer *peer;
	struct clipboard *clipboard;
	uint8_t held;
};

void keyboard_start(struct keyboard *keyboard, struct peer *peer, struct clipboard *clipboard);

/** keyboard_in() - a key went down or up; @place: its XT scan code, 0: not known */
void keyboard_in(struct keyboard *keyboard, uint32_t keysym, unsigned place, bool down);

#endif
