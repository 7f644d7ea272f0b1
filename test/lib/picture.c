/* SPDX-License-Identifier: MIT */
/*
 * As much of PNG as is needed to keep pictures: true colour, one IDAT, no filters. Only files that
 * were written here are read; of others the comparison fails.
 */
#include "lib/picture.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

enum { HEAD_BYTES = 8 + 25, CHUNK_FRAME = 12, PNG_BYTES_MAX = 1 << 20 };

static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

void picture_init(struct picture *picture, unsigned width, unsigned height)
{
	picture->pixels = calloc((size_t)width * height, sizeof(*picture->pixels));
	assert_non_null(picture->pixels);
	picture->width = width;
	picture->height = height;
}

void picture_done(struct picture *picture)
{
	free(picture->pixels);
}

static void put_u32(uint8_t *to, size_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static size_t get_u32(const uint8_t *from)
{
	return (size_t)from[0] << 24 | (size_t)from[1] << 16 | (size_t)from[2] << 8 | from[3];
}

static size_t raw_size(const struct picture *picture)
{
	return (size_t)picture->height * (1 + 3 * (size_t)picture->width);
}

/* Rows as PNG has them: filter 0, then RGB. The caller frees it. */
static uint8_t *make_raw(const struct picture *picture)
{
	uint8_t *raw = malloc(raw_size(picture)), *to = raw;

	assert_non_null(raw);
	for (unsigned y = 0; y < picture->height; y++) {
		*to++ = 0;
		for (unsigned x = 0; x < picture->width; x++, to += 3) {
			uint32_t pixel = picture->pixels[(size_t)y * picture->width + x];

			to[0] = (uint8_t)(pixel >> 16);
			to[1] = (uint8_t)(pixel >> 8);
			to[2] = (uint8_t)pixel;
		}
	}
	return raw;
}

static void write_chunk(FILE *file, const char *type, const void *data, size_t len)
{
	uint8_t frame[8], end[4];
	uLong crc;

	put_u32(frame, len);
	memcpy(frame + 4, type, 4);
	crc = crc32(crc32(0, frame + 4, 4), data, (uInt)len);
	put_u32(end, crc);
	fwrite(frame, 1, sizeof(frame), file);
	if (len)
		fwrite(data, 1, len, file);
	fwrite(end, 1, sizeof(end), file);
}

static void write_png(const struct picture *picture, const uint8_t *raw, const char *path)
{
	uLongf len = compressBound(raw_size(picture));
	AUTO_FREE uint8_t *packed = malloc(len);
	AUTO_FILE FILE *file = fopen(path, "wb");
	uint8_t head[13] = { [8] = 8, [9] = 2 };

	assert_non_null(packed);
	assert_non_null(file);
	assert_int_equal(compress2(packed, &len, raw, raw_size(picture), 9), Z_OK);
	put_u32(head, picture->width);
	put_u32(head + 4, picture->height);
	fwrite(signature, 1, sizeof(signature), file);
	write_chunk(file, "IHDR", head, sizeof(head));
	write_chunk(file, "IDAT", packed, len);
	write_chunk(file, "IEND", NULL, 0);
}

/* Return: whether the file holds exactly these rows. */
static int is_same(const struct picture *picture, const uint8_t *raw, const char *path)
{
	AUTO_FREE uint8_t *png = malloc(PNG_BYTES_MAX);
	AUTO_FREE uint8_t *golden = malloc(raw_size(picture));
	AUTO_FILE FILE *file = fopen(path, "rb");
	uLongf golden_len = raw_size(picture);
	size_t len;

	assert_non_null(png);
	assert_non_null(golden);
	if (!file)
		return 0;
	len = fread(png, 1, PNG_BYTES_MAX, file);
	if (len < HEAD_BYTES + CHUNK_FRAME || memcmp(png, signature, sizeof(signature)) != 0 ||
		get_u32(png + 16) != picture->width || get_u32(png + 20) != picture->height ||
		memcmp(png + HEAD_BYTES + 4, "IDAT", 4) != 0 ||
		get_u32(png + HEAD_BYTES) > len - HEAD_BYTES - CHUNK_FRAME)
		return 0;
	return uncompress(golden, &golden_len, png + HEAD_BYTES + 8, get_u32(png + HEAD_BYTES)) ==
		       Z_OK &&
	       golden_len == raw_size(picture) && memcmp(golden, raw, golden_len) == 0;
}

void picture_check(const struct picture *picture, const char *path)
{
	AUTO_FREE uint8_t *raw = make_raw(picture);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (getenv("CHARHUB_UPDATE_GOLDEN")) {
		write_png(picture, raw, path);
	} else if (!is_same(picture, raw, path)) {
		write_png(picture, raw, name);
		fail_msg("the picture is not as %s; it was left as %s", path, name);
	}
}
