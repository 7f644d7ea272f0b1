/* SPDX-License-Identifier: MIT */
#include "vt/damage.h"
#include "vt/engine.h"

#include <stdlib.h>

/*
 * What changed since a reader last looked, for any number of readers.
 *
 * Time is counted in generations, which end when somebody looks. A row remembers the columns that
 * changed in the last two generations in which it changed, and when it changed before that; so the
 * engine writes the same few words whether one reader or ten look, and nothing at all grows while
 * nobody does. A reader that is far behind gets whole rows.
 *
 * Rows carry their age along when they are scrolled. Therefore, after a reader has moved its
 * picture as the scroll notes say, a row that it has not to repaint looks right where it is now.
 * Notes of one region add up (up 3, down 1: up 2). Where regions differ, their rows are repainted
 * instead.
 */

static void note_change(struct vt *vt)
{
	vt->damage.changed = vt->damage.generation;
}

void damage_all(struct vt *vt)
{
	vt->damage.all = vt->damage.generation;
	note_change(vt);
}

void damage_palette(struct vt *vt)
{
	vt->damage.palette = vt->damage.generation;
	damage_all(vt);
}

void damage_new_age(struct vt *vt, struct row *row, unsigned first, unsigned end)
{
	row->older_age = row->old_age;
	row->old_age = row->age;
	row->old_first = row->first;
	row->old_end = row->end;
	row->age = vt->damage.generation;
	row->first = (uint16_t)first;
	row->end = (uint16_t)end;
	note_change(vt);
}

void damage_fresh_row(struct vt *vt, struct row *row)
{
	row->age = vt->damage.generation;
	row->first = 0;
	row->end = (uint16_t)vt->cols;
	row->old_age = row->older_age = 0;
	row->old_first = row->old_end = 0;
	note_change(vt);
}

static void mix_in(struct scroll_note *note, unsigned top, unsigned bottom)
{
	note->mixed = true;
	if (top < note->top)
		note->top = top;
	if (bottom > note->bottom)
		note->bottom = bottom;
}

static void add_lines(struct scroll_note *note, unsigned top, unsigned bottom, int lines)
{
	if (note->top != top || note->bottom != bottom ||
		__builtin_add_overflow(note->lines, lines, &note->lines))
		mix_in(note, top, bottom);
}

void damage_scroll(struct vt *vt, unsigned top, unsigned bottom, int lines)
{
	struct damage *damage = &vt->damage;
	struct scroll_note *note = &damage->notes[damage->newest];

	if (note->generation == damage->generation) {
		add_lines(note, top, bottom, lines);
		return;
	}
	damage->newest = (damage->newest + 1) % SCROLL_NOTES;
	note = &damage->notes[damage->newest];
	if (note->generation > damage->forgotten)
		damage->forgotten = note->generation;
	*note = (struct scroll_note){ damage->generation, top, bottom, lines, false };
	note_change(vt);
}

static bool cursors_differ(const struct vt_cursor *a, const struct vt_cursor *b)
{
	return a->col != b->col || a->row != b->row || a->visible != b->visible ||
	       a->blink != b->blink || a->shape != b->shape;
}

bool vt_has_damage(const struct vt *vt, const struct vt_reader *reader)
{
	struct vt_cursor cursor = vt_cursor(vt);

	return vt->damage.changed > reader->seen || reader->seen == 0 ||
	       cursors_differ(&cursor, &reader->cursor);
}

/* All that was scrolled after generation @seen, as one note; its generation is 0 if nothing was. */
static struct scroll_note scrolls_since(const struct damage *damage, uint64_t seen)
{
	struct scroll_note sum = { 0 };

	for (unsigned i = 0; i < SCROLL_NOTES; i++) {
		const struct scroll_note *note = &damage->notes[i];

		if (note->generation <= seen)
			continue;
		if (!sum.generation) {
			sum = *note;
			continue;
		}
		add_lines(&sum, note->top, note->bottom, note->lines);
		if (note->mixed)
			sum.mixed = true;
	}
	return sum;
}

static struct vt_span row_span(const struct row *row, uint64_t seen, unsigned cols)
{
	struct vt_span span = { row->first, row->end };

	if (row->age <= seen)
		return (struct vt_span){ 0, 0 };
	if (row->older_age > seen || row->size)
		return (struct vt_span){ 0, (uint16_t)cols };
	if (row->old_age > seen) {
		if (row->old_first < span.first)
			span.first = row->old_first;
		if (row->old_end > span.end)
			span.end = row->old_end;
	}
	if (span.first > 0 && row_get(row, span.first).width == VT_WIDE_TAIL)
		span.first--;
	if (row_get(row, span.end - 1u).width == VT_WIDE)
		span.end++;
	return span;
}

static void collect_scroll(const struct vt *vt, uint64_t seen, struct vt_damage *out)
{
	struct scroll_note sum = scrolls_since(&vt->damage, seen);
	unsigned height = sum.bottom - sum.top + 1, lines = (unsigned)abs(sum.lines);

	out->scroll_lines = 0;
	out->scroll_top = 0;
	out->scroll_bottom = 0;
	if (!sum.generation || (lines == 0 && !sum.mixed))
		return;
	if (sum.mixed || lines >= height) {
		for (unsigned y = sum.top; y <= sum.bottom; y++)
			out->spans[y] = (struct vt_span){ 0, (uint16_t)vt->cols };
		return;
	}
	out->scroll_lines = sum.lines;
	out->scroll_top = sum.top;
	out->scroll_bottom = sum.bottom + 1;
}

bool vt_collect_damage(struct vt *vt, struct vt_reader *reader, struct vt_damage *ret_damage)
{
	struct damage *damage = &vt->damage;
	struct vt_damage *out = ret_damage;
	uint64_t seen = reader->seen;
	bool found = vt_has_damage(vt, reader);

	out->all = seen == 0 || damage->all > seen || damage->forgotten > seen;
	out->palette = seen == 0 || damage->palette > seen;
	out->old_cursor = reader->cursor;
	reader->cursor = vt_cursor(vt);
	out->cursor_moved = seen == 0 || cursors_differ(&out->old_cursor, &reader->cursor);
	for (unsigned y = 0; y < vt->rows; y++)
		out->spans[y] = out->all ? (struct vt_span){ 0, (uint16_t)vt->cols }
					 : row_span(vt->screen->line[y], seen, vt->cols);
	if (out->all)
		seen = damage->generation;
	collect_scroll(vt, seen, out);
	if (damage->changed == damage->generation)
		damage->generation++;
	reader->seen = damage->generation - 1;
	return found;
}
