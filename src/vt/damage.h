/* SPDX-License-Identifier: MIT */
#ifndef VT_DAMAGE_H
#define VT_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct vt;
struct row;

#define SCROLL_NOTES 8u

/* What was scrolled in one generation; @mixed: in more than one way: repaint the rows instead. */
struct scroll_note {
	uint64_t generation;
	unsigned top, bottom; /* inclusive */
	int lines;
	bool mixed;
};

/*
 * @generation: the present one; rises when a reader has looked
 * @changed:    the last one in which anything changed
 * @all:        the last one in which everything did
 * @palette:    the last one in which a colour did
 * @forgotten:  the last one whose note was overwritten
 */
struct damage {
	uint64_t generation, changed, all, palette, forgotten;
	struct scroll_note notes[SCROLL_NOTES];
	unsigned newest;
};

/** damage_all() - everything looks different */
void damage_all(struct vt *vt);

/** damage_palette() - a colour changed, and with it everything */
void damage_palette(struct vt *vt);

/** damage_scroll() - rows @top..@bottom (inclusive) moved up by @lines; down if negative */
void damage_scroll(struct vt *vt, unsigned top, unsigned bottom, int lines);

/** damage_fresh_row() - a blank row came in */
void damage_fresh_row(struct vt *vt, struct row *row);

/** damage_new_age() - the first change to @row in this generation */
void damage_new_age(struct vt *vt, struct row *row, unsigned first, unsigned end);

#endif
