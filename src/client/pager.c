/* SPDX-License-Identifier: MIT */
#include "client/pager.h"

#include "base/cleanup.h"
#include "client/terminal.h"
#include "client/words.h"

#include <string.h>

static size_t page_lines(const struct pager *pager)
{
	return pager->rows > 1 ? pager->rows - 1 : 1;
}

static size_t last_top(const struct pager *pager)
{
	return pager->n_lines > page_lines(pager) ? pager->n_lines - page_lines(pager) : 0;
}

enum { TAB = 8 };

static void put_line(struct pager *pager, const char *text, size_t len)
{
	AUTO_STRBUF struct strbuf line = { 0 };
	AUTO_FREE char *clean = NULL;

	if (len && text[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len; i++) {
		strbuf_putc(&line, text[i] == '\t' ? ' ' : text[i]);
		while (text[i] == '\t' && line.len % TAB)
			strbuf_putc(&line, ' ');
	}
	clean = line.data ? words_clean(line.data, line.len) : NULL;
	strbuf_append(&pager->text, clean ? clean : "", clean ? strlen(clean) + 1 : 1);
	pager->n_lines += !pager->text.failed;
}

void pager_open(struct pager *pager, const char *text, size_t len, bool from_end)
{
	pager_close(pager);
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		put_line(pager, text, line);
		line += end ? 1 : 0;
		text += line;
		len -= line;
	}
	if (!terminal_size(&pager->cols, &pager->rows)) {
		pager->cols = 80;
		pager->rows = 24;
	}
	pager->top = from_end ? last_top(pager) : 0;
	pager_draw(pager);
}

static void move(struct pager *pager, size_t down, size_t up)
{
	pager->top += down;
	pager->top -= up < pager->top ? up : pager->top;
	if (pager->top > last_top(pager))
		pager->top = last_top(pager);
	pager_draw(pager);
}

/* The last byte of the sequence of a key [xterm ctlseqs, "Special Keys"]. */
static void feed_sequence(struct pager *pager, unsigned char byte)
{
	switch (byte) {
	case 'A': move(pager, 0, 1); break;
	case 'B': move(pager, 1, 0); break;
	case '5': move(pager, 0, page_lines(pager)); break;
	case '6': move(pager, page_lines(pager), 0); break;
	case 'H': move(pager, 0, pager->n_lines); break;
	case 'F': move(pager, pager->n_lines, 0); break;
	default: break;
	}
}

bool pager_feed(struct pager *pager, unsigned char byte)
{
	if (pager->escape == 2) {
		pager->escape = byte >= '0' && byte <= '9' ? 3 : 0;
		feed_sequence(pager, byte);
		return true;
	}
	if (pager->escape == 3) {
		pager->escape = byte >= '@' && byte <= '~' ? 0 : 3;
		return true;
	}
	if (pager->escape == 1) {
		pager->escape = byte == '[' || byte == 'O' ? 2 : 0;
		return pager->escape;
	}
	switch (byte) {
	case '\033': pager->escape = 1; return true;
	case 'k': move(pager, 0, 1); return true;
	case 'j':
	case '\r': move(pager, 1, 0); return true;
	case 'b': move(pager, 0, page_lines(pager)); return true;
	case ' ': move(pager, page_lines(pager), 0); return true;
	case 'g': move(pager, 0, pager->n_lines); return true;
	case 'G': move(pager, pager->n_lines, 0); return true;
	default: return false;
	}
}

void pager_draw(struct pager *pager)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	const char *line = pager->text.data;

	terminal_size(&pager->cols, &pager->rows);
	strbuf_puts(&out, "\033[?6l\033[r\033[?7l\033[0m\033[H\033[2J");
	for (size_t i = 0; i < pager->n_lines; i++, line += strlen(line) + 1)
		if (i >= pager->top && i < pager->top + page_lines(pager))
			strbuf_printf(&out, "%s\r\n", line);
	strbuf_printf(&out, "\033[%u;1H\033[7m%s\033[0m\033[?7h", pager->rows,
		pager->n_lines > page_lines(pager) ? " arrows, Page Up/Down: scroll   q: back "
						   : " q: back ");
	if (!out.failed)
		terminal_write(out.data, out.len);
}

void pager_close(struct pager *pager)
{
	strbuf_done(&pager->text);
	*pager = (struct pager){ 0 };
}
