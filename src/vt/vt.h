/* SPDX-License-Identifier: MIT */
#ifndef VT_VT_H
#define VT_VT_H

#include "vt/cell.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The terminal engine: the guest's bytes in; cells, cursor, modes and answers out. Pure: no I/O, no
 * clock, no globals. It behaves as xterm and the VT500 series do; doc/control-sequences.md lists
 * every sequence. Keys and the mouse are in vt/keyboard.h.
 *
 * Any bytes are good input. Whatever the guest can make grow has a limit (VT_*_MAX). Not thread
 * safe. Columns and rows count from 0.
 */
struct vt;

#define VT_COLS_MAX	    1024u
#define VT_ROWS_MAX	    1024u
#define VT_COLS_DEFAULT	    80u
#define VT_ROWS_DEFAULT	    24u
#define VT_REQUEST_COLS_MAX 512u /* the largest size that a guest may ask for */
#define VT_REQUEST_ROWS_MAX 256u
#define VT_SCROLLBACK_LINES 10000u
#define VT_SCROLLBACK_BYTES (16u << 20)
#define VT_STRING_MAX \
	(64u << 10)	     /* bytes of an OSC or DCS that are kept; a longer one is ignored */
#define VT_TITLE_MAX   1024u /* bytes of a title; a longer one is cut */
#define VT_QUERY_MAX   1024u /* a longer sequence is never a query and never answered */
#define VT_HELD_MAX    64u   /* control characters inside of a sequence, see vt_boundary() */
#define VT_CLUSTER_MAX 16u   /* code points of one grapheme cluster; more are dropped */
#define VT_WORK_MAX    (UINT64_MAX / 2) /* without end; see vt_feed_some() */

/* ---- life ---------------------------------------------------------------------------------- */

/**
 * struct vt_callbacks - what the engine tells its owner while it is fed; each may be NULL
 *
 * Called from inside vt_feed() and vt_reset() only. A callback may read the engine (cells, cursor,
 * replay) but must not feed, resize, reset or free it.
 */
struct vt_callbacks {
	/** Bytes for the guest: answers to DSR, DA, DECRQM, ... Whole answers, never cut. */
	void (*on_reply)(void *data, const char *bytes, size_t len);
	/** OSC 0, 2: the title is another one now: @title, as of vt_title() */
	void (*on_title)(void *data, const char *title);
	/** OSC 0, 1: so is the icon name */
	void (*on_icon)(void *data, const char *icon);
	void (*on_bell)(void *data);
	/**
	 * OSC 52: the guest sets the clipboard; only with vt_config.clipboard_write.
	 * @selection: "c" clipboard, "p" primary, ... as the guest wrote it; @bytes: decoded
	 */
	void (*on_clipboard_set)(void *data, const char *selection, const char *bytes, size_t len);
	/**
	 * The guest asks for another size (CSI 8 t, DECCOLM, ...), 1..VT_REQUEST_*_MAX; one that is
	 * larger is not asked for. Return: whether it gets it: the engine then resizes itself
	 * before it reads on. NULL: never.
	 */
	bool (*on_size_request)(void *data, unsigned cols, unsigned rows);
	/**
	 * A query, a sequence that makes a terminal answer, stood at the stream offsets
	 * @start..@end-1 (see vt_offset()). It may have begun in an earlier vt_feed(). Reported for
	 * every query that any xterm-compatible terminal might answer, also where this engine does
	 * not. Reports come in order of @start.
	 */
	void (*on_query)(void *data, uint64_t start, uint64_t end);
};

/**
 * struct vt_config - how to make an engine; all zero gives the defaults
 * @cols, @rows:       1..VT_COLS_MAX, 1..VT_ROWS_MAX; 0: VT_COLS_DEFAULT, VT_ROWS_DEFAULT
 * @scrollback_lines:  0: VT_SCROLLBACK_LINES; VT_NO_SCROLLBACK: none
 * @scrollback_bytes:  memory that the scrollback may take; 0: VT_SCROLLBACK_BYTES
 * @backspace_bs:      the BackSpace key sends 0x08 instead of 0x7f
 * @clipboard_write:   whether OSC 52 may reach the callback
 * @answerback:        what ENQ is answered with, copied; NULL: nothing
 */
