/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_DISPLAY_H
#define DISPLAY_DISPLAY_H

#include "text/glyph.h"
#include "vt/keyboard.h"
#include "vt/vt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What there is to look at. A display has numbered consoles: number 1 is the overview, which the
 * display draws itself; who provides a screen (class "vc") adds one from 2 up. A view is one
 * viewer's look at one console: which console, how far scrolled back, what is selected, which keys
 * are held. Views know nothing of each other.
 *
 * No I/O: the owner of a view collects what changed when it suits it, and beats the time for
 * blinking. Nothing here costs anything while nobody looks.
 *
 * Callbacks of a view come from the loop, in a task after the dispatch in which it happened: each
 * may do anything to any object of the display.
 */
struct loop;
struct object;
struct display;
struct display_console;
struct display_view;

#define DISPLAY_CONSOLES_MAX 1000u
#define DISPLAY_OVERVIEW     1u /* its number */
#define DISPLAY_LABEL_MAX    64u

/* ---- the display --------------------------------------------------------------------------- */

/**
 * display_new() - a display with the overview alone
 * @loop: outlives the display
 * @name: of the program or machine, for the overview and titles; copied
 * @font: borrowed, outlives the display; what display_font() gives to who draws; may be NULL where
 *        nobody draws
 *
 * Return: NULL if memory ran out.
 */
struct display *display_new(struct loop *loop, const char *name, struct font *font);

/** display_free() - all views must be gone; consoles go with it. NULL is fine */
void display_free(struct display *display);

/**
 * display_load_compose() - put dead keys together by the tables of the session's locale
 *
 * Reads files, so to be called before anybody is served; again is fine. Views that come later use
 * them; without, a view knows the letters of Latin-1. Return: 0; -ENOMEM.
 */
int display_load_compose(struct display *display);

struct font *display_font(const struct display *display);

/** display_find() - the console of a number; NULL: none */
struct display_console *display_find(const struct display *display, unsigned number);

/** display_next() - walk by number, the overview first; NULL starts and ends */
struct display_console *display_next(
	const struct display *display, const struct display_console *after);

/** display_first() - a new viewer sees it, if it may: the lowest from 2 up, else the overview */
struct display_console *display_first(const struct display *display);

/**
 * display_watch_who() - call @fn when a console or a view comes, goes or moves; NULL: no more
 *
 * There is one listener. It must leave the display alone: best is to post a task.
 */
void display_watch_who(struct display *display, void (*fn)(void *data), void *data);

/**
 * display_people_fn - who is at a console, besides those who look at it here
 * @label: of the console
 * @put:   to be called with each name, and with @names
 */
typedef void display_people_fn(
	void *data, const char *label, void (*put)(void *names, const char *name), void *names);

/** display_set_people() - let the overview show them; asked for while somebody looks at that */
void display_set_people(struct display *display, display_people_fn *fn, void *data);

/* ---- a console, from the side of who provides it ------------------------------------------- */

/**
 * struct display_console_ops - what a provider implements; each may be NULL
 *
 * @view is the viewer's whose key or wish it is.
 */
struct display_console_ops {
	/**
	 * Bytes for the guest: keys, mouse, paste. All or nothing; keeps them until the guest takes
	 * them. Must not call back into the display.
	 *
	 * Return: 0; -ENOBUFS: too much waits already; -ENOTCONN: there is no guest; -ENOMEM.
	 */
	int (*in)(void *data, const struct display_view *view, const char *bytes, size_t len);

	/**
	 * A viewer wants another size. The provider resizes its engine now, or not at all, and says
	 * display_console_changed() then. Where somebody else decides, who is asked later, it says
	 * display_view_size_decided() when he has.
	 *
	 * Return: 0; -EINPROGRESS: it will be decided; -EPERM: the size is fixed; -ERANGE; -ENOMEM.
	 */
	int (*resize)(void *data, const struct display_view *view, unsigned cols, unsigned rows);

	/**
	 * A key went down, before it becomes bytes. May switch the view.
	 *
	 * Return: whether it was used; if not it goes on to in().
	 */
	bool (*key)(void *data, struct display_view *view, uint32_t keysym);

