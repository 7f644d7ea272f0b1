/* SPDX-License-Identifier: MIT */
/*
 * Console 1: which consoles there are and who looks at them, as a text screen of its own. It is
 * drawn when somebody looks at it, and again when any of that changes, once a dispatch. Nobody
 * tells when people come and go in other ways (a terminal on a pty, clients of a socket), or when
 * the keyboard of one is free again: that is asked for every second as long as somebody looks.
 */
#include "display/overview.h"

#include "base/cleanup.h"
#include "display/display-internal.h"
#include "display/plain.h"
#include "io/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define OVERVIEW_LABEL "overview"

enum {
	TITLE_COLUMN = 2,
	LABEL_COLUMN = 8,
	SIZE_COLUMN = 29,
	PEOPLE_COLUMN = 40,
	LINES_AROUND = 9,
	PAGE_LINES = 2,
	ASK_MS = 1000
};

struct overview {
	struct loop *loop;
	struct display *display;
	struct display_console *console;
	struct vt *vt;
	char *title;
	struct task draw;
	display_people_fn *people;
	void *people_data;
	struct timer *ask;
	struct strbuf drawn; /* what the screen shows */
};

/* Text that begins at column @at, numbered from 1 on, and ends before @end and the screen does. */
static void put_at(struct strbuf *out, const struct overview *overview, unsigned at, unsigned end,
	const char *text)
{
	unsigned behind = vt_cols(overview->vt) + 1;

	if (end > behind)
		end = behind;
	if (at >= end)
		return;
	strbuf_printf(out, "\033[%uG", at);
	plain_cut(out, text, end - at);
}

struct names {
	struct strbuf *out;
	const char *separator;
};

static void put_name(void *data, const char *name)
{
	struct names *names = data;

	strbuf_puts(names->out, names->separator);
	strbuf_puts(names->out, name);
	names->separator = ", ";
}

static void put_names(
	struct strbuf *out, const struct overview *overview, const struct strbuf *names)
{
	out->failed |= names->failed;
	if (names->len && !names->failed)
		put_at(out, overview, PEOPLE_COLUMN, UINT_MAX, names->data);
}

static void put_people(
	struct strbuf *out, const struct overview *overview, const struct display_console *console)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	const struct display_view *view = NULL;
	struct names names = { &text, "" };

	while ((view = display_console_next_view(console, view)))
		put_name(&names, display_view_name(view));
	if (overview->people)
		overview->people(
			overview->people_data, display_console_label(console), put_name, &names);
	put_names(out, overview, &text);
}

static void put_console(
	struct strbuf *out, const struct overview *overview, const struct display_console *console)
{
	const struct vt *vt = display_console_vt(console);
	char size[32];

	strbuf_printf(out, "\r\n  \033[1m%3u\033[m", display_console_number(console));
	put_at(out, overview, LABEL_COLUMN, SIZE_COLUMN - 1, display_console_label(console));
	snprintf(size, sizeof(size), "%ux%u", vt_cols(vt), vt_rows(vt));
	put_at(out, overview, SIZE_COLUMN, PEOPLE_COLUMN - 1, size);
	put_people(out, overview, console);
}

/* The page behind it, of which each viewer has his own. */
static void put_page(struct strbuf *out, const struct overview *overview)
{
	const struct display *display = overview->display;
	AUTO_STRBUF struct strbuf text = { 0 };
	struct names names = { &text, "" };

	strbuf_puts(out, "\r\n   \033[1mF2\033[m");
	put_at(out, overview, LABEL_COLUMN, PEOPLE_COLUMN - 1, display->page_ops->name);
	list_for_each (view, &display->views, struct display_view, in_display)
		if (view_is_at_page(view))
			put_name(&names, view->name);
	put_names(out, overview, &text);
}

static void put_consoles(struct strbuf *out, const struct overview *overview, unsigned lines)
{
	const struct display_console *console = NULL;
	unsigned left = 0;

	while ((console = display_next(overview->display, console))) {
		if (lines > 0) {
			put_console(out, overview, console);
			if (console == overview->console && overview->display->page_ops)
				put_page(out, overview);
			lines--;
		} else {
			left++;
		}
	}
	if (left)
		strbuf_printf(out, "\r\n       ... and %u more", left);
}

