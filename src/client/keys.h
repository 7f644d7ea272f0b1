/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_KEYS_H
#define CLIENT_KEYS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What is typed while attached: most of it goes to the guest, but what follows the escape is a
 * command, and "~." at the start of a line may be one too.
 */

/**
 * struct keys - how far it has come
 * @escape:  the byte that begins a command; -1: none does
 * @tilde:   "~." leaves
 * @escaped: the escape was typed; @tilded: the '~' was
 * @mid_line: something was typed since the last CR
 */
struct keys {
	int escape;
	bool tilde;
	bool escaped, tilded, mid_line;
};

/** What one byte means; others are the character of a command. */
enum keys_meaning {
	KEYS_NOTHING = -1,    /* more is to come */
	KEYS_PASS = -2,	      /* it goes to the guest */
	KEYS_PASS_TILDE = -3, /* a '~' that was held, and it */
};

/** keys_init() - nothing was typed yet */
void keys_init(struct keys *keys, int escape, bool tilde);

/** keys_feed() - one byte. Return: enum keys_meaning, or what was typed behind the escape */
int keys_feed(struct keys *keys, unsigned char byte);

/**
 * keys_parse_escape() - "^]", "^A", "]", "none"
 *
 * Return: 0, *@ret_escape -1 for "none"; -EINVAL with @err.
 */
int keys_parse_escape(const char *text, int *ret_escape, struct error **err);

/** keys_name() - the reverse. Return: @name, "^]" */
const char *keys_name(int escape, char name[8]);

#endif
