/* SPDX-License-Identifier: MIT */
#include "vnc/studio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct studio *studio_new(struct font *font)
{
	struct studio *studio = malloc(sizeof(*studio));

	if (!studio)
		return NULL;
	studio->font = font;
	studio->cache = (struct encode_cache){ 0 };
	studio->deflater = (struct deflater){ 0 };
	return studio;
}

void studio_free(struct studio *studio)
{
	if (!studio)
		return;
	studio_forget(studio);
	deflater_done(&studio->deflater);
	free(studio);
}

void studio_forget(struct studio *studio)
{
	encode_cache_clear(&studio->cache);
}

static void make_raster(struct studio *studio, const struct studio_order *order)
{
	const struct vt *vt = display_view_vt(order->view);
	const struct job *job = &order->job;
	struct raster *raster = &studio->raster;

	raster->cols = job->cols;
	raster->rows = job->rows;
	raster->scale = order->scale;
	for (unsigned row = 0; row < job->rows; row++) {
		display_view_read(order->view, job->row + row, job->col,
			(unsigned)job->col + job->cols, studio->row);
		for (unsigned col = 0; col < job->cols; col++)
			text_tile(studio->font, vt, &studio->row[col],
				&raster->cells[row * job->cols + col]);
	}
}

static bool is_to_be_deflated(enum encode_wrap wrap, size_t body)
{
	return body && (wrap == WRAP_ZRLE || (wrap == WRAP_TIGHT && body >= TIGHT_DEFLATE_MIN));
}

static int make_rect(
	struct studio *studio, const struct studio_order *order, struct encode_rect *ret_rect)
{
	struct encoded *encoded = &studio->encoded;
	struct encode_rect rect;

	make_raster(studio, order);
	order->encoding->encode(&studio->raster, &order->format, &studio->tile, encoded);
	rect = (struct encode_rect){ encoded->bytes, encoded->head, encoded->body, false };
	if (is_to_be_deflated(order->encoding->wrap, rect.body)) {
		memcpy(studio->deflated, rect.bytes, rect.head);
		rect.body = deflater_run(&studio->deflater, order->level, rect.bytes + rect.head,
			rect.body, studio->deflated + rect.head);
		rect.bytes = studio->deflated;
		rect.is_deflated = true;
		if (!rect.body)
			return -ENOMEM;
	}
	*ret_rect = rect;
	return 0;
}

int studio_encode(
	struct studio *studio, const struct studio_order *order, struct encode_rect *ret_rect)
{
	const struct job *job = &order->job;
	struct encode_key key = { .picture = order->picture,
		.place = { job->col, job->row, job->cols, job->rows },
		.encoding = order->encoding,
		.format = order->format,
		.level = order->level };
	int r;

	if (key.picture && encode_cache_find(&studio->cache, &key, ret_rect))
		return 0;
	r = make_rect(studio, order, ret_rect);
	if (r == 0 && key.picture && order->keep)
		encode_cache_add(&studio->cache, &key, ret_rect);
	return r;
}