struct vt_config {
	unsigned cols, rows;
	unsigned scrollback_lines;
	size_t scrollback_bytes;
	bool backspace_bs;
	bool clipboard_write;
	const char *answerback;
};
#define VT_NO_SCROLLBACK (~0u)

/**
 * vt_new() - make an engine in the reset state
 * @config:    NULL: all defaults
 * @callbacks: copied; NULL: none
 * @data:      first argument of each callback
 *
 * Return: 0; -ENOMEM; -ERANGE: size out of bounds.
 */
int vt_new(const struct vt_config *config, const struct vt_callbacks *callbacks, void *data,
	struct vt **ret_vt);

/** vt_free() - NULL is fine */
void vt_free(struct vt *vt);

/** vt_feed() - take bytes from the guest; any pieces, any bytes */
void vt_feed(struct vt *vt, const void *bytes, size_t len);

/**
 * vt_feed_some() - the same, until so much work is done
 * @work: in: how much may be done, counted in bytes taken and cells touched, at most VT_WORK_MAX;
 *        out: how much of that is left, 0 if the last sequence took more
 *
 * Three bytes can touch every cell of the screen. Who serves others too feeds an engine by this and
 * goes on after they had their turn. One sequence is never cut: it may take as much again as the
 * screen has cells. Nor does it end within one, or a character, whose rest is there and not longer
 * than VT_QUERY_MAX.
 *
 * Return: how many bytes were taken.
 */
size_t vt_feed_some(struct vt *vt, const void *bytes, size_t len, uint64_t *work);

/**
 * vt_resize() - change the size; the main screen and its scrollback are wrapped anew
 *
 * So is the newest MiB of the scrollback; what is older keeps its rows, and what of them does not
 * fit is there again when the width is.
 *
 * The alternate screen is cut or padded. Margins are reset, tab stops kept (new columns get one
 * every eight). Telling the guest is the owner's job.
 *
 * Return: 0; -ERANGE; -ENOMEM (nothing has changed then).
 */
int vt_resize(struct vt *vt, unsigned cols, unsigned rows);

/** vt_reset() - as RIS from the guest, and the parser forgets an unfinished sequence */
void vt_reset(struct vt *vt);

/** vt_clear_scrollback() - forget the lines above the screen */
void vt_clear_scrollback(struct vt *vt);

/**
 * vt_may_put_off() - may what is fed next be fed later, as far as it is quiet: see vt/quiet.h
 *
 * Not where anything is unfinished, where bytes above 0x7f may be controls, and where margins or
 * insert mode make a single byte much work.
 */
bool vt_may_put_off(const struct vt *vt);

/**
 * vt_skip_after() - how much plain text covers up whatever was before
 *
 * Return: after so many line feeds in printable ASCII, tabs, CRs and line feeds nothing is left of
 * what was printed before them; UINT64_MAX: that cannot be said, as margins are set or a character
 * set is another one.
 */
uint64_t vt_skip_after(const struct vt *vt);

/**
 * vt_skip() - take @len bytes without reading them
 *
 * They are plain text as above and end with CR and a line feed, and vt_skip_after() line feeds of
 * plain text are fed next. Then all is as if they had been read, but that vt_lines_scrolled() has
 * not counted their lines: none of those that had a name are there any more.
 */
void vt_skip(struct vt *vt, uint64_t len);

/**
 * vt_freeze() - add all that is large of an engine to @out: the screens and the lines above them
 *
 * Return: 0; -EBUSY: it is in the middle of a sequence; -ENOMEM: @out is to be thrown away.
 */
int vt_freeze(const struct vt *vt, struct strbuf *out);

