/* SPDX-License-Identifier: MIT */
/*
 * Rectangles that bring something else than a picture [RFC 6143 7.8 and the community's
 * additions].
 */
#include "vnc/pseudo.h"

#include "base/cleanup.h"
#include "vnc/encode.h"
#include "base/wire.h"

#include <errno.h>

void rect_header(unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding,
	uint8_t ret_header[12])
{
	put_be32(put_be16(put_be16(put_be16(put_be16(ret_header, x), y), width), height),
		(uint32_t)encoding);
}

unsigned pseudo_count(unsigned due)
{
	return (unsigned)__builtin_popcount(due);
}

static int send_rect(struct peer *peer, unsigned x, unsigned y, unsigned width, unsigned height,
	int32_t encoding)
{
	uint8_t header[12];

	rect_header(x, y, width, height, encoding, header);
	return peer_push(peer, header, sizeof(header));
}

/* ---- the name of the desktop ---- */

static int send_name(struct peer *peer, const struct pixel_format *format)
{
	AUTO_STRBUF struct strbuf title = { 0 };
	uint8_t len[4];
	int r = send_rect(peer, 0, 0, 0, 0, PSEUDO_DESKTOP_NAME);

	(void)format;
	display_view_title(peer->view, &title);
	if (title.failed)
		return -ENOMEM;
	put_be32(len, (uint32_t)title.len);
	if (r == 0)
		r = peer_push(peer, len, sizeof(len));
	if (r == 0 && title.len)
		r = peer_push(peer, title.data, title.len);
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

static int send_cursor(struct peer *peer, const struct pixel_format *format)
{
	uint8_t px[BAR_WIDTH * BAR_HEIGHT * 4], mask[BAR_MASK_BYTES * BAR_HEIGHT] = { 0 };
	uint8_t *at = px;
	int r = send_rect(
		peer, BAR_WIDTH / 2, BAR_HEIGHT / 2, BAR_WIDTH, BAR_HEIGHT, PSEUDO_CURSOR);

	for (unsigned y = 0; y < BAR_HEIGHT; y++)
		for (unsigned x = 0; x < BAR_WIDTH; x++) {
			at = pixel_put(format, is_bar(x, y) ? 0 : 0xffffff, at);
			if (is_rim(x, y))
				mask[y * BAR_MASK_BYTES + x / 8] |= (uint8_t)(0x80 >> x % 8);
		}
	if (r == 0)
		r = peer_push(peer, px, (size_t)(at - px));
	return r < 0 ? r : peer_push(peer, mask, sizeof(mask));
}

/* ---- small ones ---- */

static int send_extended_key(struct peer *peer, const struct pixel_format *format)
{
	(void)format;
	return send_rect(peer, 0, 0, 0, 0, PSEUDO_EXTENDED_KEY);
}

static const struct {
	unsigned kind;
	int (*send)(struct peer *peer, const struct pixel_format *format);
} senders[] = {
	{ NEWS_NAME, send_name },
	{ NEWS_CURSOR, send_cursor },
	{ NEWS_EXTENDED_KEY, send_extended_key },
};

int pseudo_send(
	struct peer *peer, struct news *news, unsigned due, const struct pixel_format *format)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(senders) / sizeof(senders[0]); i++) {
		if (!(due & senders[i].kind))
			continue;
		news->due &= ~senders[i].kind;
		r = senders[i].send(peer, format);
	}
	return r;
}

/* ---- the size ---- */

/* One screen, which is the whole framebuffer. */
int pseudo_send_size(struct peer *peer, struct news *news, unsigned width, unsigned height)
{
	uint8_t screen[4 + 16] = { 1 };
	int r;

	news->due &= ~(unsigned)NEWS_SIZE;
	if (!(peer->features & FEATURE_EXTENDED_SIZE))
		return send_rect(peer, 0, 0, width, height, PSEUDO_DESKTOP_SIZE);
	r = send_rect(
		peer, news->size_reason, news->size_status, width, height, PSEUDO_EXTENDED_SIZE);
	news->size_reason = news->size_status = 0;
	put_be32(put_be16(put_be16(put_be32(put_be32(screen + 4, 0), 0), width), height), 0);
	return r < 0 ? r : peer_push(peer, screen, sizeof(screen));
}
