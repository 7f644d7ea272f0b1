/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCREEN_PNG_H
#define CONTROL_SCREEN_PNG_H

#include "base/error.h"
#include "base/strbuf.h"

struct font;
struct loop;
struct screen_png;
struct vt;

/**
 * screen_png_start() - make a picture of a screen as it is now, a part in each round of the loop
 * @font:   outlives it
 * @on_end: gets the picture, which it may take out of @png; NULL: there was no memory for it
 *
 * Return: 0; -ENOMEM with @err.
 */
int screen_png_start(struct loop *loop, struct vt *vt, struct font *font,
	void (*on_end)(void *data, struct strbuf *png), void *data, struct screen_png **ret_picture,
	struct error **err);

/**
 * screen_png_make() - the same at once, for who has nothing else to do meanwhile
 * @png: empty before; the caller's in any case
 *
 * Return: 0; -ENOMEM.
 */
int screen_png_make(struct vt *vt, struct font *font, struct strbuf *png);

/** screen_png_free() - also before its end; NULL is fine */
void screen_png_free(struct screen_png *picture);

#endif
