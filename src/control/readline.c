/* SPDX-License-Identifier: MIT */
/*
 * The line is always drawn anew from where it has changed: at the end of it a key costs a byte, in
 * the middle the rest of the line. Wide characters count as one column each: on a terminal that is
 * told of them the cursor may stand beside its place until the line is drawn anew (Ctrl-L).
 */
#include "control/readline.h"

#include <stdlib.h>
#include <string.h>

#define CTRL(c) ((c)-0x40)

enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI };

/* ---- drawing ---- */

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t columns(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += begins_character(text[i]);
	return n;
}

static void move_left(struct strbuf *out, size_t n)
{
	if (n)
		strbuf_printf(out, "\033[%zuD", n);
}

/* From the cursor on. */
static void draw_rest(const struct readline *readline, struct strbuf *out)
{
	size_t rest = readline->len - readline->at;

	strbuf_append(out, readline->line + readline->at, rest);
	strbuf_puts(out, "\033[K");
	move_left(out, columns(readline->line + readline->at, rest));
}

static void draw_all(const struct readline *readline, struct strbuf *out)
{
	strbuf_printf(out, "\r%s%.*s", readline->prompt, (int)readline->at, readline->line);
	draw_rest(readline, out);
}

void readline_begin(struct readline *readline, struct strbuf *out)
{
	readline->len = readline->at = 0;
	readline->line[0] = '\0';
	readline->escape = ESCAPE_NONE;
	readline->shown = readline->n_history;
	strbuf_puts(out, readline->prompt);
}

/* ---- editing ---- */

static size_t before(const struct readline *readline, size_t at)
{
	while (at && !begins_character(readline->line[--at]))
		continue;
	return at;
}

static size_t behind(const struct readline *readline, size_t at)
{
	while (at < readline->len && !begins_character(readline->line[++at]))
		continue;
	return at;
}

static void move_to(struct readline *readline, size_t at, struct strbuf *out)
{
	if (at < readline->at)
		move_left(out, columns(readline->line + at, readline->at - at));
	else
		strbuf_append(out, readline->line + readline->at, at - readline->at);
	readline->at = at;
}

/* The bytes from @from to before @to; the cursor is at one of them, or goes to @from. */
static void erase(struct readline *readline, size_t from, size_t to, struct strbuf *out)
{
	move_to(readline, from, out);
	memmove(readline->line + from, readline->line + to, readline->len - to + 1);
	readline->len -= to - from;
	draw_rest(readline, out);
}

static void insert(struct readline *readline, const char *text, size_t len, struct strbuf *out)
{
	char *at = readline->line + readline->at;

	if (readline->len + len >= READLINE_BYTES) {
		strbuf_putc(out, '\a');
		return;
	}
	memmove(at + len, at, readline->len - readline->at + 1);
	memcpy(at, text, len);
	readline->len += len;
	readline->at += len;
	strbuf_append(out, text, len);
	if (readline->at < readline->len)
		draw_rest(readline, out);
}

static size_t word_start(const struct readline *readline)
{
	size_t at = readline->at;

	while (at && readline->line[at - 1] == ' ')
		at--;
	while (at && readline->line[at - 1] != ' ')
		at--;
	return at;
}

/* ---- history ---- */

static void set_line(struct readline *readline, const char *text, struct strbuf *out)
{
	readline->len = readline->at = strlen(text);
	memcpy(readline->line, text, readline->len + 1);
	draw_all(readline, out);
}

static void show(struct readline *readline, size_t which, struct strbuf *out)
{
	if (which > readline->n_history)
		return;
	if (readline->shown == readline->n_history) {
		free(readline->draft);
		readline->draft = strdup(readline->line);
	}
	readline->shown = which;
	if (which < readline->n_history)
		set_line(readline, readline->history[which], out);
	else
		set_line(readline, readline->draft ? readline->draft : "", out);
}

static void remember(struct readline *readline)
{
	size_t n = readline->n_history;
	char *line;

	if (!readline->len || (n && !strcmp(readline->history[n - 1], readline->line)))
		return;
	line = strdup(readline->line);
	if (!line)
		return;
	if (n == READLINE_HISTORY) {
		free(readline->history[0]);
		memmove(readline->history, readline->history + 1, (n - 1) * sizeof(char *));
		n--;
	}
	readline->history[n] = line;
	readline->n_history = n + 1;
}

/* ---- completion ---- */