	/** The rules about who may look and who may type; each may be NULL. Without it: none */
	void (*rules)(void *data, struct object **ret_view, struct object **ret_type);

	/**
	 * A viewer has come or gone, or what it may has changed: see display_console_next_view().
	 * Must not call back into the display for more than that. While there are any the engine
	 * has to be up to date at each display_console_changed(); while there are none nothing but
	 * its size is looked at.
	 */
	void (*viewers)(void *data);
};

/**
 * struct display_console_config - a console to be
 * @label:        what people call it: the chardev's id; copied, cut at DISPLAY_LABEL_MAX bytes
 * @vt:           its screen; borrowed until display_console_set_vt() or removal
 * @ops:          static; NULL: nobody takes input
 * @data:         first argument of the ops
 * @backspace_bs: BackSpace sends 0x08 where the engine says 0x7f
 * @number:       that it shall have if it is free, as another program gave it; 0: any
 */
struct display_console_config {
	const char *label;
	struct vt *vt;
	const struct display_console_ops *ops;
	void *data;
	bool backspace_bs;
	unsigned number;
};

/**
 * display_console_add() - take the lowest free number from 2 up, or the one that is asked for
 *
 * Views stay where they are.
 *
 * Return: 0; -ENOSPC: DISPLAY_CONSOLES_MAX; -ENOMEM.
 */
int display_console_add(struct display *display, const struct display_console_config *config,
	struct display_console **ret_console);

/**
 * display_console_remove() - its views go elsewhere and are told so; NULL is fine
 *
 * No op is called any more, the engine is not looked at any more.
 */
void display_console_remove(struct display_console *console);

/** display_console_set_vt() - from now on this is the screen; the one before may be freed */
void display_console_set_vt(struct display_console *console, struct vt *vt);

/**
 * display_console_changed() - the engine was fed, resized or reset
 *
 * Cheap where nobody looks. Notices changes of size and title too.
 */
void display_console_changed(struct display_console *console);

/** display_console_bell() - on_bell of every viewer */
void display_console_bell(struct display_console *console);

enum { DISPLAY_NOTICE_MS = 3000 }; /* how long a notice is shown */

/**
 * display_console_notice() - show a line to all who look, over the last row of the picture
 * @text: UTF-8; cut at the width
 *
 * It is in the picture alone: not in the engine, so not in what is selected, dumped or scrolled
 * back to. A later one takes its place. Without memory there is none.
 */
void display_console_notice(struct display_console *console, const char *text);

/** display_console_clipboard() - the guest set the clipboard: on_clipboard of every viewer */
void display_console_clipboard(struct display_console *console, const char *utf8, size_t len);

/* ---- a page behind the overview, from the side of who provides it -------------------------- */

/**
 * struct display_page_ops - a page that each viewer has for himself; F2 on the overview goes there
 * and back
 *
 * It is a console without a number, which is there from when its viewer first turns to it until he
 * goes. All of them are there.
 */
struct display_page_ops {
	/** What it is, for the overview: "monitor". */
	const char *name;

	/**
	 * Make one. judge() follows.
	 *
	 * Return: 0, *@ret_config says what it is, and its @data is the page; -ENOMEM.
	 */
	int (*open)(
		void *data, struct display_view *view, struct display_console_config *ret_config);

	/** Ask display_view_may_use_page(): it may have another answer now */
	void (*judge)(void *page);

	/** Its viewer has gone, and its console */
	void (*close)(void *page);
};

/** display_set_page() - before there are views; @ops: static */
void display_set_page(struct display *display, const struct display_page_ops *ops, void *data);

/** display_view_page() - the page of a view; NULL: it has none yet */
struct display_console *display_view_page(const struct display_view *view);

/**
 * display_view_may_use_page() - may he do what can be done there
 * @why: if not, why; a clause for people is appended
 */
bool display_view_may_use_page(const struct display_view *view, struct strbuf *why);

/* ---- a console, from the side of who looks ------------------------------------------------- */

/** display_console_number() - 0: it is a page */
unsigned display_console_number(const struct display_console *console);
const char *display_console_label(const struct display_console *console);

/** display_console_vt() - never NULL; may be another one after any dispatch */
struct vt *display_console_vt(const struct display_console *console);

