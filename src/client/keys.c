/* SPDX-License-Identifier: MIT */
#include "client/keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void keys_init(struct keys *keys, int escape, bool tilde)
{
	*keys = (struct keys){ .escape = escape, .tilde = tilde };
}

static int pass(struct keys *keys, unsigned char byte, enum keys_meaning meaning)
{
	keys->mid_line = byte != '\r' && byte != '\n';
	return meaning;
}

/* Behind a '~' at the start of a line. */
static int after_tilde(struct keys *keys, unsigned char byte)
{
	keys->tilded = false;
	if (byte == '.')
		return '.';
	return pass(keys, byte, byte == '~' ? KEYS_PASS : KEYS_PASS_TILDE);
}

int keys_feed(struct keys *keys, unsigned char byte)
{
	if (keys->escaped) {
		keys->escaped = false;
		return byte == keys->escape ? pass(keys, byte, KEYS_PASS) : byte;
	}
	if (byte == keys->escape) {
		keys->escaped = true;
		return KEYS_NOTHING;
	}
	if (keys->tilded)
		return after_tilde(keys, byte);
	if (keys->tilde && byte == '~' && !keys->mid_line) {
		keys->tilded = true;
		return KEYS_NOTHING;
	}
	return pass(keys, byte, KEYS_PASS);
}

int keys_parse_escape(const char *text, int *ret_escape, struct error **err)
{
	size_t len = strlen(text);

	if (!strcmp(text, "none")) {
		*ret_escape = -1;
		return 0;
	}
	if (len == 1 && isprint((unsigned char)*text)) {
		*ret_escape = *text;
		return 0;
	}
	if (len == 2 && *text == '^' && toupper((unsigned char)text[1]) >= '@' &&
		toupper((unsigned char)text[1]) <= '_') {
		*ret_escape = toupper((unsigned char)text[1]) - '@';
		return 0;
	}
	error_set(err, EINVAL, "'%s' is no escape", text);
	error_set_hint(err, "It is a character as '^]' or '^A', or 'none'.");
	return -EINVAL;
}

const char *keys_name(int escape, char name[8])
{
	if (escape < 0)
		snprintf(name, 8, "none");
	else if (escape < ' ')
		snprintf(name, 8, "^%c", escape + '@');
	else
		snprintf(name, 8, "%c", escape);
	return name;
}
