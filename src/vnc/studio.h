/* SPDX-License-Identifier: MIT */
#ifndef VNC_STUDIO_H
#define VNC_STUDIO_H

#include "display/display.h"
#include "vnc/deflater.h"
#include "vnc/encode-cache.h"
#include "vnc/plan.h"

/**
 * struct studio - where pictures are encoded: room to work in, and rectangles of a moment ago
 * @update:   what has changed, for whoever is about to make a plan of it
 * @deflated: room for a rectangle after deflating
 *
 * One for all viewers of a server, since there is one loop.
 */
struct studio {
	struct font *font;
	struct display_update update;
	struct text_cell row[RASTER_CELLS_MAX];
	struct raster raster;
	struct tile tile;
	struct encoded encoded;
	struct deflater deflater;
	uint8_t deflated[ENCODE_BYTES_MAX + ENCODE_BYTES_MAX / 64 + 64];
	struct encode_cache cache;
};

/** studio_new() - @font may be NULL where nothing is drawn. Return: NULL if memory ran out */
struct studio *studio_new(struct font *font);

/** studio_free() - NULL is fine */
void studio_free(struct studio *studio);

/** studio_forget() - nobody is left to share with: the rectangles of a moment ago go */
void studio_forget(struct studio *studio);

/**
 * struct studio_order - a rectangle that is wanted
 * @job:      which, of what @view shows now
 * @picture:  name of the picture that it is of; 0: none, so that it is nobody else's
 * @keep:     others may want the same
 */
struct studio_order {
	struct display_view *view;
	struct job job;
	unsigned scale;
	uint64_t picture;
	const struct encoding *encoding;
	struct pixel_format format;
	int level;
	bool keep;
};

/**
 * studio_encode() - the bytes of a rectangle: those that were made a moment ago, or new ones
 *
 * Return: 0, the bytes are borrowed until the next call; -ENOMEM.
 */
int studio_encode(
	struct studio *studio, const struct studio_order *order, struct encode_rect *ret_rect);

#endif
