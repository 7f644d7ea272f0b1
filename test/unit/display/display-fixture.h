/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_FIXTURE_H
#define DISPLAY_FIXTURE_H

#include "display/display.h"

#include "base/strbuf.h"

/* A display with one guest's console, number 2, whose input is recorded, and a viewer of it. */

struct fixture;

/** struct watcher - a viewer that counts what it is told */
struct watcher {
	struct fixture *fixture;
	struct display_view *view;
	unsigned changes, sizes, decided, titles, bells, switches, clipboards, pastes, sent_away;
	unsigned cols, rows;
	struct strbuf clipboard;
	bool free_on_change; /* go away inside of on_change */
	enum display_right right;
	bool page_is_for_me; /* the one behind the overview; else: "no" */
};

struct fixture {
	struct loop *loop;
	struct display *display;
	struct font *font;
	struct vt *vt;
	struct display_console *console;
	struct strbuf in;
	int in_result, resize_result;
	unsigned resizes, viewers_told;
	bool has_rules; /* the console; what a watcher may there is its own */
	struct watcher watcher;
	struct display_update update;
};

enum { FIXTURE_COLS = 20, FIXTURE_ROWS = 5 };

/** fixture_setup(), fixture_teardown() - for cmocka; the watcher looks at console 2 */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/** settle() - let everybody hear what there is to hear */
void settle(struct fixture *f);

/** fixture_feed() - bytes of the guest */
void fixture_feed(struct fixture *f, const char *text);

/** fixture_collect() - of the fixture's watcher, into f->update */
bool fixture_collect(struct fixture *f);

/** fixture_add() - one more console with an engine of its own, which fixture_remove() frees */
struct display_console *fixture_add(struct fixture *f, const char *label);
void fixture_remove(struct display_console *console);

/** watcher_open(), watcher_close() - one more viewer */
void watcher_open(struct fixture *f, struct watcher *watcher, const char *name);
void watcher_close(struct watcher *watcher);

/** watcher_open_read_only() - the same for one that only looks */
void watcher_open_read_only(struct fixture *f, struct watcher *watcher);

/** watcher_back() - how many lines it is scrolled back */
unsigned watcher_back(const struct watcher *watcher);

/** watcher_row() - text of a row once all is settled; ASCII, without blanks at its end */
const char *watcher_row(const struct watcher *watcher, unsigned row);

#endif