/**
 * vt_let_go() - give the memory back of what vt_freeze() has just added
 *
 * The engine still has its size, offsets, titles and settings, may be asked vt_may_put_off() and
 * vt_skip_after(), may skip and be given default colours. For all else, but to be freed, it has to
 * be thawed.
 */
void vt_let_go(struct vt *vt);

/**
 * vt_thaw() - an engine is again what it was before vt_let_go()
 * @bytes: all that vt_freeze() has added
 *
 * Return: 0; -ENOMEM: nothing has changed.
 */
int vt_thaw(struct vt *vt, const void *bytes);

/* ---- the stream ---------------------------------------------------------------------------- */

/** vt_offset() - bytes fed since vt_new(); what on_query counts in */
uint64_t vt_offset(const struct vt *vt);

/**
 * vt_boundary() - where the stream may be cut for a viewer that joins now
 *
 * The offset at which the unfinished sequence or character started; vt_offset() where there is
 * none. vt_replay() shows the state at exactly this offset: replay, then send the stream from here.
 *
 * So a control character inside of a sequence acts when that ends, or is broken off. Beyond
 * VT_HELD_MAX of them those that came first act before: they are shown, and sent again.
 */
uint64_t vt_boundary(const struct vt *vt);

/**
 * vt_settled() - up to where the stream may be passed on
 *
 * No query that starts below this offset will be reported any more: an unfinished sequence that may
 * still become a query starts here. Never decreases; at most VT_QUERY_MAX bytes below vt_offset().
 */
uint64_t vt_settled(const struct vt *vt);

/**
 * vt_settle() - pass on what is unfinished, because its rest does not come
 *
 * vt_settled() is vt_offset() now. Should it turn out to have been a query, it is not reported and
 * not answered: whoever was passed it answers.
 */
void vt_settle(struct vt *vt);

/* ---- the screen ---------------------------------------------------------------------------- */

unsigned vt_cols(const struct vt *vt);
unsigned vt_rows(const struct vt *vt);

/** vt_scrollback_count() - lines above the screen; 0 while the alternate screen is shown */
unsigned vt_scrollback_count(const struct vt *vt);

/**
 * vt_lines_scrolled() - lines that ever left the top of the main screen; never decreases
 *
 * Line number N of vt_read_line() has the fixed name vt_lines_scrolled() + N, which survives output
 * (not a resize): for a view or selection that should stay where it is while output goes on.
 */
uint64_t vt_lines_scrolled(const struct vt *vt);

/**
 * vt_read_line() - copy out a row
 * @line:        0..rows-1: the screen; -1: the newest line of the scrollback, -2, ...
 * @cells:       receives vt_cols() cells
 * @ret_wrapped: whether the text goes on in the next line; may be NULL
 *
 * Return: columns up to the last one that is not blank (ch, bg); -ENOENT: no such line (@cells are
 * blank).
 *
 * Cluster and link numbers in the cells stay valid until the next vt_feed(), vt_resize() or
 * vt_reset().
 */
int vt_read_line(struct vt *vt, int line, struct vt_cell *cells, bool *ret_wrapped);

/* How large a row is shown; see DECDHL and DECDWL */
enum vt_line_size {
	VT_LINE_SINGLE,
	VT_LINE_DOUBLE_TOP,    /* twice as wide and high, of which the row shows the upper half */
	VT_LINE_DOUBLE_BOTTOM, /* ... the lower half */
	VT_LINE_WIDE,	       /* twice as wide */
};

/**
 * vt_line_size() - of a row, @line as for vt_read_line()
 *
 * Where it is not single, the first half of the columns takes the whole width. A change of the
 * terminal's size makes all rows single again, and so are lines in the scrollback.
 */
enum vt_line_size vt_line_size(const struct vt *vt, int line);

/**
 * vt_cluster() - the code points of a grapheme cluster
 * @ch: the ch of a cell, with or without VT_CH_CLUSTER
 *
 * Return: how many, 0..VT_CLUSTER_MAX, in @codepoints; 0 for a blank.
 */
unsigned vt_cluster(const struct vt *vt, uint32_t ch, uint32_t codepoints[VT_CLUSTER_MAX]);

