/* SPDX-License-Identifier: MIT */
/*
 * Console 1: which consoles there are and who looks at them, as a text screen of its own. It is
 * drawn when somebody looks at it, and again when any of that changes.
 */
#include "display/display-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OVERVIEW_LABEL "overview"

enum { LABEL_COLUMN = 7, SIZE_COLUMN = 29, VIEWERS_COLUMN = 40, LINES_AROUND = 9 };

/* Names come from outside: nothing of them may be taken for a control sequence. */
static void put_plain(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		strbuf_putc(out, c < ' ' || c == 0x7f ? '?' : (char)c);
	}
}

static void put_viewers(struct strbuf *out, const struct display_console *console)
{
	const char *separator = "";

	list_for_each (view, &console->views, struct display_view, node) {
		strbuf_puts(out, separator);
		put_plain(out, view->name);
		separator = ", ";
	}
}

static void put_console(struct strbuf *out, const struct display_console *console)
{
	strbuf_printf(out, "\r\n  \033[1m%3u\033[m  ", console->number);
	put_plain(out, console->label);
	strbuf_printf(out, "\033[%dG\033[K%ux%u\033[%dG", SIZE_COLUMN, vt_cols(console->vt),
		vt_rows(console->vt), VIEWERS_COLUMN);
	put_viewers(out, console);
}

static void put_consoles(struct strbuf *out, const struct display *display, unsigned lines)
{
	unsigned left = 0;

	list_for_each (console, &display->consoles, struct display_console, node) {
		if (lines > 0) {
			put_console(out, console);
			lines--;
		} else {
			left++;
		}
	}
	if (left)
		strbuf_printf(out, "\r\n       ... and %u more", left);
}

/* Lines do not wrap: what is too long for the width is cut. */
static void put_screen(struct strbuf *out, const struct display *display, unsigned rows)
{
	strbuf_puts(out, "\033[?7l\033[?25l\033[m\033[H\033[2J\033[44;97m\033[K ");
	put_plain(out, display->name);
	strbuf_printf(out,
		"\033[m\r\n\r\n\033[36m   No\033[%dGConsole\033[%dGSize\033[%dGViewers\033[m",
		LABEL_COLUMN + 1, SIZE_COLUMN, VIEWERS_COLUMN);
	put_consoles(out, display, rows > LINES_AROUND ? rows - LINES_AROUND : 1);
	strbuf_puts(out,
		"\r\n\r\n \033[36mCtrl-Alt-1 .. 9\033[m  show that console; here its number will do"
		"\r\n \033[36mShift-PgUp/PgDn\033[m  look back; the wheel too"
		"\r\n \033[36mLeft button\033[m      select and copy; with Shift if the guest has "
		"the "
		"mouse");
}

void overview_update(struct display *display)
{
	struct display_console *overview = display->overview;
	struct strbuf out AUTO_STRBUF = { 0 };

	display->overview_stale = true;
	if (display->notifying || !overview || !overview->viewers)
		return;
	display->overview_stale = false;
	put_screen(&out, display, vt_rows(overview->vt));
	if (out.failed)
		return;
	vt_feed(overview->vt, out.data, out.len);
	display_console_changed(overview);
}

static int overview_resize(void *data, unsigned cols, unsigned rows)
{
	struct display *display = data;
	int r = vt_resize(display->overview->vt, cols, rows);

	if (!r)
		overview_update(display);
	return r;
}

static const struct display_console_ops overview_ops = { .resize = overview_resize };

int overview_new(struct display *display)
{
	const struct vt_config config = { .scrollback_lines = VT_NO_SCROLLBACK };
	struct display_console_config console = {
		.label = OVERVIEW_LABEL, .ops = &overview_ops, .data = display
	};
	int r = vt_new(&config, NULL, NULL, &console.vt);

	if (r < 0)
		return r;
	r = display_console_add(display, &console, &display->overview);
	if (r < 0)
		vt_free(console.vt);
	return r;
}

void overview_free(struct display *display)
{
	vt_free(display->overview->vt);
	list_remove(&display->overview->node);
	free(display->overview);
	display->overview = NULL;
}

bool overview_key(struct display_view *view, uint32_t keysym)
{
	if (keysym == VT_KEY_RETURN || keysym == VT_KEY_KP_ENTER) {
		view_switched(view, display_first(view->display));
		return true;
	}
	if (keysym < '1' || keysym > '9')
		return false;
	return display_view_switch(view, keysym - '0') == 0;
}