/** display_console_rules() - about who may look, who may type there; each may be NULL */
void display_console_rules(
	const struct display_console *console, struct object **ret_view, struct object **ret_type);

/** display_console_viewers() - how many views it has */
unsigned display_console_viewers(const struct display_console *console);

/** display_console_next_view() - walk those who look at it; NULL starts and ends */
struct display_view *display_console_next_view(
	const struct display_console *console, const struct display_view *after);

/* ---- a view -------------------------------------------------------------------------------- */

/** enum display_right - what a viewer may at a console; each includes the ones before it */
enum display_right { DISPLAY_NOTHING, DISPLAY_LOOK, DISPLAY_TYPE };

/** struct display_view_callbacks - each may be NULL; see the top about what they may do */
struct display_view_callbacks {
	/**
	 * There is something to collect. Called once; then not again before display_view_collect()
	 * (even if that finds less than hoped for). To know it at once: display_view_has_change()
	 */
	void (*on_change)(void *data);
	/** The console has another size. Everything is damaged; on_change comes as well */
	void (*on_size)(void *data, unsigned cols, unsigned rows);
	/** display_view_title() gives something else now */
	void (*on_title)(void *data);
	void (*on_bell)(void *data);
	/** The middle button: paste, what was selected in the view or what the viewer has */
	void (*on_paste)(void *data);
	/** Text for the viewer's clipboard: selected with the mouse, or set by the guest */
	void (*on_clipboard)(void *data, const char *utf8, size_t len);
	/**
	 * The view shows another console: by its keys, or since the one before was removed. Size
	 * and title may differ, which is not told apart. on_change comes as well
	 */
	void (*on_switched)(void *data);
	/**
	 * What may the viewer at a console with these rules, one of which is there? Asked at any
	 * time, and must not call back. Without it nothing. Who cannot say yet says
	 * DISPLAY_NOTHING, and display_view_judge() when he can
	 */
	enum display_right (*may)(void *data, struct object *view_rule, struct object *type_rule);
	/**
	 * display_view_may_use_page(), asked and answered like may(). Without it: no
	 */
	bool (*may_use_page)(void *data, struct strbuf *why);
	/** An operator wants it to go */
	void (*on_sent_away)(void *data);
	/** What display_view_request_size() put off: the size is now what it is to be */
	void (*on_size_decided)(void *data);
};

/**
 * struct display_view_config - a view to be
 * @name:      who it is, for the overview: "192.168.1.7:40312"; copied
 * @identity:  the same as rules know it; @address: where; copied; NULL: not known
 * @read_only: looks, switches, scrolls and selects, but sends nothing to any guest
 */
struct display_view_config {
	const char *name, *identity, *address;
	bool read_only;
};

/**
 * display_view_new() - look at display_first(), or the first that the viewer may look at
 * @callbacks: static
 *
 * Nothing is called from here; the first display_view_collect() gives the whole picture.
 *
 * Return: 0; -ENOMEM.
 */
int display_view_new(struct display *display, const struct display_view_config *config,
	const struct display_view_callbacks *callbacks, void *data, struct display_view **ret_view);

/** display_view_free() - no callback comes any more; also inside of one. NULL is fine */
void display_view_free(struct display_view *view);

/** display_view_name() - as it was given */
const char *display_view_name(const struct display_view *view);

/** display_view_number() - of all views of the display no other one ever has it */
unsigned display_view_number(const struct display_view *view);

/** display_view_identity(), display_view_address() - as they were given */
const char *display_view_identity(const struct display_view *view);
const char *display_view_address(const struct display_view *view);

/** display_view_may_type() - at what it looks at */
bool display_view_may_type(const struct display_view *view);

/** display_view_bell() - on_bell of one viewer */
void display_view_bell(struct display_view *view);

/** display_view_notice() - a display_console_notice() to one viewer, over that of all */
void display_view_notice(struct display_view *view, const char *text);

/** display_view_send_away() - ask its owner to end it: on_sent_away() */
void display_view_send_away(struct display_view *view);

/** display_view_console() - what it looks at; never NULL */
struct display_console *display_view_console(const struct display_view *view);

