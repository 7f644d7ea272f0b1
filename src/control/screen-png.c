/* SPDX-License-Identifier: MIT */
/*
 * A picture of a screen [PNG 2nd edition]: true colour, one stream of deflated rows. A screen may
 * have a million cells, so it is copied first and then drawn CELLS_A_ROUND at a time: neither does
 * the console change under the picture nor do others wait for it.
 */
#include "control/screen-png.h"

#include "base/wire.h"
#include "control/screen-copy.h"
#include "io/loop.h"
#include "text/font.h"
#include "text/glyph.h"
#include "vt/vt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	CELLS_A_ROUND = 1024,
	CHUNK_BYTES = 64 * 1024,
	PNG_RGB = 2,
};

struct screen_png {
	struct loop *loop;
	struct vt *vt; /* the copy */
	struct font *font;
	void (*on_end)(void *data, struct strbuf *png);
	void *data;
	unsigned row;
	z_stream z;
	struct strbuf png;
	uint32_t *pixels; /* of a row of cells */
	uint8_t *bytes;	  /* the same as the file has them, a filter byte before each row */
	struct task task;
};

/* ---- the file ---- */

static void put_chunk(struct strbuf *png, const char *type, const void *data, size_t len)
{
	uint8_t head[8], tail[4];
	uLong sum;

	memcpy(head + 4, type, 4);
	put_be32(head, (uint32_t)len);
	sum = crc32(0, head + 4, 4);
	if (len)
		sum = crc32(sum, data, (uInt)len);
	put_be32(tail, (uint32_t)sum);
	strbuf_append(png, head, sizeof(head));
	if (len)
		strbuf_append(png, data, len);
	strbuf_append(png, tail, sizeof(tail));
}

static void put_header(struct screen_png *picture)
{
	static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	uint8_t header[13] = { [8] = 8, [9] = PNG_RGB };

	put_be32(header, vt_cols(picture->vt) * TEXT_CELL_WIDTH);
	put_be32(header + 4, vt_rows(picture->vt) * TEXT_CELL_HEIGHT);
	strbuf_append(&picture->png, magic, sizeof(magic));
	put_chunk(&picture->png, "IHDR", header, sizeof(header));
}

static void deflate_bytes(struct screen_png *picture, const uint8_t *bytes, size_t len, int flush)
{
	z_stream *z = &picture->z;
	uint8_t chunk[CHUNK_BYTES];

	z->next_in = (z_const Bytef *)(uintptr_t)bytes;
	z->avail_in = (uInt)len;
	do {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		deflate(z, flush);
		if (z->avail_out < sizeof(chunk))
			put_chunk(&picture->png, "IDAT", chunk, sizeof(chunk) - z->avail_out);
	} while (!z->avail_out);
}

/* ---- drawing ---- */

static void draw_row(struct screen_png *picture, unsigned row)
{
	struct vt_cursor cursor = vt_cursor(picture->vt);
	unsigned cols = vt_cols(picture->vt), width = cols * TEXT_CELL_WIDTH;
	struct vt_cell cells[VT_COLS_MAX];
	struct text_cell seen[VT_COLS_MAX];
	uint8_t *to = picture->bytes;

	vt_read_line(picture->vt, (int)row, cells, NULL);
	text_cell_from_vt(picture->vt, cells, cols, seen);
	text_cell_zoom(seen, cols, vt_line_size(picture->vt, (int)row));
	if (cursor.visible && cursor.row == row)
		text_cell_invert(&seen[cursor.col]);
	text_render_cells(picture->font, picture->vt, seen, cols, picture->pixels, width, 1);
	for (size_t y = 0; y < TEXT_CELL_HEIGHT; y++) {
		*to++ = 0;
		for (size_t x = 0; x < width; x++) {
			uint32_t rgb = picture->pixels[y * width + x];

			*to++ = (uint8_t)(rgb >> 16);
			*to++ = (uint8_t)(rgb >> 8);
			*to++ = (uint8_t)rgb;
		}
	}
	deflate_bytes(picture, picture->bytes, (size_t)(to - picture->bytes), Z_NO_FLUSH);
}

static void finish(struct screen_png *picture)
{
	deflate_bytes(picture, NULL, 0, Z_FINISH);
	put_chunk(&picture->png, "IEND", NULL, 0);
}

static void end(struct screen_png *picture)
{
	finish(picture);
	picture->on_end(picture->data, picture->png.failed ? NULL : &picture->png);
}

static void draw_on(void *data)
{
	struct screen_png *picture = data;
	unsigned rows = vt_rows(picture->vt), left = CELLS_A_ROUND / vt_cols(picture->vt) + 1;

	for (; picture->row < rows && left; left--)
		draw_row(picture, picture->row++);
	if (picture->row < rows)
		task_post(picture->loop, &picture->task, draw_on, picture);
	else
		end(picture);
}

/* ---- life ---- */

static int make_buffers(struct screen_png *picture)
{
	size_t width = (size_t)vt_cols(picture->vt) * TEXT_CELL_WIDTH;

	picture->pixels = malloc(width * TEXT_CELL_HEIGHT * sizeof(*picture->pixels));
	picture->bytes = malloc((width * 3 + 1) * TEXT_CELL_HEIGHT);
	if (!picture->pixels || !picture->bytes)
		return -ENOMEM;
	return deflateInit(&picture->z, 1) == Z_OK ? 0 : -ENOMEM;
}

/* Return: a picture of which nothing is drawn yet; NULL: no memory. */
static struct screen_png *begin(struct vt *vt, struct font *font)
{
	struct screen_png *picture = calloc(1, sizeof(*picture));

	if (!picture || screen_copy(vt, &picture->vt) < 0 || make_buffers(picture) < 0) {
		screen_png_free(picture);
		return NULL;
	}
	picture->font = font;
	put_header(picture);
	return picture;
}

int screen_png_make(struct vt *vt, struct font *font, struct strbuf *png)
{
	struct screen_png *picture = begin(vt, font);
	unsigned rows = vt_rows(vt);

	if (!picture)
		return -ENOMEM;
	while (picture->row < rows)
		draw_row(picture, picture->row++);
	finish(picture);
	*png = picture->png;
	picture->png = (struct strbuf){ 0 };
	screen_png_free(picture);
	return png->failed ? -ENOMEM : 0;
}

int screen_png_start(struct loop *loop, struct vt *vt, struct font *font,
	void (*on_end)(void *data, struct strbuf *png), void *data, struct screen_png **ret_picture,
	struct error **err)
{
	struct screen_png *picture = begin(vt, font);

	if (!picture)
		return error_set(err, ENOMEM, "out of memory");
	picture->loop = loop;
	picture->on_end = on_end;
	picture->data = data;
	task_post(loop, &picture->task, draw_on, picture);
	*ret_picture = picture;
	return 0;
}

void screen_png_free(struct screen_png *picture)
{
	if (!picture)
		return;
	task_cancel(&picture->task);
	deflateEnd(&picture->z);
	vt_free(picture->vt);
	strbuf_done(&picture->png);
	free(picture->pixels);
	free(picture->bytes);
	free(picture);
}