/* Lines do not wrap: what is too long for the width is cut. */
static void put_screen(struct strbuf *out, const struct overview *overview)
{
	const struct display_page_ops *page = overview->display->page_ops;
	unsigned rows = vt_rows(overview->vt), around = LINES_AROUND + (page ? PAGE_LINES : 0);

	strbuf_puts(out, "\033[?7l\033[?25l\033[m\033[H\033[2J\033[44;97m\033[K");
	put_at(out, overview, TITLE_COLUMN, UINT_MAX, overview->title);
	strbuf_puts(out, "\033[m\r\n\r\n\033[36m   No");
	put_at(out, overview, LABEL_COLUMN, SIZE_COLUMN, "Console");
	put_at(out, overview, SIZE_COLUMN, PEOPLE_COLUMN, "Size");
	put_at(out, overview, PEOPLE_COLUMN, UINT_MAX, "Who is there");
	strbuf_puts(out, "\033[m");
	put_consoles(out, overview, rows > around ? rows - around : 1);
	strbuf_puts(out,
		"\r\n\r\n \033[36mCtrl-Alt-1 .. 9\033[m  show that console; here its number will do"
		"\r\n \033[36mShift-PgUp/PgDn\033[m  look back; the wheel too"
		"\r\n \033[36mLeft button\033[m      select and copy; with Shift if the guest has "
		"the "
		"mouse");
	if (page)
		strbuf_printf(out, "\r\n \033[36mF2\033[m               the %s, and back again",
			page->name);
}

static bool is_drawn(const struct overview *overview, const struct strbuf *out)
{
	return overview->drawn.len == out->len &&
	       !memcmp(overview->drawn.data, out->data, out->len);
}

static void draw(void *data)
{
	struct overview *overview = data;
	struct strbuf out AUTO_STRBUF = { 0 };

	if (!display_console_viewers(overview->console))
		return;
	if (overview->people && overview->ask)
		timer_start(overview->ask, ASK_MS);
	put_screen(&out, overview);
	if (out.failed || is_drawn(overview, &out))
		return;
	vt_feed(overview->vt, out.data, out.len);
	display_console_changed(overview->console);
	strbuf_done(&overview->drawn);
	overview->drawn = out;
	out = (struct strbuf){ 0 };
}

static void handle_who(void *data)
{
	struct overview *overview = data;

	task_post(overview->loop, &overview->draw, draw, overview);
}

static int handle_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct overview *overview = data;
	int r = vt_resize(overview->vt, cols, rows);

	(void)view;
	if (r < 0)
		return r;
	strbuf_done(&overview->drawn);
	display_console_changed(overview->console);
	handle_who(overview);
	return 0;
}

/* A number, or Return for the first guest. */
static bool handle_key(void *data, struct display_view *view, uint32_t keysym)
{
	unsigned number = 0;

	(void)data;
	if (keysym == VT_KEY_RETURN || keysym == VT_KEY_KP_ENTER)
		number = display_console_number(view_first(view));
	else if (keysym >= '1' && keysym <= '9')
		number = keysym - '0';
	if (number)
		display_view_switch(view, number);
	return true;
}

static const struct display_console_ops overview_ops = {
	.resize = handle_resize,
	.key = handle_key,
};

int overview_new(struct loop *loop, struct display *display, const char *title,
	struct overview **ret_overview)
{
	const struct vt_config vt_config = { .scrollback_lines = VT_NO_SCROLLBACK };
	struct overview *overview = calloc(1, sizeof(*overview));
	struct display_console_config config = {
		.label = OVERVIEW_LABEL, .ops = &overview_ops, .data = overview
	};

	if (!overview)
		return -ENOMEM;
	overview->loop = loop;
	overview->display = display;
	overview->title = strdup(title);
	if (overview->title && vt_new(&vt_config, NULL, NULL, &overview->vt) == 0)
		config.vt = overview->vt;
	if (!config.vt || display_console_add(display, &config, &overview->console) < 0) {
		overview_free(overview);
		return -ENOMEM;
	}
	display_watch_who(display, handle_who, overview);
	*ret_overview = overview;
	return 0;
}

void overview_set_people(struct overview *overview, display_people_fn *fn, void *data)
{
	overview->people = fn;
	overview->people_data = data;
	if (fn && !overview->ask)
		overview->ask = timer_new(overview->loop, draw, overview);
}

void overview_free(struct overview *overview)
{
	task_cancel(&overview->draw);
	timer_free(overview->ask);
	display_console_remove(overview->console);
	vt_free(overview->vt);
	strbuf_done(&overview->drawn);
	free(overview->title);
	free(overview);
}
