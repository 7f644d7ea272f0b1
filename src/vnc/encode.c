/* SPDX-License-Identifier: MIT */
#include "vnc/encode.h"

static const struct encoding *const encodings[] = { &encoding_raw, &encoding_hextile,
	&encoding_zrle, &encoding_tight, &encoding_tight_png };

const struct encoding *encoding_find(int32_t number)
{
	for (unsigned i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (encodings[i]->number == number)
			return encodings[i];
	return NULL;
}

uint8_t *encode_palette(
	const struct tile *tile, const struct pixel_format *format, pixel_put_fn *put, uint8_t *out)
{
	for (unsigned i = 0; i < tile->colors; i++)
		out = put(format, tile->palette[i], out);
	return out;
}
