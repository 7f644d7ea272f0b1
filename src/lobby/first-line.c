/* SPDX-License-Identifier: MIT */
#include "lobby/first-line.h"

#include <string.h>

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };

static size_t rub_out(struct first_line *line, size_t n, char echo[FIRST_LINE_ECHO_MAX])
{
	for (size_t i = 0; i < n; i++)
		memcpy(echo + 3 * i, "\b \b", 3);
	line->len -= n;
	return 3 * n;
}

static size_t add(struct first_line *line, uint8_t byte, char echo[FIRST_LINE_ECHO_MAX])
{
	if (byte < ' ' || byte > '~' || line->len == FIRST_LINE_MAX)
		return 0;
	echo[0] = line->text[line->len++] = (char)byte;
	return 1;
}

enum first_line_end first_line_feed(struct first_line *line, uint8_t byte,
	char ret_echo[FIRST_LINE_ECHO_MAX], size_t *ret_echo_len)
{
	enum first_line_end end = FIRST_LINE_GOES_ON;
	size_t echoed = 0;

	switch (byte) {
	case '\r':
	case '\n': end = FIRST_LINE_DONE; break;
	case CTRL_C:
	case CTRL_D: end = FIRST_LINE_LEAVES; break;
	case BACKSPACE:
	case DELETE: echoed = rub_out(line, line->len ? 1 : 0, ret_echo); break;
	case CTRL_U: echoed = rub_out(line, line->len, ret_echo); break;
	default: echoed = add(line, byte, ret_echo);
	}
	line->text[line->len] = 0;
	*ret_echo_len = echoed;
	return end;
}
