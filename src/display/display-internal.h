/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_DISPLAY_INTERNAL_H
#define DISPLAY_DISPLAY_INTERNAL_H

#include "base/list.h"
#include "display/compose.h"
#include "display/display.h"
#include "io/loop.h"

/*
 * @consoles: by number, the overview first
 * @views:    all of them; @views_seen: number of the newest
 * @serial:   of the newest picture; see struct display_console
 * @page_ops: of the pages behind the overview, with @page_data; NULL: there are none
 * @on_who:   told when a console or a view comes, goes, moves, with @who_data
 */
struct display {
	struct loop *loop;
	char *name;
	struct font *font;
	struct list consoles, views;
	struct overview *overview;
	struct compose_tables *compose_tables;
	uint64_t serial;
	unsigned views_seen;
	const struct display_page_ops *page_ops;
	void *page_data;
	void (*on_who)(void *data);
	void *who_data;
};

/*
 * @node:    among the display's; of a page among none
 * @serial:  names what is to be seen now; 0: no name yet. Taken when a view looks for the first
 *           time after @is_changed or after the engine was fed without our knowing, so that the
 *           same serial always means the same picture
 * @offset:  of the engine's stream when @serial was taken
 * @blinks:  a cell that blinks was seen since it was last made sure of
 * @title_hash: of the title that viewers were told
 * @notice:  is over the last row; NULL: none
 */
struct display_console {
	struct display *display;
	struct list node;
	unsigned number;
	char label[DISPLAY_LABEL_MAX + 1];
	struct vt *vt;
	const struct display_console_ops *ops;
	void *data;
	bool backspace_bs;

	struct list views;
	unsigned viewers;
	uint64_t serial, offset;
	bool is_changed, blinks;
	uint64_t title_hash;
	struct notice *notice;
};

/*
 * A place in the text that stays with it while lines scroll by: vt_lines_scrolled() plus the line.
 */
struct place {
	int64_t line;
	unsigned col;
};

/* What is selected: @first up to before @end. @kind: enum vt_select. */
struct selection {
	bool exists;
	enum vt_select kind;
	struct place first, end;
};

/* The picture that the viewer has, as of its last collect. */
struct shown {
	uint64_t name;	   /* as display_update.to */
	int64_t top, base; /* places of its first row, of the screen's first row */
	unsigned back;
	bool lit;
	uint64_t offset;	 /* of the engine's stream */
	struct vt_cursor cursor; /* as drawn; not visible: none was drawn */
	struct selection selection;
	uint64_t notice; /* see notice_serial() */
};

enum { DISPLAY_CLICKS_MAX = 3 };

/* The viewer's mouse. */
struct pointer {
	unsigned buttons, guest_buttons; /* down now; of these, those that the guest was told of */
	unsigned col, row;
	bool selecting;
	struct place anchor; /* where the selection was begun */
	unsigned clicks;
	uint64_t click_ms;
};

/* What a view's owner is to be told, in this order. */
enum view_news {
	VIEW_SENT_AWAY = 1 << 0,
	VIEW_SWITCHED = 1 << 1,
	VIEW_SIZE = 1 << 2,
	VIEW_SIZE_DECIDED = 1 << 3,
	VIEW_TITLE = 1 << 4,
	VIEW_BELL = 1 << 5,
	VIEW_CLIPBOARD = 1 << 6,
	VIEW_PASTE = 1 << 7,
	VIEW_CHANGE = 1 << 8,
};

/*
 * @news:     enum view_news bits; @tell says them, one at a time; @wanted_news: of those callbacks
 *            that are there
 * @clipboard: the text of VIEW_CLIPBOARD
 * @pending:  there may be something to collect; @notified: and the owner knows, or will
 * @back:     lines scrolled back; @top: the place that the first row stays at meanwhile
 * @asks_size: a wish for one is not decided yet
 * @held:     enum held_key bits of the modifier keys that are down
 * @wanted:   number of the console that it was not let to; 0: none
 * @number:   see display_view_number()
 * @notice:   for this viewer alone, over the last row; NULL: none
 * @page:     its own behind the overview; NULL: it was never there
 */
