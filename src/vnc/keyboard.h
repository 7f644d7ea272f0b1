/* SPDX-License-Identifier: MIT */
#ifndef VNC_KEYBOARD_H
#define VNC_KEYBOARD_H

#include "vnc/clipboard.h"
#include "vnc/update.h"

/**
 * struct keyboard - what is known of a viewer's keys
 * @shifts: which of the two Shift keys are down
 * @leds:   enum led bits; -1: not known
 */
struct keyboard {
	struct peer *peer;
	struct updates *updates;
	struct clipboard *clipboard;
	uint8_t shifts;
	int8_t leds;
};

void keyboard_start(struct keyboard *keyboard, struct peer *peer, struct updates *updates,
	struct clipboard *clipboard);

/** keyboard_in() - a key went down or up */
void keyboard_in(struct keyboard *keyboard, uint32_t keysym, bool down);

#endif
