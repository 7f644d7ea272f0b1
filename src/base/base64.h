/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/strbuf.h"

#include <sys/types.h>

/** base64_encode() - append @bytes as base64 [RFC 4648 4] */
void base64_encode(struct strbuf *text, const void *bytes, size_t len);

/**
 * base64_decode() - append the bytes that @text stands for
 *
 * White space may stand anywhere; padding may be missing.
 *
 * Return: 0; -EINVAL: has other characters in it.
 */
int base64_decode(struct strbuf *bytes, const char *text);

/**
 * base64_decode_in_place() - the same where the @len characters stand: what they say is secret, or
 * costs no memory
 *
 * Return: how many bytes have taken their place; -EINVAL: as above, @text is spoilt.
 */
ssize_t base64_decode_in_place(void *text, size_t len);

#endif
