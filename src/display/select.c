/* SPDX-License-Identifier: MIT */
/*
 * Text that is marked with the mouse. Its ends are places, so that it stays with its text while
 * lines scroll by; picture.c drops it when the text itself changes.
 */
#include "display/display-internal.h"

#include <limits.h>

struct place view_place(const struct display_view *view, unsigned row, unsigned col)
{
	return (struct place){ .line = view->top + row, .col = col };
}

static bool is_before(const struct place *a, const struct place *b)
{
	return a->line < b->line || (a->line == b->line && a->col < b->col);
}

static struct vt_point point_of(const struct display_view *view, const struct place *place)
{
	int64_t line = place->line - view_base(view);

	/* Of a place that is long gone vt_select() makes the oldest line there is. */
	if (line < INT_MIN / 2)
		line = INT_MIN / 2;
	return (struct vt_point){ .line = (int)line, .col = place->col };
}

void selection_start(struct display_view *view, struct place at, enum vt_select kind)
{
	selection_drop(view);
	view->pointer.anchor = at;
	view->pointer.selecting = true;
	view->selection.kind = kind;
	if (kind == VT_SELECT_WORD || kind == VT_SELECT_LINE)
		selection_extend(view, at);
}

void selection_extend(struct display_view *view, struct place to)
{
	struct place first = view->pointer.anchor, last = to;
	enum vt_select kind = view->selection.kind;
	bool stayed = first.line == last.line && first.col == last.col;
	struct vt_point a, b;

	if (is_before(&last, &first)) {
		last = first;
		first = to;
	}
	if (kind == VT_SELECT_BLOCK && first.col > last.col) {
		unsigned col = first.col;

		first.col = last.col;
		last.col = col;
	}
	a = point_of(view, &first);
	b = point_of(view, &last);
	b.col++;
	vt_select(view->console->vt, kind, &a, &b);
	view->selection = (struct selection){
		.exists = !stayed || kind == VT_SELECT_WORD || kind == VT_SELECT_LINE,
		.kind = kind,
		.first = { .line = view_base(view) + a.line, .col = a.col },
		.end = { .line = view_base(view) + b.line, .col = b.col },
	};
	view_changed(view);
}

void selection_finish(struct display_view *view)
{
	struct selection *selection = &view->selection;

	if (!view->pointer.selecting)
		return;
	view->pointer.selecting = false;
	if (!selection->exists)
		return;
	strbuf_done(&view->selected);
	/* It has been widened already: what is given here are its exact ends. */
	vt_selection_text(view->console->vt,
		selection->kind == VT_SELECT_BLOCK ? VT_SELECT_BLOCK : VT_SELECT_STREAM,
		point_of(view, &selection->first), point_of(view, &selection->end),
		&view->selected);
	if (view->selected.failed)
		strbuf_done(&view->selected);
	if (view->selected.len)
		view_tell_clipboard(view, view->selected.data, view->selected.len);
}

void selection_drop(struct display_view *view)
{
	if (!view->selection.exists)
		return;
	view->selection.exists = false;
	view_changed(view);
}

bool selection_has(const struct selection *selection, int64_t line, unsigned col)
{
	struct place place = { line, col };

	if (!selection_touches(selection, line))
		return false;
	if (selection->kind == VT_SELECT_BLOCK)
		return col >= selection->first.col && col < selection->end.col;
	return !is_before(&place, &selection->first) && is_before(&place, &selection->end);
}

bool selection_touches(const struct selection *selection, int64_t line)
{
	return selection->exists && line >= selection->first.line && line <= selection->end.line;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->line == b->line && a->col == b->col;
}

bool selections_equal(const struct selection *a, const struct selection *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->kind == b->kind && same_place(&a->first, &b->first) &&
	       same_place(&a->end, &b->end);
}
