/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_PRINT_H
#define CLIENT_PRINT_H

#include "base/strbuf.h"
#include "client/json.h"

#include <stdbool.h>
#include <stddef.h>

/* What verbs print: tables, as wide as the terminal; numbers and times for people; JSON. */

enum { SHEET_COLS_MAX = 12 };

/** How a column is shown. */
enum print_style { PRINT_PLAIN, PRINT_BOLD, PRINT_FAINT, PRINT_GOOD, PRINT_BAD };

/**
 * struct sheet - rows of cells
 * @titles: static; ends with NULL
 * @width:  of the terminal: the last column is cut there; 0: there is none
 * @cells:  all in a row, NUL-terminated each; @styles: of each
 */
struct sheet {
	const char *const *titles;
	size_t n_cols, n_cells, width;
	bool colour;
	struct strbuf cells, styles;
};

/** sheet_init() */
void sheet_init(struct sheet *sheet, const char *const *titles, bool colour);

/** sheet_put() - the next cell */
void sheet_put(struct sheet *sheet, enum print_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** sheet_show() - append all that was put as text, and forget it */
void sheet_show(struct sheet *sheet, struct strbuf *out);

/** print_bytes() - "512", "1.5k", "20M". Return: @text */
const char *print_bytes(uint64_t bytes, char text[16]);

/** print_ago() - seconds: "5s", "3m", "2h", "9d". Return: @text */
const char *print_ago(int64_t seconds, char text[16]);

/** print_json() - to standard output */
void print_json(const json_t *value);

#endif
