/* SPDX-License-Identifier: MIT */
/*
 * Rectangles that bring something else than a picture [RFC 6143 7.8 and the community's
 * additions].
 */
#include "vnc/viewer.h"

#include "base/cleanup.h"
#include "vnc/server.h"

#include <errno.h>
#include <string.h>

void rect_header(unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding,
	uint8_t ret_header[12])
{
	put_u32(put_u16(put_u16(put_u16(put_u16(ret_header, x), y), width), height),
		(uint32_t)encoding);
}

unsigned pseudo_count(unsigned news)
{
	return (unsigned)__builtin_popcount(news);
}

static int send_rect(struct vnc_viewer *viewer, unsigned x, unsigned y, unsigned width,
	unsigned height, int32_t encoding)
{
	uint8_t header[12];

	rect_header(x, y, width, height, encoding, header);
	return stream_push(&viewer->stream, header, sizeof(header));
}

/* ---- the name of the desktop ---- */

static int send_name(struct vnc_viewer *viewer)
{
	AUTO_STRBUF struct strbuf title = { 0 };
	uint8_t len[4];
	int r = send_rect(viewer, 0, 0, 0, 0, PSEUDO_DESKTOP_NAME);

	display_view_title(viewer->view, &title);
	if (title.failed)
		return -ENOMEM;
	put_u32(len, (uint32_t)title.len);
	if (r == 0)
		r = stream_push(&viewer->stream, len, sizeof(len));
	if (r == 0 && title.len)
		r = stream_push(&viewer->stream, title.data, title.len);
	return r;
}

/* ---- the shape of the mouse pointer: a bar between two serifs, dark with a light rim ---- */

enum { BAR_WIDTH = 9, BAR_HEIGHT = 18, BAR_MASK_BYTES = (BAR_WIDTH + 7) / 8 };

static bool is_bar(unsigned x, unsigned y)
{
	if (y == 1 || y == BAR_HEIGHT - 2)
		return x >= 1 && x <= 7 && x != 4;
	return x == 4 && y > 1 && y < BAR_HEIGHT - 2;
}

static bool is_rim(unsigned x, unsigned y)
{
	for (unsigned i = 0; i < 9; i++)
		if (is_bar(x + i % 3 - 1, y + i / 3 - 1))
			return true;
	return false;
}

static int send_cursor(struct vnc_viewer *viewer)
{
	uint8_t px[BAR_WIDTH * BAR_HEIGHT * 4], mask[BAR_MASK_BYTES * BAR_HEIGHT] = { 0 };
	uint8_t *at = px;
	int r = send_rect(
		viewer, BAR_WIDTH / 2, BAR_HEIGHT / 2, BAR_WIDTH, BAR_HEIGHT, PSEUDO_CURSOR);

	for (unsigned y = 0; y < BAR_HEIGHT; y++)
		for (unsigned x = 0; x < BAR_WIDTH; x++) {
			at = pixel_put(
				&viewer->updates.job_format, is_bar(x, y) ? 0 : 0xffffff, at);
			if (is_rim(x, y))
				mask[y * BAR_MASK_BYTES + x / 8] |= (uint8_t)(0x80 >> x % 8);
		}
	if (r == 0)
		r = stream_push(&viewer->stream, px, (size_t)(at - px));
	return r < 0 ? r : stream_push(&viewer->stream, mask, sizeof(mask));
}

/* ---- small ones ---- */

static int send_extended_key(struct vnc_viewer *viewer)
{
	return send_rect(viewer, 0, 0, 0, 0, PSEUDO_EXTENDED_KEY);
}

static int send_leds(struct vnc_viewer *viewer)
{
	uint8_t leds = (uint8_t)viewer->leds;
	int r = send_rect(viewer, 0, 0, 0, 0, PSEUDO_LED_STATE);

	return r < 0 ? r : stream_push(&viewer->stream, &leds, 1);
}

static const struct {
	unsigned news;
	int (*send)(struct vnc_viewer *viewer);
} senders[] = {
	{ NEWS_NAME, send_name },
	{ NEWS_CURSOR, send_cursor },
	{ NEWS_EXTENDED_KEY, send_extended_key },
	{ NEWS_LED, send_leds },
};

int pseudo_send(struct vnc_viewer *viewer, unsigned news)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(senders) / sizeof(senders[0]); i++) {
		if (!(news & senders[i].news))
			continue;
		viewer->updates.news &= ~senders[i].news;
		r = senders[i].send(viewer);
	}
	return r;
}

/* ---- the size ---- */

/* One screen, which is the whole framebuffer. */
int pseudo_send_size(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	unsigned scale = viewer->server->config.scale;
	unsigned width = updates->cols * TEXT_CELL_WIDTH * scale;
	unsigned height = updates->rows * TEXT_CELL_HEIGHT * scale;
	uint8_t screen[4 + 16] = { 1 };
	int r;

	updates->news &= ~(unsigned)NEWS_SIZE;
	if (!(viewer->features & FEATURE_EXTENDED_SIZE))
		return send_rect(viewer, 0, 0, width, height, PSEUDO_DESKTOP_SIZE);
	r = send_rect(viewer, updates->size_reason, updates->size_status, width, height,
		PSEUDO_EXTENDED_SIZE);
	updates->size_reason = updates->size_status = 0;
	put_u32(put_u16(put_u16(put_u32(put_u32(screen + 4, 0), 0), width), height), 0);
	return r < 0 ? r : stream_push(&viewer->stream, screen, sizeof(screen));
}
