/* SPDX-License-Identifier: MIT */
/*
 * The same console shared by the distribution's libvncserver: cells are painted into a framebuffer
 * as they change; a scroll moves the framebuffer and is told by rfbDoCopyRect(), or is marked as
 * changed where no copies are wanted.
 */
#include "bench-vnc.h"

#include "display/display.h"
#include "io/loop.h"
#include "lib.h"

#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>

struct peer {
	const struct vnc_screen *screen;
	rfbScreenInfoPtr rfb;
	struct loop *loop;
	struct display *display;
	struct display_console *console;
	struct display_view *view;
	struct font *font;
	struct vt *vt;
	uint32_t *px;
	unsigned width, height, line;
};

static void paint_row(struct peer *peer, unsigned row, unsigned first, unsigned end)
{
	struct text_cell cells[VT_COLS_MAX];
	unsigned x = first * TEXT_CELL_WIDTH, y = row * TEXT_CELL_HEIGHT;

	display_view_read(peer->view, row, first, end, cells);
	text_render_cells(peer->font, display_view_vt(peer->view), cells, end - first,
		peer->px + (size_t)y * peer->width + x, peer->width, 1);
	rfbMarkRectAsModified(peer->rfb, (int)x, (int)y, (int)(end * TEXT_CELL_WIDTH),
		(int)(y + TEXT_CELL_HEIGHT));
}

static void scroll(struct peer *peer, const struct display_update *update)
{
	unsigned lines_px = (unsigned)update->scroll_lines * TEXT_CELL_HEIGHT;
	unsigned top = update->scroll_top * TEXT_CELL_HEIGHT;
	unsigned bottom = update->scroll_bottom * TEXT_CELL_HEIGHT;

	if (peer->screen->keep_copies) {
		rfbDoCopyRect(peer->rfb, 0, (int)top, (int)peer->width, (int)(bottom - lines_px), 0,
			-(int)lines_px);
		return;
	}
	memmove(peer->px + (size_t)top * peer->width,
		peer->px + (size_t)(top + lines_px) * peer->width,
		(size_t)(bottom - top - lines_px) * peer->width * sizeof(*peer->px));
	rfbMarkRectAsModified(peer->rfb, 0, (int)top, (int)peer->width, (int)bottom);
}

static void show(struct peer *peer)
{
	static struct display_update update;

	display_console_changed(peer->console);
	if (!display_view_collect(peer->view, &update))
		return;
	if (update.scroll_lines > 0)
		scroll(peer, &update);
	for (unsigned row = 0; row < update.rows; row++)
		if (update.spans[row].first < update.spans[row].end)
			paint_row(peer, row, update.spans[row].first, update.spans[row].end);
}

static void on_key(rfbBool down, rfbKeySym key, rfbClientPtr client)
{
	struct peer *peer = client->screen->screenData;
	char text[2] = { (char)key, 0 };

	if (!down)
		return;
	vt_feed(peer->vt, key == 0xff0d ? "\r\n" : text, key == 0xff0d ? 2 : 1);
	show(peer);
}

static void make_console(struct peer *peer)
{
	struct vt_config vt_config = { .cols = peer->screen->cols, .rows = peer->screen->rows };
	struct display_console_config config = { .label = "bench" };
	static const struct display_view_callbacks callbacks;
	struct display_view_config view = { .name = "bench" };

	if (font_new("", &peer->font, NULL) < 0 || vt_new(&vt_config, NULL, NULL, &peer->vt) < 0)
		bench_die("no font or terminal");
	vt_feed(peer->vt, "\033[?25l", 6);
	peer->loop = loop_new();
	peer->display = peer->loop ? display_new(peer->loop, "bench", peer->font) : NULL;
	config.vt = peer->vt;
	if (!peer->display || display_console_add(peer->display, &config, &peer->console) < 0 ||
		display_view_new(peer->display, &view, &callbacks, NULL, &peer->view) < 0)
		bench_die("no display");
}

static void make_server(struct peer *peer)
{
	static char invisible[] = " ";
	int port = (int)peer->screen->port;

	peer->width = peer->screen->cols * TEXT_CELL_WIDTH;
	peer->height = peer->screen->rows * TEXT_CELL_HEIGHT;
	peer->px = calloc((size_t)peer->width * peer->height, sizeof(*peer->px));
	peer->rfb = rfbGetScreen(NULL, NULL, (int)peer->width, (int)peer->height, 8, 3, 4);
	if (!peer->px || !peer->rfb)
		bench_die("libvncserver: out of memory");
	rfbLogEnable(FALSE);
	peer->rfb->frameBuffer = (char *)peer->px;
	peer->rfb->screenData = peer;
	peer->rfb->port = port;
	peer->rfb->ipv6port = 0;
	peer->rfb->listenInterface = htonl(INADDR_LOOPBACK);
	peer->rfb->alwaysShared = TRUE;
	peer->rfb->deferUpdateTime = 0;
	/* Invisible; with none at all rfbDoCopyRect() crashes for viewers without the encoding. */
	rfbSetCursor(peer->rfb, rfbMakeXCursor(1, 1, invisible, invisible));
	peer->rfb->kbdAddEvent = on_key;
	peer->rfb->serverFormat.redShift = 16;
	peer->rfb->serverFormat.greenShift = 8;
	peer->rfb->serverFormat.blueShift = 0;
	rfbInitServer(peer->rfb);
}

void vnc_libvncserver_run(const struct vnc_screen *screen)
{
	struct peer peer = { .screen = screen };
	uint64_t next_ns = bench_now_ns(), step_ns = 0;
	char line[512];

	if (screen->lines_per_s)
		step_ns = 1000000000u / screen->lines_per_s;
	make_console(&peer);
	make_server(&peer);
	for (;;) {
		uint64_t now_ns = bench_now_ns();
		long wait_us = 100000;

		if (step_ns && now_ns >= next_ns) {
			vt_feed(peer.vt, line, vnc_text_line(peer.line++, screen->cols, line));
			show(&peer);
			next_ns += step_ns;
		}
		if (step_ns)
			wait_us = next_ns > now_ns ? (long)((next_ns - now_ns) / 1000) : 0;
		rfbProcessEvents(peer.rfb, wait_us);
	}
}