/** vt_link_uri() - where a hyperlink points; NULL: no such link. Untrusted text of the guest */
const char *vt_link_uri(const struct vt *vt, unsigned link);

enum vt_cursor_shape { VT_CURSOR_BLOCK, VT_CURSOR_UNDERLINE, VT_CURSOR_BAR };

/**
 * struct vt_cursor - where and how to draw the cursor
 * @col: 0..cols-1, also while a wrap is pending
 */
struct vt_cursor {
	unsigned col, row;
	bool visible;
	bool blink;
	enum vt_cursor_shape shape;
};

struct vt_cursor vt_cursor(const struct vt *vt);

/** vt_title() - never NULL, UTF-8 without control characters */
const char *vt_title(const struct vt *vt);

/** vt_is_alternate() - whether the alternate screen is shown */
bool vt_is_alternate(const struct vt *vt);

/** vt_is_synchronized() - the guest is inside a frame (mode 2026): hold the picture, briefly */
bool vt_is_synchronized(const struct vt *vt);

/* ---- colours ------------------------------------------------------------------------------- */

enum vt_color_slot {
	/* 0..255: the indexed colours */
	VT_SLOT_FG = 256,
	VT_SLOT_BG,
	VT_SLOT_CURSOR,
	/* OSC 5: of bold, underlined, blinking, inverse and italic text; kept, not painted with */
	VT_SLOT_SPECIAL,
	VT_SLOT_COUNT = VT_SLOT_SPECIAL + 5,
};

/** vt_palette() - 0xRRGGBB of a slot as it is now (OSC 4, 10, 11, 12, 104, ...) */
uint32_t vt_palette(const struct vt *vt, unsigned slot);

/**
 * vt_set_default_palette() - what a slot has at reset and after OSC 104 etc.
 *
 * And now, unless the guest has changed it.
 */
void vt_set_default_palette(struct vt *vt, unsigned slot, uint32_t rgb);

/** struct vt_colors - what to paint with, 0xRRGGBB */
struct vt_colors {
	uint32_t fg, bg, underline;
};

/**
 * vt_resolve_cell() - the colours to paint a cell in
 *
 * Applies the palette, bold as bright (indexed 0..7), faint, inverse, DECSCNM and invisible.
 */
struct vt_colors vt_resolve_cell(const struct vt *vt, const struct vt_cell *cell);

/* ---- damage -------------------------------------------------------------------------------- */

/**
 * struct vt_reader - somebody who draws the screen; any number of them, each at its own pace
 *
 * In the reader's own memory; all zero: has seen nothing. The engine keeps no list of readers: one
 * that nobody reads pays nothing for damage but a compare per run of text.
 */
struct vt_reader {
	uint64_t seen;
	struct vt_cursor cursor;
};

/** struct vt_span - columns @first..@end-1 of a row; empty: @first == @end */
struct vt_span {
	uint16_t first, end;
};

/**
 * struct vt_damage - how the picture that a reader has differs from the screen
 * @all:           everything (first call, resize, other screen, colours): the spans say so too
 * @palette:       a colour changed: also what does not come from cells (borders) is stale
 * @cursor_moved:  the cursor moved or looks different; its cells are not in the spans
 * @old_cursor:    as the reader last saw it
 * @scroll_lines:  0: no scroll. > 0: first move the rows @scroll_top + @scroll_lines ..
 *                 @scroll_bottom - 1 up by that many; < 0: the rows @scroll_top ..
 *                 @scroll_bottom + @scroll_lines - 1 down. Less than the region's height.
 * @spans:         then repaint these, one for each row 0..rows-1, as the rows are after the
 *                 scroll. A span never cuts a wide character.
 */
struct vt_damage {
	bool all, palette, cursor_moved;
	struct vt_cursor old_cursor;
	int scroll_lines;
	unsigned scroll_top, scroll_bottom;
	struct vt_span spans[VT_ROWS_MAX];
};

