/* SPDX-License-Identifier: MIT */
#ifndef TEXT_UNIFONT_H
#define TEXT_UNIFONT_H

#include "text/font.h"

#include <stddef.h>

/**
 * struct unifont - the text of a unifont.hex
 * @text:   NULL: none
 * @mapped: a file, to be unmapped
 */
struct unifont {
	const char *text;
	size_t len;
	bool mapped;
};

/** unifont_open() - map a file. Return: 0; -errno */
int unifont_open(struct unifont *unifont, const char *path);

enum unifont_part { UNIFONT_BASIC, UNIFONT_UPPER };

/** unifont_use_packed() - the copy inside the program. Return: 0; -ENOENT: built without */
int unifont_use_packed(struct unifont *unifont, enum unifont_part part);

void unifont_close(struct unifont *unifont);

/** unifont_find() - Return: whether it has the character; @ret_glyph is written only then */
bool unifont_find(const struct unifont *unifont, uint32_t codepoint, struct glyph *ret_glyph);

#endif
