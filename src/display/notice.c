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
 * @serial: names it, as those of pictures; see struct shown
 * @count:  how many of the cells are used; behind them it goes on blank
 */
struct notice {
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

static void set_notice(struct display_console *console, struct notice *notice)
{
	notice_free(console->notice);
	console->notice = notice;
	display_console_changed(console);
}

static void on_time_up(void *data)
{
	set_notice(data, NULL);
}

void display_console_notice(struct display_console *console, const char *text)
{
	struct notice *notice;

	if (!console->viewers)
		return;
	notice = calloc(1, sizeof(*notice));
	if (!notice)
		return;
	notice->timer = timer_new(console->display->loop, on_time_up, console);
	if (!notice->timer) {
		free(notice);
		return;
	}
	notice->serial = ++console->display->serial;
	put_text(notice, text);
	timer_start(notice->timer, DISPLAY_NOTICE_MS);
	set_notice(console, notice);
}

uint64_t notice_serial(const struct notice *notice)
{
	return notice ? notice->serial : 0;
}

bool notice_covers(const struct display_console *console, unsigned row)
{
	return console->notice && row + 1 == vt_rows(console->vt);
}

void notice_read(const struct notice *notice, unsigned cols, struct vt_cell *cells)
{
	for (unsigned col = 0; col < cols; col++)
		cells[col] = col < notice->count ? notice->cells[col] : blank;
	if (cells[cols - 1].width == VT_WIDE)
		cells[cols - 1] = blank;
}