/**
 * display_view_switch() - look at another console
 *
 * Return: 0; -ENOENT: no such number; -EACCES: the viewer may not look there. It is switched later
 * if display_view_judge() finds that it may by then.
 */
int display_view_switch(struct display_view *view, unsigned number);

/** display_view_judge() - may() would give another answer now: look where the viewer may */
void display_view_judge(struct display_view *view);

/** display_view_title() - "NAME: LABEL - TITLE" for a window's frame; appended to @out, UTF-8 */
void display_view_title(const struct display_view *view, struct strbuf *out);

/**
 * struct display_view_state - what a view is in the midst of, for one in another program's place
 * @console:  number of what it looks at; @wanted: of the one that it was not let to; 0: none
 * @keys:     modifier keys that are down; @buttons, @guest_buttons: of the mouse, which the guest
 *            knows of; @col, @row: where that is
 * @back:     lines scrolled back
 * @selected: the text that was selected last; borrowed; @selected_len
 * @composing: keysyms of a dead key, or a sequence, that waits; borrowed; @n_composing
 * @number:   see display_view_number(); 0: not known
 * @right:    enum display_right: what it may at what it looks at
 */
struct display_view_state {
	unsigned console, wanted, keys, buttons, guest_buttons, col, row, back, number, right;
	const char *selected;
	size_t selected_len;
	const uint32_t *composing;
	size_t n_composing;
};

/** display_view_save() - what is selected now is let go */
void display_view_save(const struct display_view *view, struct display_view_state *ret_state);

/** display_view_go_on() - of a new view: be as another one was, as far as what it saw is there */
void display_view_go_on(struct display_view *view, const struct display_view_state *state);

/* ---- a view: the picture ------------------------------------------------------------------- */

unsigned display_view_cols(const struct display_view *view);
unsigned display_view_rows(const struct display_view *view);

/**
 * struct display_update - how the picture that a view has differs from the one that is now
 * @cols, @rows:   of the picture
 * @all:           everything is new (the spans say so too)
 * @scroll_lines:  0: none. > 0: first move the rows @scroll_top + @scroll_lines ..
 *                 @scroll_bottom - 1 up by that many; < 0: the rows @scroll_top ..
 *                 @scroll_bottom + @scroll_lines - 1 down
 * @spans:         then redraw these columns of each row 0..rows-1; cursor and selection are in.
 *                 A span never cuts a wide character
 * @from, @to:     names of the picture before and after. Pictures of any views of one display with
 *                 the same name, not 0, are the same everywhere: a part of one that was encoded for
 *                 one view does for the others, and an update with the same names for both does for
 *                 the other view. 0: this view's own (scrolled back, selecting; @from: new)
 */
struct display_update {
	unsigned cols, rows;
	bool all;
	int scroll_lines;
	unsigned scroll_top, scroll_bottom;
	uint64_t from, to;
	struct vt_span spans[VT_ROWS_MAX];
};

/** display_view_has_change() - whether display_view_collect() would find anything */
bool display_view_has_change(const struct display_view *view);

/**
 * display_view_collect() - what changed since this view last asked, and count it as seen
 *
 * Costs O(rows). Read the rows before anything else happens.
 *
 * Return: whether there is anything to redraw.
 */
bool display_view_collect(struct display_view *view, struct display_update *ret_update);

/**
 * display_view_read() - the columns @first..@end-1 of a row as they are to be seen
 * @cells: receives @end - @first cells
 *
 * Places beyond the screen are blank. Clusters in the cells are numbers of display_view_vt().
 */
void display_view_read(struct display_view *view, unsigned row, unsigned first, unsigned end,
	struct text_cell *cells);

/** display_view_vt() - the engine to hand to text_tile(); until the dispatch is over */
const struct vt *display_view_vt(const struct display_view *view);

/** display_view_damage_all() - forget what the viewer has: the next update is the whole picture */
void display_view_damage_all(struct display_view *view);

/** display_view_is_held() - the guest is in the middle of a frame: better collect a bit later */
bool display_view_is_held(const struct display_view *view);

/** display_view_wants_blink() - something to be seen blinks: beat the time; ask after a collect */
bool display_view_wants_blink(const struct display_view *view);

