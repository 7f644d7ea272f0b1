/* SPDX-License-Identifier: MIT */
#ifndef VT_ENGINE_H
#define VT_ENGINE_H

#include "vt/vt.h"
#include "vt/damage.h"
#include "vt/mode.h"
#include "vt/parser.h"
#include "vt/screen.h"
#include "vt/scrollback.h"
#include "vt/table.h"

/*
 * The state that the files of this folder share. Nobody outside of src/vt includes this.
 *
 * A sequence handler finds its parameters in a struct csi (parser.h), works on cursor, pen, margins
 * and the shown screen here, and writes cells through screen.h only, so that damage is complete.
 */

#define TITLE_STACK_MAX 10u
/* Of DECSCL: which terminal we are. What came later is unknown on lower levels, as in xterm. */
enum { LEVEL_VT100 = 1, LEVEL_VT200, LEVEL_VT300, LEVEL_VT400, LEVEL_MAX = LEVEL_VT400 };

/* What costs more than the bytes that ask for it, in cells; see struct vt.work. */
enum {
	WORK_ROW = 4,	   /* to look at a row, or to put it elsewhere */
	WORK_STRING = 64,  /* to take a string: copies, callbacks */
	WORK_ANSWER = 256, /* to write an answer and to pass it on */
};

/* What the guest has ever changed or used, however it is now. */
enum touched {
	TOUCHED_ALTERNATE = 1 << 0, /* the other screen */
	TOUCHED_MOUSE = 1 << 1,
	TOUCHED_PALETTE = 1 << 2,
	TOUCHED_SHAPE = 1 << 3, /* of the cursor */
	TOUCHED_TABS = 1 << 4,
	TOUCHED_RARE = 1 << 5, /* G2 and G3, SPA, DECSCA, DECSACE, modifyOtherKeys */
	TOUCHED_LEVEL = 1 << 6,
	TOUCHED_LINES = 1 << 7, /* sizes of lines */
};

struct title {
	char *text, *icon; /* never NULL in vt.title; either may be NULL in the stack */
};

struct vt {
	struct parser parser;

	/*
	 * What was done since vt_new(), in cells; vt_feed_some() stops at @work_end. Whoever
	 * touches more cells than a sequence has bytes adds them here.
	 */
	uint64_t work, work_end;

	unsigned cols, rows;
	struct screen *screen; /* the one that is shown: &main or &alt */
	struct screen main, alt;

	/*
	 * The cursor. @wrap_pending: a character was put in the last column; with autowrap the next
	 * one goes to the next row. It survives what does not move the cursor (and CBT, which
	 * does), so the cell under the cursor may be any but a wide character that is cut by the
	 * edge; see cursor_check_wrap(). @repeatable: the last thing was a character, which REP
	 * would repeat.
	 */
	unsigned x, y;
	bool wrap_pending, repeatable;

	/* What the next character is drawn with: a cell without a character. */
	struct vt_cell pen;
	struct charsets charsets;
	bool scrollback_off; /* lines that leave the top are not kept just now */
	bool slow_print;     /* a charset, single shift or insert mode bars the fast path */

	/* Margins, inclusive. @left and @right are the screen's edges unless DECLRMM is set. */
	unsigned top, bottom, left, right;

	uint64_t modes;	      /* MODE_BIT(enum mode) */
	uint64_t saved_modes; /* by XTSAVE */

	/*
	 * What a terminal that was shown the guest's bytes may have other than at first, for
	 * vt_replay(): modes that ever were, modes that XTSAVE has kept, enum touched.
	 */
	uint64_t touched_modes, touched_saved;
	unsigned touched;

	enum mouse_mode mouse_mode;
	enum mouse_encoding mouse_encoding;
	enum vt_cursor_shape cursor_shape;
	uint8_t modify_other_keys; /* 0..2 */
	bool erase_protects;	   /* SPA: ED, EL and ECH leave alone what is protected */
	uint8_t level;		   /* DECSCL: LEVEL_* */
	bool rectangle_extent;	   /* DECSACE: attribute changes take a box, not a stream */
	uint8_t *tabs;		   /* VT_COLS_MAX bits */

	uint32_t palette[VT_SLOT_COUNT], default_palette[VT_SLOT_COUNT];

	struct title title;
	struct title title_stack[TITLE_STACK_MAX];
	unsigned title_count;

	struct scrollback scrollback;
	struct table clusters, links;
	struct damage damage;

	struct vt_config config;
	char *answerback;
	struct vt_callbacks callbacks;
	void *data;
};

static inline bool vt_mode(const struct vt *vt, enum mode mode)
{
	return vt->modes >> mode & 1;
}

/** vt_row() - the row of the shown screen that the cursor is in */
static inline struct row *vt_row(struct vt *vt)
{
	return vt->screen->line[vt->y];
}

/** engine_full_reset() - RIS */
void engine_full_reset(struct vt *vt);

/** engine_soft_reset() - DECSTR */
void engine_soft_reset(struct vt *vt);

/** engine_show() - make @screen the shown one; the cursor stays where it is */
void engine_show(struct vt *vt, struct screen *screen);

/** engine_reset_margins() - the whole screen */
void engine_reset_margins(struct vt *vt);

/** engine_reset_tabs() - one every eight columns, from column @first on */
void engine_reset_tabs(struct vt *vt, unsigned first);

/**
 * engine_request_size() - the guest asks for another size
 *
 * Return: whether the screen has it now.
 */
bool engine_request_size(struct vt *vt, unsigned cols, unsigned rows);

/** engine_set_title() - either may be NULL: leave it; bytes are made harmless and cut */
void engine_set_title(struct vt *vt, const char *text, const char *icon);

/** engine_sweep() - drop clusters and links that stand in no cell */
void engine_sweep(struct vt *vt, struct table *table);

#endif
