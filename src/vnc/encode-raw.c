/* SPDX-License-Identifier: MIT */
/* Raw [RFC 6143 7.7.1]: every pixel, for viewers that can do nothing else. */
#include "vnc/encode.h"

enum { PX_MAX = 16384 };

static void encode_raw(const struct raster *raster, const struct pixel_format *format,
	struct tile *tile, struct encoded *ret_encoded)
{
	(void)tile;
	ret_encoded->body = 0;
	ret_encoded->head =
		(size_t)(raster_put_pixels(raster, 0, 0, raster_width_px(raster),
				 raster_height_px(raster), format, pixel_put, ret_encoded->bytes) -
			 ret_encoded->bytes);
}

const struct encoding encoding_raw = {
	.number = ENCODING_RAW,
	.name = "raw",
	.wrap = WRAP_NONE,
	.px_max = PX_MAX,
	.rows_max = 1,
	.encode = encode_raw,
};
