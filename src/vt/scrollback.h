/* SPDX-License-Identifier: MIT */
#ifndef VT_SCROLLBACK_H
#define VT_SCROLLBACK_H

#include "vt/cell.h"
#include "base/strbuf.h"

#include <stddef.h>

struct vt;
struct row;

/* One page of packed lines; see scrollback.c. */
struct sb_page;

struct scrollback {
	unsigned max_lines;
	size_t max_bytes, bytes;
	unsigned count;	 /* lines kept */
	uint64_t pushed; /* lines that ever came in */
	struct sb_page *oldest, *newest;
	struct sb_page *spare;
	uint8_t *scratch; /* where a line is packed */
};

void scrollback_init(struct scrollback *sb, unsigned max_lines, size_t max_bytes);
void scrollback_clear(struct scrollback *sb);

/**
 * scrollback_push() - @row becomes the newest line; the oldest ones go where there is no room
 * @fill: of what is blank at its end, also of its last cells
 */
void scrollback_push(struct vt *vt, const struct row *row, uint32_t fill);

/**
 * scrollback_read() - unpack a line
 * @age:   0: the newest
 * @cells: receives @cols cells; a longer line is cut
 *
 * Return: the line's own length in columns; -ENOENT. *@ret_fill: colour of what is behind it.
 */
int scrollback_read(struct vt *vt, unsigned age, struct vt_cell *cells, unsigned cols,
	bool *ret_wrapped, uint32_t *ret_fill);

/** scrollback_trim() - change the limits; the oldest lines go */
void scrollback_trim(struct scrollback *sb, unsigned max_lines, size_t max_bytes);

/** scrollback_drop_newest() - take the @n newest lines away */
void scrollback_drop_newest(struct scrollback *sb, unsigned n);

/**
 * scrollback_split() - move the newest pages to @ret_newest, so many that they have @bytes or more
 *
 * Both have the limits of @sb. What is pushed to @sb then follows on what is left in it.
 */
void scrollback_split(struct scrollback *sb, size_t bytes, struct scrollback *ret_newest);

/** scrollback_freeze() - add all lines to @out; they stay */
void scrollback_freeze(const struct scrollback *sb, struct strbuf *out);

/**
 * scrollback_thaw() - @sb, which is empty, gets the lines that stand at @bytes
 *
 * Return: behind them; NULL: no memory, it is empty still.
 */
const uint8_t *scrollback_thaw(struct scrollback *sb, const uint8_t *bytes);

/** scrollback_wrap_line() - the newest line goes on in the screen */
void scrollback_wrap_line(struct scrollback *sb);

/** scrollback_end_line() - the newest line does not go on in the screen any more */
void scrollback_end_line(struct scrollback *sb);

/** scrollback_mark_links() - table_mark() the links that the lines have */
void scrollback_mark_links(struct vt *vt);

#endif
