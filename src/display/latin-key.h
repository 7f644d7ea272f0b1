/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_LATIN_KEY_H
#define DISPLAY_LATIN_KEY_H

#include <stdint.h>

/**
 * latin_key() - the key that a shortcut is meant by
 * @place: of the key on the keyboard, as an XT scan code; 0: not known
 *
 * Ctrl with a letter of another script means the Latin letter at the same place. Where the place is
 * not known it is that of the script's usual layout (Cyrillic, Greek, Hebrew).
 *
 * Return: @keysym itself where it is Latin, or none is known.
 */
uint32_t latin_key(uint32_t keysym, unsigned place);

#endif