/** vt_has_damage() - whether vt_collect_damage() would find anything; cheap */
bool vt_has_damage(const struct vt *vt, const struct vt_reader *reader);

/**
 * vt_collect_damage() - what changed since @reader last asked, and count it as seen
 *
 * Costs O(rows). Spans of a slow reader may be wider than what really changed.
 *
 * Return: whether there is anything to do.
 */
bool vt_collect_damage(struct vt *vt, struct vt_reader *reader, struct vt_damage *ret_damage);

/* ---- text out ------------------------------------------------------------------------------ */

/** struct vt_point - a place: @line as for vt_read_line(), @col 0..cols (cols: past the end) */
struct vt_point {
	int line;
	unsigned col;
};

enum vt_select {
	VT_SELECT_STREAM, /* as text runs: wrapped lines are joined */
	VT_SELECT_BLOCK,  /* the same columns of each line */
	VT_SELECT_WORD,	  /* stream, widened to whole words */
	VT_SELECT_LINE,	  /* stream, widened to whole logical lines */
};

/**
 * vt_select() - widen a selection
 *
 * Puts @a and @b in order, clamps them to what exists, keeps wide characters whole and, for WORD
 * and LINE, moves them outwards. @b is the place after the last column that is selected.
 */
void vt_select(struct vt *vt, enum vt_select how, struct vt_point *a, struct vt_point *b);

/**
 * vt_selection_text() - the text between two places as UTF-8
 *
 * Lines end with "\n" (none after the last one, none where a line was wrapped); blanks at the end
 * of a line are left out. @how as given to vt_select(), which is applied first.
 */
void vt_selection_text(struct vt *vt, enum vt_select how, struct vt_point a, struct vt_point b,
	struct strbuf *out);

/** VT_ABORT - ends whatever sequence or string a terminal is in the middle of; else does nothing */
#define VT_ABORT "\030\033\\"

enum vt_replay_flags {
	VT_REPLAY_HISTORY = 1 << 0,  /* the lines above the screen too, oldest first */
	VT_REPLAY_IN_PLACE = 1 << 1, /* instead of what the terminal shows, not below it */
	VT_REPLAY_FRESH = 1 << 2,    /* for an engine of the same size that was just made */
};

/**
 * struct vt_replay - how to show the screen on another terminal; all zero: whichever it is
 * @flags:  enum vt_replay_flags
 * @notice: a line of plain text for right above the screen; NULL: none; not with IN_PLACE
 * @cols, @rows: size of that terminal; 0: unknown, at least 20 columns
 */
struct vt_replay {
	unsigned flags;
	const char *notice;
	unsigned cols, rows;
};

/**
 * vt_replay() - bytes that bring an xterm-compatible terminal to the present state
 *
 * Text with attributes, both screens, cursor and saved cursors, modes, margins, tab stops,
 * character sets, titles, changed colours. Contains no queries. State as of vt_boundary().
 *
 * The terminal may be in any state that the guest's bytes so far have left it in, also in the
 * middle of a sequence or of an earlier replay. Its scrollback is kept, and what it shows is pushed
 * there. On one of another size no cell shows what stands elsewhere: what is too wide is cut off;
 * the end of the main screen is shown, the upper part of the alternate one.
 *
 * Return: 0; -ENOMEM: @out holds nothing new.
 */
int vt_replay(struct vt *vt, struct strbuf *out, const struct vt_replay *how);

/**
 * vt_put_begun() - behind a replay: the sequence or character that is not finished
 *
 * For an engine that was shown the replay and goes on with the stream from vt_offset() on, not from
 * vt_boundary(): for who cannot read what is between again. At most VT_STRING_MAX bytes and some.
 */
void vt_put_begun(const struct vt *vt, struct strbuf *out);

/**
 * vt_dump() - the whole visible and invisible state as text, for tests and bug reports
 *
 * Two engines with equal dumps behave the same from now on (scrollback and damage excepted).
 */
void vt_dump(struct vt *vt, struct strbuf *out);

#endif