struct display_view {
	struct display *display;
	struct display_console *console, *page;
	struct list node, in_display;
	const struct display_view_callbacks *callbacks;
	void *data;
	char *name, *identity, *address;
	bool read_only;
	unsigned wanted, number;
	struct notice *notice;
	struct task tell;
	unsigned news, wanted_news;
	struct strbuf clipboard;

	struct vt_reader reader;
	bool pending, notified, all, lit, asks_size;
	unsigned cols, rows; /* as told to the viewer */
	unsigned back;
	int64_t top;
	struct shown shown;

	unsigned held;
	struct composer composer;
	struct pointer pointer;
	struct selection selection;
	struct strbuf selected; /* the text that was selected last */
};

/* ---- console.c ---- */

/** console_new() - in no list, with no number; NULL if memory ran out */
struct display_console *console_new(
	struct display *display, const struct display_console_config *config);

/** console_free() - no view looks at it */
void console_free(struct display_console *console);

/** console_picture() - the serial of what is to be seen now */
uint64_t console_picture(struct display_console *console);

/** display_who_changed() - a console or a view came, went or moved */
void display_who_changed(struct display *display);

/* ---- view.c ---- */

/** view_may() - what it may at a console */
enum display_right view_may(const struct display_view *view, const struct display_console *console);

/** view_may_type() - at its own */
bool view_may_type(const struct display_view *view);

/** view_first() - the first console from 2 up that it may look at, else the overview */
struct display_console *view_first(const struct display_view *view);

/** view_look_at() - put a view to a console */
void view_look_at(struct display_view *view, struct display_console *console);

/** view_tell() - these enum view_news are to be told after the dispatch */
void view_tell(struct display_view *view, unsigned news);

/** view_tell_clipboard() - this text is for the viewer's clipboard */
void view_tell_clipboard(struct display_view *view, const char *utf8, size_t len);

/** view_changed() - there is something to collect; the owner hears of it once */
void view_changed(struct display_view *view);

/** view_notify() - the view's console changed */
void view_notify(struct display_view *view, bool title_changed);

/** view_switched() - look at @console and tell the owner */
void view_switched(struct display_view *view, struct display_console *console);

/* ---- page.c ---- */

/** view_turn_page() - from the overview to its page or back. Return: false: it is elsewhere */
bool view_turn_page(struct display_view *view);

/** view_is_at_page() */
bool view_is_at_page(const struct display_view *view);

/** view_judge_page() - what the viewer may there may have changed */
void view_judge_page(struct display_view *view);

/** view_close_page() - the view looks at nothing any more */
void view_close_page(struct display_view *view);

/* ---- scroll.c ---- */

/** view_base() - the place of the first row of the live screen */
int64_t view_base(const struct display_view *view);

/** view_settle() - find the line that the first row shows, after whatever the engine did */
void view_settle(struct display_view *view);

/** view_to_bottom() - back to the live screen, without a selection */
void view_to_bottom(struct display_view *view);

/* ---- picture.c ---- */

/** view_cursor() - as it is to be drawn in the view; all zero where it is not */
struct vt_cursor view_cursor(const struct display_view *view);

/* ---- notice.c ---- */

/** notice_serial() - no other notice ever has the same; 0: there is none (@notice is NULL) */
uint64_t notice_serial(const struct notice *notice);

/** notice_of() - what a view shows: its own, or that of all; NULL: none */
const struct notice *notice_of(const struct display_view *view);

/** notice_covers() - is the row of the picture one that a notice is over */
bool notice_covers(const struct display_view *view, unsigned row);

/** notice_read() - the first @cols columns of the row that it makes */
void notice_read(const struct notice *notice, unsigned cols, struct vt_cell *cells);

/** notice_free() - NULL is fine */
void notice_free(struct notice *notice);

/* ---- select.c ---- */

/** view_place() - the text at a row of the picture */
struct place view_place(const struct display_view *view, unsigned row, unsigned col);

void selection_start(struct display_view *view, struct place at, enum vt_select kind);
void selection_extend(struct display_view *view, struct place to);

/** selection_finish() - the button is up: hand out the text */
void selection_finish(struct display_view *view);
void selection_drop(struct display_view *view);

/** selection_has() - is the column selected */
bool selection_has(const struct selection *selection, int64_t line, unsigned col);

/** selection_touches() - is anything of the line */
bool selection_touches(const struct selection *selection, int64_t line);
bool selections_equal(const struct selection *a, const struct selection *b);

#endif
