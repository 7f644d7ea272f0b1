/* SPDX-License-Identifier: MIT */
#ifndef VNC_RASTER_H
#define VNC_RASTER_H

#include "text/glyph.h"
#include "vnc/pixel-format.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * From cells to what encoders work on. A raster is a rectangle of cells with the picture of each; a
 * tile is a rectangle of its pixels as numbers into a palette, which comes from the colours of the
 * cells: no pixel is looked at to find out which colours there are, and few are ever painted.
 */

#define RASTER_CELLS_MAX  1024u
#define RASTER_PX_MAX	  (RASTER_CELLS_MAX * TEXT_CELL_WIDTH * TEXT_CELL_HEIGHT)
#define RASTER_COLORS_MAX 256u

/** struct raster - @cols x @rows cells, row by row in @cells; each pixel is @scale squared */
struct raster {
	unsigned cols, rows, scale;
	struct text_tile cells[RASTER_CELLS_MAX];
};

/** struct inks - a cell's colours as numbers into a palette */
struct inks {
	uint8_t bg, fg, line;
};

/**
 * struct tile - a part of a raster
 * @x, @y, @width, @height: in pixels
 * @inks: of the cells that it is made of, row by row
 * @px:   once painted: pixels as numbers into @palette, row by row without gaps
 */
struct tile {
	const struct raster *raster;
	unsigned x, y, width, height, colors;
	uint32_t palette[RASTER_COLORS_MAX];
	struct inks inks[RASTER_CELLS_MAX];
	uint8_t px[RASTER_PX_MAX];
};

static inline unsigned raster_width_px(const struct raster *raster)
{
	return raster->cols * raster->scale * TEXT_CELL_WIDTH;
}

static inline unsigned raster_height_px(const struct raster *raster)
{
	return raster->rows * raster->scale * TEXT_CELL_HEIGHT;
}

/**
 * tile_open() - take a part of a raster, and find its colours
 * @raster: stays as it is while the tile is used
 * @x, @y, @width, @height: in pixels, inside of the raster; at a scale of 1: whole cells
 *
 * Return: false: there are more colours than a palette has.
 */
bool tile_open(struct tile *tile, const struct raster *raster, unsigned x, unsigned y,
	unsigned width, unsigned height);

/** tile_paint() - make the pixels of an open tile */
void tile_paint(struct tile *tile);

/**
 * tile_pack() - the pixels of an open tile in @bits (1, 2, 4, 8) each, leftmost in the highest
 *               bits, rows padded
 *
 * It need not be painted: at a scale of 1 they come straight from the bits of the font.
 *
 * Return: past the last byte in @out.
 */
uint8_t *tile_pack(struct tile *tile, unsigned bits, uint8_t *out);

/**
 * raster_put_pixels() - a part of a raster as pixels of a format
 * @x, @y, @width, @height: in pixels, inside of the raster
 * @put: which kind of pixel
 *
 * Return: past the last byte in @out, which takes @width * @height pixels of up to 4 bytes.
 */
uint8_t *raster_put_pixels(const struct raster *raster, unsigned x, unsigned y, unsigned width,
	unsigned height, const struct pixel_format *format, pixel_put_fn *put, uint8_t *out);

#endif
