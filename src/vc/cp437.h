/* SPDX-License-Identifier: MIT */
#ifndef VC_CP437_H
#define VC_CP437_H

#include "base/strbuf.h"

#include <stddef.h>

/*
 * Code page 437, which guests speak that were made for a PC's text screen. What is below 0x80 is
 * ASCII on either side; the control characters stay what they are.
 */

/** cp437_to_utf8() - append what @len bytes of the code page mean */
void cp437_to_utf8(const char *bytes, size_t len, struct strbuf *out);

/** cp437_from_utf8() - append the bytes for a text; '?' for what the code page does not have */
void cp437_from_utf8(const char *text, size_t len, struct strbuf *out);

#endif
