/* SPDX-License-Identifier: MIT */
#ifndef VT_PRINT_H
#define VT_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt;
struct vt_cell;

/** print_ascii() - bytes 0x20..0x7e at the cursor, as the charsets map them */
void print_ascii(struct vt *vt, const uint8_t *bytes, size_t len);

/**
 * print_narrow() - characters that take one column and join nothing, none of a charset
 *
 * Not while struct vt.slow_print is set, nor with grapheme clusters.
 */
void print_narrow(struct vt *vt, const uint32_t *chars, size_t len);

/** print_char() - one character from U+00A0 on, or one that a charset gave */
void print_char(struct vt *vt, uint32_t c);

/** print_find_base() - Return: whether a character stands before the cursor; *@ret_x: where */
bool print_find_base(struct vt *vt, unsigned *ret_x);

/** print_repeat() - REP: the character left of the cursor @count times more, at most a row */
void print_repeat(struct vt *vt, unsigned count);

/** print_update() - after a change of charsets or insert mode: which way ASCII takes */
void print_update(struct vt *vt);

#endif
