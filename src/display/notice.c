/* SPDX-License-Identifier: MIT */
/*
 * A line for those who look at a console, over the last row of its picture. The engine knows
 * nothing of it: what stands below is what is selected, dumped and kept, and is to be seen again
 * once the time is up.
 */
#include "display/display-internal.h"

#include "display/plain.h"
#include "vt/width.h"

#include <stdlib.h>

enum { NOTICE_COLS_MAX = 256 };

/*
 * @console: of whose viewers it is for all; NULL: it is for @view alone
 * @serial: names it, as those of pictures; see struct shown
 * @count:  how many of the cells are used; behind them it goes on blank
 */
struct notice {
	struct display_console *console;
	struct display_view *view;
	uint64_t serial;
	struct timer *timer;
	unsigned count;
	struct vt_cell cells[NOTICE_COLS_MAX];
};

static const struct vt_cell blank = { .attr = VT_INVERSE };

static bool is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0);
}

/* A control character, or what cannot stand by itself, is left out. */
static void put_char(struct notice *notice, uint32_t c)
{
	int width = is_control(c) ? 0 : width_of(c);

	if (width <= 0 || notice->count + (unsigned)width > NOTICE_COLS_MAX)
		return;
	notice->cells[notice->count] = blank;
	notice->cells[notice->count++].ch = c & (VT_CH_CLUSTER - 1);
	if (width == 1)
		return;
	notice->cells[notice->count - 1].width = VT_WIDE;
	notice->cells[notice->count] = blank;
	notice->cells[notice->count++].width = VT_WIDE_TAIL;
}

static void put_text(struct notice *notice, const char *text)
{
	put_char(notice, ' ');
	while (*text)
		put_char(notice, plain_next(&text));
}

void notice_free(struct notice *notice)
{
	if (!notice)
		return;
	timer_free(notice->timer);
	free(notice);
}

/* @place: where the one is that it takes the place of. */
static void put_up(struct notice **place, struct notice *notice)
{
	notice_free(*place);
	*place = notice;
}

static void set_for_all(struct display_console *console, struct notice *notice)
{
	put_up(&console->notice, notice);
	display_console_changed(console);
}

static void set_for_one(struct display_view *view, struct notice *notice)
{
	put_up(&view->notice, notice);
	view_changed(view);
}

static void on_time_up(void *data)
{
	const struct notice *notice = data;

	if (notice->console)
		set_for_all(notice->console, NULL);
	else
		set_for_one(notice->view, NULL);
}

/* NULL: no memory. */
static struct notice *notice_new(struct display *display, const char *text)
{
	struct notice *notice = calloc(1, sizeof(*notice));

	if (!notice)
		return NULL;
	notice->timer = timer_new(display->loop, on_time_up, notice);
	if (!notice->timer) {
		free(notice);
		return NULL;
	}
	notice->serial = ++display->serial;
	put_text(notice, text);
	timer_start(notice->timer, DISPLAY_NOTICE_MS);
	return notice;
}

void display_console_notice(struct display_console *console, const char *text)
{
	struct notice *notice = console->viewers ? notice_new(console->display, text) : NULL;

	if (!notice)
		return;
	notice->console = console;
	set_for_all(console, notice);
}

void display_view_notice(struct display_view *view, const char *text)
{
	struct notice *notice = notice_new(view->display, text);

	if (!notice)
		return;
	notice->view = view;
	set_for_one(view, notice);
}

const struct notice *notice_of(const struct display_view *view)
{
	return view->notice ? view->notice : view->console->notice;
}

uint64_t notice_serial(const struct notice *notice)
{
	return notice ? notice->serial : 0;
}

bool notice_covers(const struct display_view *view, unsigned row)
{
	return notice_of(view) && row + 1 == vt_rows(view->console->vt);
}

void notice_read(const struct notice *notice, unsigned cols, struct vt_cell *cells)
{
	for (unsigned col = 0; col < cols; col++)
		cells[col] = col < notice->count ? notice->cells[col] : blank;
	if (cells[cols - 1].width == VT_WIDE)
		cells[cols - 1] = blank;
}