/**
 * display_view_blink() - one beat: what blinks is shown if @lit, else hidden
 *
 * Marks what blinks as changed (no on_change: the caller knows). Views that share updates should
 * beat together: give all of them the same @lit. A new view starts lit.
 */
void display_view_blink(struct display_view *view, bool lit);

/* ---- a view: input ------------------------------------------------------------------------- */

/**
 * display_view_key() - a key went down or up; key repeat is more of down
 * @keysym: X11 keysym, as the viewer's keyboard layout gives it; modifiers come as keys too and are
 *          remembered in the view
 * @place:  of the key, as an XT scan code; 0: not known
 *
 * Dead keys and Compose make one character of several keys. Ctrl with a letter of another script is
 * the control character of the Latin letter at the same place.
 *
 * Ctrl-Alt-1..9 switch, F2 turns to the overview's other page, Shift-PgUp/PgDn scroll back; these
 * and their releases go no further. Any other key that sends something returns to the bottom and
 * drops the selection.
 *
 * Return: 0; -ENOBUFS: the guest does not take its input, the key is lost (a good place for a
 * bell); -EPERM: read only; -ENOTCONN, -ENOMEM.
 */
int display_view_key(struct display_view *view, uint32_t keysym, unsigned place, bool down);

/* Bits of display_view_pointer()'s @buttons; as RFB's button mask [RFC 6143 7.5.5]. */
enum display_button {
	DISPLAY_BUTTON_LEFT = 1 << 0,
	DISPLAY_BUTTON_MIDDLE = 1 << 1,
	DISPLAY_BUTTON_RIGHT = 1 << 2,
	DISPLAY_WHEEL_UP = 1 << 3,
	DISPLAY_WHEEL_DOWN = 1 << 4,
	DISPLAY_WHEEL_LEFT = 1 << 5,
	DISPLAY_WHEEL_RIGHT = 1 << 6,
};

/**
 * display_view_pointer() - where the mouse is and which buttons are down
 * @x_px, @y_px: at scale 1; clamped
 * @buttons:     enum display_button bits that are down now
 * @now_ms:      any monotonic clock, to tell double clicks
 *
 * For the guest if it asked for the mouse and Shift is not held; otherwise the left button selects
 * (twice: words, three times: lines; Alt: a block) and on_clipboard gives the text on release, the
 * right one extends the selection, the middle one is on_paste, and the wheel scrolls back.
 */
void display_view_pointer(
	struct display_view *view, unsigned x_px, unsigned y_px, unsigned buttons, uint64_t now_ms);

/**
 * display_view_paste() - text of the viewer's clipboard as input, bracketed where the guest asks
 *
 * Whole or not at all; goes to the guest at its own pace.
 *
 * Return: 0; -ENOBUFS, -EPERM, -ENOTCONN, -ENOMEM as display_view_key().
 */
int display_view_paste(struct display_view *view, const char *utf8, size_t len);

/** display_view_paste_selection() - the same with the text that was selected in this view last */
int display_view_paste_selection(struct display_view *view);

/** display_view_brackets_paste() - the guest can tell pasted text from typed (mode 2004) */
bool display_view_brackets_paste(const struct display_view *view);

/**
 * display_view_request_size() - the viewer would like this size
 *
 * Others may want another one: what it gets is display_view_cols(), _rows() once it is decided. A
 * change comes as on_size, too.
 *
 * Return: 0: it is decided; -EINPROGRESS: on_size_decided() will come, once, unless the view is
 * freed; -EPERM: the size is fixed, or the view is read only; -ERANGE: outside of 1..VT_COLS_MAX,
 * 1..VT_ROWS_MAX; -ENOMEM.
 */
int display_view_request_size(struct display_view *view, unsigned cols, unsigned rows);

/** display_view_size_decided() - for the provider: what its resize() has put off; else no-op */
void display_view_size_decided(struct display_view *view);

/** display_console_size_decided() - the same for all views of a console */
void display_console_size_decided(struct display_console *console);

/**
 * display_view_scroll() - look @lines further back, or forward where negative
 *
 * Stays at that text while output goes on. The alternate screen has no lines above it.
 */
void display_view_scroll(struct display_view *view, int lines);

#endif
