/* SPDX-License-Identifier: MIT */
#ifndef VNC_PSEUDO_H
#define VNC_PSEUDO_H

#include "vnc/peer.h"
#include "vnc/pixel-format.h"

/* Rectangles without a picture that an update has to bring. */
enum news_kind {
	NEWS_SIZE = 1 << 0, /* an ExtendedDesktopSize that is due even if nothing changed */
	NEWS_NAME = 1 << 1,
	NEWS_CURSOR = 1 << 2,
	NEWS_EXTENDED_KEY = 1 << 3,
};

/**
 * struct news - what such rectangles have to say
 * @due: enum news_kind bits
 * @size_reason, @size_status: of the ExtendedDesktopSize
 */
struct news {
	unsigned due;
	uint16_t size_reason, size_status;
};

/** pseudo_count() - how many rectangles @due are */
unsigned pseudo_count(unsigned due);

/** pseudo_send() - send those of @due but the size, clear them. Return: 0; -ENOMEM */
int pseudo_send(
	struct peer *peer, struct news *news, unsigned due, const struct pixel_format *format);

/** pseudo_send_size() - DesktopSize or ExtendedDesktopSize, what the viewer knows. 0; -ENOMEM */
int pseudo_send_size(struct peer *peer, struct news *news, unsigned width, unsigned height);

/** rect_header() - 12 bytes [RFC 6143 7.6.1]; places in pixels */
void rect_header(unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding,
	uint8_t ret_header[12]);

#endif
