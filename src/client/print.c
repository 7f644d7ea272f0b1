/* SPDX-License-Identifier: MIT */
#include "client/print.h"

#include "base/cleanup.h"
#include "client/terminal.h"
#include "client/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const style_on[] = {
	[PRINT_PLAIN] = "",
	[PRINT_BOLD] = "\033[1m",
	[PRINT_FAINT] = "\033[2m",
	[PRINT_GOOD] = "\033[32m",
	[PRINT_BAD] = "\033[31m",
};

void sheet_init(struct sheet *sheet, const char *const *titles, bool colour)
{
	unsigned cols = 0, rows;

	*sheet = (struct sheet){ .titles = titles, .colour = colour };
	while (titles[sheet->n_cols])
		sheet->n_cols++;
	if (terminal_size(&cols, &rows))
		sheet->width = cols;
}

void sheet_put(struct sheet *sheet, enum print_style style, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *clean = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	clean = text ? words_clean(text, strlen(text)) : NULL;
	strbuf_append(&sheet->cells, clean ? clean : "", clean ? strlen(clean) + 1 : 1);
	strbuf_putc(&sheet->styles, (char)style);
	sheet->n_cells++;
}

/* Characters; those of two cells, which names do not have, count as one. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static size_t bytes_of(const char *text, size_t width)
{
	size_t len = 0;

	while (text[len] && (width || (text[len] & 0xc0) == 0x80)) {
		width -= (text[len] & 0xc0) != 0x80;
		len++;
	}
	return len;
}

static void measure(const struct sheet *sheet, size_t widths[SHEET_COLS_MAX])
{
	const char *cell = sheet->cells.data;

	for (size_t i = 0; i < sheet->n_cols; i++)
		widths[i] = width_of(sheet->titles[i]);
	for (size_t i = 0; i < sheet->n_cells; i++, cell += strlen(cell) + 1) {
		size_t width = width_of(cell);

		if (width > widths[i % sheet->n_cols])
			widths[i % sheet->n_cols] = width;
	}
}

/* @used: columns of the row before it. Return: with it. */
static size_t show_cell(const struct sheet *sheet, struct strbuf *out, const char *cell,
	enum print_style style, size_t width, size_t used, bool is_last)
{
	size_t shown = width_of(cell);

	if (sheet->width && used + shown > sheet->width)
		shown = used < sheet->width ? sheet->width - used : 0;
	if (sheet->colour)
		strbuf_puts(out, style_on[style]);
	strbuf_append(out, cell, bytes_of(cell, shown));
	if (sheet->colour && *style_on[style])
		strbuf_puts(out, "\033[0m");
	if (is_last) {
		strbuf_putc(out, '\n');
		return 0;
	}
	strbuf_printf(out, "%*s", (int)(width + 2 - (shown < width ? shown : width)), "");
	return used + width + 2;
}

static void show_cells(const struct sheet *sheet, struct strbuf *out)
{
	const char *cell = sheet->cells.data;
	size_t widths[SHEET_COLS_MAX], used = 0;

	measure(sheet, widths);
	for (size_t i = 0; i < sheet->n_cols; i++)
		used = show_cell(sheet, out, sheet->titles[i], PRINT_FAINT, widths[i], used,
			i + 1 == sheet->n_cols);
	for (size_t i = 0; i < sheet->n_cells; i++, cell += strlen(cell) + 1) {
		size_t col = i % sheet->n_cols;

		used = show_cell(sheet, out, cell, (enum print_style)sheet->styles.data[i],
			widths[col], used, col + 1 == sheet->n_cols);
	}
}

void sheet_show(struct sheet *sheet, struct strbuf *out)
{
	/* Cells that found no memory cannot be walked. */
	if (sheet->cells.failed || sheet->styles.failed)
		out->failed = true;
	else
		show_cells(sheet, out);
	strbuf_done(&sheet->cells);
	strbuf_done(&sheet->styles);
	sheet->cells = sheet->styles = (struct strbuf){ 0 };
	sheet->n_cells = 0;
}

const char *print_bytes(uint64_t bytes, char text[16])
{
	static const char units[] = " kMGTPE";
	double value = (double)bytes;
	unsigned unit = 0;

	for (; value >= 1024 && units[unit + 1]; unit++)
		value /= 1024;
	if (!unit)
		snprintf(text, 16, "%u", (unsigned)bytes);
	else
		snprintf(text, 16, value < 10 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return text;
}

const char *print_ago(int64_t seconds, char text[16])
{
	static const struct {
		int64_t from, unit;
		char name;
	} units[] = { { 2 * 86400, 86400, 'd' }, { 2 * 3600, 3600, 'h' }, { 120, 60, 'm' },
		{ INT64_MIN, 1, 's' } };
	size_t i = 0;

	while (seconds < units[i].from)
		i++;
	seconds = seconds < 0 ? 0 : seconds / units[i].unit;
	snprintf(text, 16, "%u%c", (unsigned)(seconds < UINT32_MAX ? seconds : UINT32_MAX),
		units[i].name);
	return text;
}

void print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}
