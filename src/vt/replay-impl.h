/* SPDX-License-Identifier: MIT */
#ifndef VT_REPLAY_IMPL_H
#define VT_REPLAY_IMPL_H

#include "vt/engine.h"

/**
 * struct replay - a replay that is being written, for replay.c and replay-rows.c
 * @flags:  as given to vt_replay()
 * @cols, @rows: size of the terminal that it is for; 0: unknown
 * @exact:  that is the engine's own size
 * @pen:    what the terminal has now
 * @x, @y:  where its cursor is, if @known
 * @known:  ... and no wrap is pending
 * @full:   the last column of row @y was just printed: a wrap is pending
 * @offset: what is printed goes so many columns to the left of its place
 */
struct replay {
	struct vt *vt;
	struct strbuf *out;
	unsigned flags;
	unsigned cols, rows;
	bool exact;
	struct vt_cell pen;
	unsigned x, y;
	bool known, full;
	unsigned offset;
};

/** replay_style() - SGR, DECSCA and OSC 8 for what is different from the pen */
void replay_style(struct replay *r, struct vt_cell style);

/** replay_plain() - the default style */
static inline void replay_plain(struct replay *r)
{
	replay_style(r, (struct vt_cell){ 0 });
}

/** replay_char() - as UTF-8 */
void replay_char(struct replay *r, uint32_t c);

/** replay_cell() - print a cell where the cursor is */
void replay_cell(struct replay *r, struct vt_cell cell);

/** replay_screen() - all rows of a screen, from where the cursor is at the start of one */
void replay_screen(struct replay *r, const struct screen *screen, unsigned rows);

/** replay_screen_upwards() - the same, by absolute lines: what does not fit is cut at the bottom */
void replay_screen_upwards(struct replay *r, const struct screen *screen, unsigned rows);

/** replay_used_rows() - up to the last one that is not blank */
unsigned replay_used_rows(const struct vt *vt, const struct screen *screen);

/** replay_history() - the lines of the scrollback; the terminal wraps what is too long for it */
void replay_history(struct replay *r);

#endif
