/* SPDX-License-Identifier: MIT */
#ifndef VNC_ENCODE_H
#define VNC_ENCODE_H

#include "vnc/raster.h"

#include <stddef.h>
#include <stdint.h>

/* Numbers of encodings and pseudo-encodings [RFC 6143 7.7, 7.8; IANA registry of RFB] */
enum {
	ENCODING_RAW = 0,
	ENCODING_COPY_RECT = 1,
	ENCODING_HEXTILE = 5,
	ENCODING_TIGHT = 7,
	ENCODING_ZRLE = 16,
	ENCODING_TIGHT_PNG = -260,

	PSEUDO_QUALITY_0 = -32, /* .. -23: 9 */
	PSEUDO_DESKTOP_SIZE = -223,
	PSEUDO_LAST_RECT = -224,
	PSEUDO_CURSOR = -239,
	PSEUDO_COMPRESS_0 = -256, /* .. -247: 9 */
	PSEUDO_EXTENDED_KEY = -258,
	PSEUDO_DESKTOP_NAME = -307,
	PSEUDO_EXTENDED_SIZE = -308,
	PSEUDO_FENCE = -312,
	PSEUDO_CONTINUOUS_UPDATES = -313,
	PSEUDO_EXTENDED_CLIPBOARD = -1063131698, /* 0xc0a1e5ce */
};

/* What becomes of a body. */
enum encode_wrap {
	WRAP_NONE,  /* nothing, it is sent as it is */
	WRAP_ZRLE,  /* length, deflated body, in the viewer's zlib stream for ZRLE */
	WRAP_TIGHT, /* the same in its one for Tight, unless it is too short to be worth it */
};

/* No rectangle's bytes are more than these, however it is encoded. */
#define ENCODE_BYTES_MAX (RASTER_PX_MAX * 4u + 65536u)

/**
 * struct encoded - a rectangle's bytes after its header, before deflating
 * @head:  bytes that are sent as they are
 * @body:  bytes after them, to be deflated as the encoding says
 */
struct encoded {
	size_t head, body;
	uint8_t bytes[ENCODE_BYTES_MAX];
};

/**
 * struct encoding - how to encode a rectangle
 * @px_max:   of a rectangle; so that what waits for a viewer has a bound
 * @rows_max: rows of cells in a rectangle
 * @encode:   cannot fail; @tile is room to work in
 */
struct encoding {
	int32_t number;
	const char *name;
	enum encode_wrap wrap;
	unsigned px_max, rows_max;
	void (*encode)(const struct raster *raster, const struct pixel_format *format,
		struct tile *tile, struct encoded *ret_encoded);
};

extern const struct encoding encoding_raw;
extern const struct encoding encoding_hextile;
extern const struct encoding encoding_zrle;
extern const struct encoding encoding_tight;
extern const struct encoding encoding_tight_png;

/** encoding_find() - NULL: not one of these */
const struct encoding *encoding_find(int32_t number);

/** encode_palette() - the colours of a tile as pixels of kind @put. Return: past the last byte */
uint8_t *encode_palette(const struct tile *tile, const struct pixel_format *format,
	pixel_put_fn *put, uint8_t *out);

/** tight_put_length() - a length of up to 2^22 - 1 in 1 to 3 bytes. Return: past the last byte */
uint8_t *tight_put_length(size_t len, uint8_t *out);

enum {
	TIGHT_RESET_0 = 0x01, /* in a control byte: zlib stream 0 starts anew */
	TIGHT_FILL = 0x80,
	TIGHT_PNG = 0xa0,
	TIGHT_DEFLATE_MIN = 12, /* a shorter body is sent as it is */
};

/** tight_encode_fill() - if the tile has one colour only. Return: whether it was */
bool tight_encode_fill(
	const struct tile *tile, const struct pixel_format *format, struct encoded *ret_encoded);

#endif
