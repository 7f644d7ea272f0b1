/* SPDX-License-Identifier: MIT */
#include "mux/keys.h"

#include <stdio.h>
#include <string.h>

static enum mux_command command_of(char key)
{
	switch (key) {
	case 'h':
	case '?': return MUX_HELP;
	case 'x': return MUX_QUIT;
	case 't': return MUX_STAMPS;
	case 'b': return MUX_BREAK;
	case 'c': return MUX_NEXT;
	default: return MUX_NONE;
	}
}

/* The byte behind an escape character. */
static enum mux_command second(
	struct mux_keys *keys, const char **at, size_t *len, const char **ret_text, size_t *ret_len)
{
	const char *key = (*at)++;

	--*len;
	keys->seen = false;
	if ((unsigned char)*key != keys->escape)
		return command_of(*key);
	*ret_text = key;
	*ret_len = 1;
	return MUX_TEXT;
}

enum mux_command mux_keys_next(
	struct mux_keys *keys, const char **at, size_t *len, const char **ret_text, size_t *ret_len)
{
	const char *escape;

	if (keys->seen)
		return second(keys, at, len, ret_text, ret_len);
	escape = memchr(*at, keys->escape, *len);
	*ret_text = *at;
	*ret_len = escape ? (size_t)(escape - *at) : *len;
	keys->seen = escape != NULL;
	*at += *ret_len + keys->seen;
	*len -= *ret_len + keys->seen;
	return MUX_TEXT;
}

size_t mux_keys_help(unsigned char escape, char *buf, size_t size)
{
	static const struct {
		const char *key, *help;
	} lines[] = {
		{ "h  ", "print this help" },
		{ "t  ", "toggle console timestamps" },
		{ "b  ", "send break (magic sysrq)" },
		{ "c  ", "switch between console and monitor" },
	};
	char name[16] = "Escape-Char", intro[64] = "";
	size_t len;

	if (escape >= 1 && escape <= 25)
		snprintf(name, sizeof(name), "C-%c", 'a' + escape - 1);
	else
		snprintf(intro, sizeof(intro), "\n\rEscape-Char set to Ascii: 0x%02x\n\r\n\r",
			escape);
	len = (size_t)snprintf(buf, size, "%s\n\r", intro);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && len < size; i++)
		len += (size_t)snprintf(
			buf + len, size - len, "%s %s  %s\n\r", name, lines[i].key, lines[i].help);
	if (len < size)
		len += (size_t)snprintf(
			buf + len, size - len, "%s %s  sends %s\n\r", name, name, name);
	return len < size ? len : size - 1;
}
