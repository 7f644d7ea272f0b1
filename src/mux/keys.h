/* SPDX-License-Identifier: MIT */
#ifndef MUX_KEYS_H
#define MUX_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* What a person may ask of a mux: the escape character, then one more. */
enum mux_command {
	MUX_TEXT,   /* no command: bytes for who has the focus */
	MUX_HELP,   /* h ? */
	MUX_QUIT,   /* x */
	MUX_STAMPS, /* t */
	MUX_BREAK,  /* b */
	MUX_NEXT,   /* c */
	MUX_NONE,   /* any other: swallowed */
};

/** struct mux_keys - @escape: the character; @seen: it was the last byte of what came before */
struct mux_keys {
	unsigned char escape;
	bool seen;
};

/**
 * mux_keys_next() - cut the next stretch off a piece of input
 * @at, @len: what is left of the piece, 1 or more bytes; move on
 * @ret_text, @ret_len: with MUX_TEXT: the bytes for the guest, part of the piece; may be none
 *
 * The escape character twice is one for the guest.
 */
enum mux_command mux_keys_next(struct mux_keys *keys, const char **at, size_t *len,
	const char **ret_text, size_t *ret_len);

/**
 * mux_keys_help() - what there is, as lines that end with "\n\r"
 * @escape: 1..26 is shown as "C-a" and so on, others as "Escape-Char" with a line in front
 *
 * Return: length of the text, which is cut at @size - 1.
 */
size_t mux_keys_help(unsigned char escape, char *buf, size_t size);

#endif
