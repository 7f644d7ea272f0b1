/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_PICTURE_H
#define TEST_LIB_PICTURE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Pictures that are known to be right: PNG files next to the tests, looked at by a person once.
 * With CHARHUB_UPDATE_GOLDEN in the environment the files are written instead of compared.
 */

/** struct picture - 0x00RRGGBB; @width is the stride too */
struct picture {
	uint32_t *pixels;
	unsigned width, height;
};

/** picture_init() - all black; asserts that there is memory */
void picture_init(struct picture *picture, unsigned width, unsigned height);
void picture_done(struct picture *picture);

/**
 * picture_check() - assert that a picture is the same as the file @path
 *
 * One that is not is left as NAME.png in the working directory.
 */
void picture_check(const struct picture *picture, const char *path);

#endif
