/* SPDX-License-Identifier: MIT */
#include "vnc/studio.h"

#include <stdlib.h>

struct studio *studio_new(struct font *font)
{
	struct studio *studio = malloc(sizeof(*studio));

	if (!studio)
		return NULL;
	studio->font = font;
	studio->cache = (struct encode_cache){ 0 };
	return studio;
}

void studio_free(struct studio *studio)
{
	if (studio)
		studio_forget(studio);
	free(studio);
}

void studio_forget(struct studio *studio)
{
	encode_cache_clear(&studio->cache);
}

static void make_raster(
	struct studio *studio, struct display_view *view, const struct job *job, unsigned scale)
{
	const struct vt *vt = display_view_vt(view);
	struct raster *raster = &studio->raster;

	raster->cols = job->cols;
	raster->rows = job->rows;
	raster->scale = scale;
	for (unsigned row = 0; row < job->rows; row++) {
		display_view_read(view, job->row + row, job->col, (unsigned)job->col + job->cols,
			studio->row);
		for (unsigned col = 0; col < job->cols; col++)
			text_tile(studio->font, vt, &studio->row[col],
				&raster->cells[row * job->cols + col]);
	}
}

struct studio_bytes studio_encode(struct studio *studio, struct display_view *view,
	const struct job *job, unsigned scale, uint64_t picture, const struct encoding *encoding,
	const struct pixel_format *format, bool keep)
{
	struct encoded *encoded = &studio->encoded;
	struct encode_key key = { .picture = picture,
		.place = { job->col, job->row, job->cols, job->rows },
		.encoding = encoding,
		.format = *format };
	const struct encode_cached *cached =
		picture ? encode_cache_find(&studio->cache, &key) : NULL;

	if (cached)
		return (struct studio_bytes){ cached->bytes, cached->head, cached->body };
	make_raster(studio, view, job, scale);
	encoding->encode(&studio->raster, format, &studio->tile, encoded);
	if (picture && keep)
		encode_cache_add(&studio->cache, &key, encoded);
	return (struct studio_bytes){ encoded->bytes, encoded->head, encoded->body };
}