static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* As far as all that fit agree; where they do not, they are listed. */
static void complete(struct readline *readline, struct strbuf *out)
{
	const char *first = NULL;
	size_t agreed = 0, found = 0;

	if (!readline->complete)
		return;
	for (const char *at = readline->complete(NULL); at; at = readline->complete(at)) {
		if (strncmp(at, readline->line, readline->at) != 0)
			continue;
		agreed = found++ ? common(first, at) < agreed ? common(first, at) : agreed
				 : strlen(at);
		first = first ? first : at;
	}
	if (!found)
		return;
	if (agreed > readline->at) {
		insert(readline, first + readline->at, agreed - readline->at, out);
		if (found == 1)
			insert(readline, " ", 1, out);
		return;
	}
	if (found == 1)
		return;
	for (const char *at = readline->complete(NULL); at; at = readline->complete(at))
		if (!strncmp(at, readline->line, readline->at))
			strbuf_printf(out, "\r\n%s", at);
	strbuf_puts(out, "\r\n");
	draw_all(readline, out);
}

/* ---- keys ---- */

static void csi_key(struct readline *readline, char byte, struct strbuf *out)
{
	switch (byte) {
	case 'A': show(readline, readline->shown ? readline->shown - 1 : 0, out); break;
	case 'B': show(readline, readline->shown + 1, out); break;
	case 'C': move_to(readline, behind(readline, readline->at), out); break;
	case 'D': move_to(readline, before(readline, readline->at), out); break;
	case 'H': move_to(readline, 0, out); break;
	case 'F': move_to(readline, readline->len, out); break;
	case '~':
		if (readline->number == 1 || readline->number == 7)
			move_to(readline, 0, out);
		else if (readline->number == 4 || readline->number == 8)
			move_to(readline, readline->len, out);
		else if (readline->number == 3)
			erase(readline, readline->at, behind(readline, readline->at), out);
		break;
	default: break;
	}
}

static void escape_byte(struct readline *readline, char byte, struct strbuf *out)
{
	if (readline->escape == ESCAPE_BEGUN) {
		readline->escape = byte == '[' || byte == 'O' ? ESCAPE_CSI : ESCAPE_NONE;
		readline->number = 0;
	} else if (byte >= '0' && byte <= '9') {
		if (readline->number < 1000)
			readline->number = readline->number * 10 + (unsigned)(byte - '0');
	} else if (byte >= 0x40 && byte <= 0x7e) {
		readline->escape = ESCAPE_NONE;
		csi_key(readline, byte, out);
	}
}

static enum readline_result control_key(struct readline *readline, char byte, struct strbuf *out)
{
	switch (byte) {
	case CTRL('A'): move_to(readline, 0, out); break;
	case CTRL('B'): move_to(readline, before(readline, readline->at), out); break;
	case CTRL('C'): strbuf_puts(out, "^C\r\n"); return READLINE_CANCEL;
	case CTRL('D'):
		if (!readline->len)
			return READLINE_END;
		erase(readline, readline->at, behind(readline, readline->at), out);
		break;
	case CTRL('E'): move_to(readline, readline->len, out); break;
	case CTRL('F'): move_to(readline, behind(readline, readline->at), out); break;
	case '\b':
	case 0x7f: erase(readline, before(readline, readline->at), readline->at, out); break;
	case '\t': complete(readline, out); break;
	case CTRL('K'): erase(readline, readline->at, readline->len, out); break;
	case CTRL('L'):
		strbuf_puts(out, "\033[H\033[2J");
		draw_all(readline, out);
		break;
	case CTRL('N'): show(readline, readline->shown + 1, out); break;
	case CTRL('P'): show(readline, readline->shown ? readline->shown - 1 : 0, out); break;
	case CTRL('U'): erase(readline, 0, readline->at, out); break;
	case CTRL('W'): erase(readline, word_start(readline), readline->at, out); break;
	case '\033': readline->escape = ESCAPE_BEGUN; break;
	default: break;
	}
	return READLINE_MORE;
}

enum readline_result readline_feed(struct readline *readline, char byte, struct strbuf *out)
{
	if (readline->escape != ESCAPE_NONE) {
		escape_byte(readline, byte, out);
		return READLINE_MORE;
	}
	if (byte == '\r' || byte == '\n') {
		strbuf_puts(out, "\r\n");
		remember(readline);
		return READLINE_DONE;
	}
	if ((unsigned char)byte < 0x20 || byte == 0x7f)
		return control_key(readline, byte, out);
	insert(readline, &byte, 1, out);
	return READLINE_MORE;
}

void readline_done(struct readline *readline)
{
	for (size_t i = 0; i < readline->n_history; i++)
		free(readline->history[i]);
	readline->n_history = 0;
	free(readline->draft);
	readline->draft = NULL;
}
