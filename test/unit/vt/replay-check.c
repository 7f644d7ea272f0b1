/* SPDX-License-Identifier: MIT */
#include "replay-check.h"
#include "vt/cursor.h"
#include "vt/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_difference(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n))
			printf("  is:     %.*s\n  replay: %.*s\n", (int)n, a, (int)m, b);
		a += n + (a[n] != '\0');
		b += m + (b[m] != '\0');
	}
}

bool replay_check(struct vt *vt, bool tell)
{
	struct vt_config config = { .cols = vt_cols(vt), .rows = vt_rows(vt) };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf becomes = { 0 };
	struct vt *other = NULL;
	bool equal;

	if (vt_new(&config, NULL, NULL, &other) < 0 || vt_replay(vt, &bytes, 0) < 0)
		abort();
	memcpy(other->default_palette, vt->default_palette, sizeof(vt->default_palette));
	vt_feed(other, bytes.data, bytes.len);
	vt_dump(vt, &is);
	vt_dump(other, &becomes);
	equal = is.len == becomes.len && !memcmp(is.data, becomes.data, is.len);
	if (!equal && tell)
		print_difference(is.data, becomes.data);
	vt_free(other);
	return equal;
}

static bool row_is_sound(const struct vt *vt, const struct row *row)
{
	for (unsigned x = 0; x < row->used; x++) {
		const struct vt_cell *cell = &row->cells[x];

		if (cell->width == VT_WIDE &&
			(x + 1 >= row->used || row->cells[x + 1].width != VT_WIDE_TAIL))
			return false;
		if (cell->width == VT_WIDE_TAIL &&
			(x == 0 || row->cells[x - 1].width != VT_WIDE || cell->ch))
			return false;
		if (cell->ch == 0 && cell->width == VT_NARROW &&
			(cell->fg || cell->attr || cell->underline || cell->link))
			return false;
		if ((cell->ch & VT_CH_CLUSTER) &&
			!table_get(&vt->clusters, cell->ch & ~VT_CH_CLUSTER, NULL))
			return false;
		if (cell->link && !vt_link_uri(vt, (unsigned)cell->link))
			return false;
	}
	return row->used <= vt->cols;
}

const char *state_fault(struct vt *vt)
{
	struct vt_cell cell;

	for (unsigned y = 0; y < vt->rows; y++) {
		if (!row_is_sound(vt, vt->main.line[y]) || !row_is_sound(vt, vt->alt.line[y]))
			return "a row is not sound";
	}
	if (vt->main.line[vt->rows - 1]->wrapped || vt->alt.line[vt->rows - 1]->wrapped)
		return "the last row goes on nowhere";
	if (vt->x >= vt->cols || vt->y >= vt->rows)
		return "the cursor is off the screen";
	if (vt->top > vt->bottom || vt->bottom >= vt->rows || vt->left > vt->right ||
		vt->right >= vt->cols)
		return "the margins are off the screen";
	cell = row_get(vt->screen->line[vt->y], cursor_edge(vt));
	if (vt->wrap_pending && cell.width == VT_WIDE)
		return "a wrap is pending inside of a character";
	return NULL;
}
