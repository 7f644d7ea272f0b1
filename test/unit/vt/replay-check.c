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

/* Show @vt on @viewer; are they the same then? */
static bool check(struct vt *vt, struct vt *viewer, const struct vt_replay *how,
	void (*leave_out)(struct strbuf *dump), bool tell)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf becomes = { 0 };
	bool equal;

	if (vt_replay(vt, &bytes, how) < 0)
		abort();
	vt_feed(viewer, bytes.data, bytes.len);
	vt_dump(vt, &is);
	vt_dump(viewer, &becomes);
	if (leave_out) {
		leave_out(&is);
		leave_out(&becomes);
	}
	equal = is.len == becomes.len && !memcmp(is.data, becomes.data, is.len);
	if (!equal && tell)
		print_difference(is.data, becomes.data);
	return equal;
}

bool replay_check(struct vt *vt, bool tell)
{
	struct vt_config config = { .cols = vt_cols(vt), .rows = vt_rows(vt) };
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH };
	struct vt *other = NULL;
	bool equal;

	if (vt_new(&config, NULL, NULL, &other) < 0)
		abort();
	memcpy(other->default_palette, vt->default_palette, sizeof(vt->default_palette));
	equal = check(vt, other, &how, NULL, tell);
	vt_free(other);
	return equal;
}

static void leave_out_titles(struct strbuf *dump)
{
	char *from = strstr(dump->data, "\ntitle "), *to = from + 1;

	while (!strncmp(to, "title ", 6) || !strncmp(to, "stack ", 6))
		to += strcspn(to, "\n") + 1;
	memmove(from + 1, to, strlen(to) + 1);
	dump->len -= (size_t)(to - from - 1);
}

bool replay_check_in_use(struct vt *vt, struct vt *viewer, bool tell)
{
	struct vt_replay how = { .notice = "[a notice]", .cols = vt_cols(vt), .rows = vt_rows(vt) };
	bool equal = check(vt, viewer, &how, leave_out_titles, tell);

	how.flags = VT_REPLAY_IN_PLACE;
	return equal && check(vt, viewer, &how, leave_out_titles, tell);
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
