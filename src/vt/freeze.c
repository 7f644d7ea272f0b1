/* SPDX-License-Identifier: MIT */
#include "vt/engine.h"

#include <errno.h>
#include <stdlib.h>

/*
 * An engine that nobody needs for a while, without what is large: cells, rows and lines above them.
 * They are put out as they are, which is simple and exact, and packs well; what is small stays in
 * struct vt. The string of the parser is not among it, since there is none between sequences.
 */

static void freeze_screen(const struct vt *vt, const struct screen *screen, struct strbuf *out)
{
	for (unsigned y = 0; y < vt->rows; y++) {
		const struct row *row = screen->line[y];

		strbuf_append(out, row, sizeof(*row));
		strbuf_append(out, row->cells, row->used * sizeof(*row->cells));
	}
}

/* Return: behind it; @screen is fresh. */
static const uint8_t *thaw_screen(const struct vt *vt, struct screen *screen, const uint8_t *bytes)
{
	for (unsigned y = 0; y < vt->rows; y++) {
		struct row *row = screen->line[y];
		struct vt_cell *cells = row->cells;

		memcpy(row, bytes, sizeof(*row));
		row->cells = cells;
		bytes += sizeof(*row);
		memcpy(cells, bytes, row->used * sizeof(*cells));
		bytes += row->used * sizeof(*cells);
	}
	return bytes;
}

int vt_freeze(const struct vt *vt, struct strbuf *out)
{
	const struct parser *parser = &vt->parser;

	if (parser->state != STATE_GROUND || parser->utf8_need)
		return -EBUSY;
	freeze_screen(vt, &vt->main, out);
	freeze_screen(vt, &vt->alt, out);
	scrollback_freeze(&vt->scrollback, out);
	return out->failed ? -ENOMEM : 0;
}

static void let_screen_go(struct screen *screen)
{
	struct saved_cursor saved = screen->saved;

	screen_done(screen);
	screen->saved = saved;
}

void vt_let_go(struct vt *vt)
{
	let_screen_go(&vt->main);
	let_screen_go(&vt->alt);
	scrollback_clear(&vt->scrollback);
	free(vt->parser.string);
	vt->parser.string = NULL;
}

static int make_room(struct vt *vt, struct screen *main, struct screen *alt)
{
	*main = *alt = (struct screen){ 0 };
	vt->parser.string = malloc(VT_STRING_MAX + 1);
	if (!vt->parser.string || screen_init(main, vt->cols, vt->rows) < 0 ||
		screen_init(alt, vt->cols, vt->rows) < 0)
		return -ENOMEM;
	return 0;
}

static void adopt(struct screen *screen, const struct screen *from)
{
	struct saved_cursor saved = screen->saved;

	*screen = *from;
	screen->saved = saved;
}

int vt_thaw(struct vt *vt, const void *bytes)
{
	struct screen main, alt;
	int r = make_room(vt, &main, &alt);

	if (r == 0) {
		bytes = thaw_screen(vt, &alt, thaw_screen(vt, &main, bytes));
		r = scrollback_thaw(&vt->scrollback, bytes) ? 0 : -ENOMEM;
	}
	if (r < 0) {
		screen_done(&main);
		screen_done(&alt);
		free(vt->parser.string);
		vt->parser.string = NULL;
		return r;
	}
	adopt(&vt->main, &main);
	adopt(&vt->alt, &alt);
	return 0;
}
