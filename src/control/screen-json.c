/* SPDX-License-Identifier: MIT */
#include "control/screen-json.h"

#include "base/strbuf.h"
#include "control/json-put.h"
#include "vt/vt.h"

#include <stdio.h>
#include <string.h>

/* ---- lines ---- */

const struct type type_screen_lines = {
	.kind = TYPE_LIST, .name = "strList", .element = &type_string
};

static void put_text(struct vt *vt, int row, unsigned from, unsigned to, struct strbuf *text)
{
	vt_selection_text(vt, VT_SELECT_BLOCK, (struct vt_point){ row, from },
		(struct vt_point){ row, to }, text);
}

static json_t *json_of_text(const struct strbuf *text)
{
	return text->failed ? NULL : json_of_bytes(text->data ? text->data : "", text->len);
}

json_t *screen_line(struct vt *vt, unsigned row)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	put_text(vt, (int)row, 0, vt_cols(vt), &text);
	return json_of_text(&text);
}

/* ---- runs ---- */

static const struct type run_type = { .kind = TYPE_STRUCT,
	.name = "ScreenRun",
	.fields = (const struct field[]){
		{ "col", &type_int, .help = "of its first column, from 0" },
		{ "text", &type_string, .help = "what stands there" },
		{ "fg", &type_string, .optional = true,
			.help = "colour of the text: '0' to '255', or '#rrggbb'; none: the "
				"default" },
		{ "bg", &type_string, .optional = true, .help = "the same of what is behind it" },
		{ "attributes", &type_string_list, .optional = true,
			.help = "bold, faint, italic, underline, blink, inverse, invisible, "
				"strike, "
				"overline" },
		{ 0 },
	} };

static const struct type row_type = {
	.kind = TYPE_LIST, .name = "ScreenRunList", .element = &run_type
};

const struct type type_screen_rows = {
	.kind = TYPE_LIST, .name = "ScreenRowList", .element = &row_type
};

static void put_color(json_t **run, const char *key, uint32_t color)
{
	char text[12];

	if (VT_COLOR_IS_RGB(color))
		snprintf(text, sizeof(text), "#%06x", VT_COLOR_RGB_OF(color));
	else if (VT_COLOR_IS_INDEX(color))
		snprintf(text, sizeof(text), "%u", VT_COLOR_INDEX_OF(color));
	else
		return;
	json_put_text(run, key, text);
}

static void put_attributes(json_t **run, const struct vt_cell *cell)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { VT_BOLD, "bold" }, { VT_FAINT, "faint" }, { VT_ITALIC, "italic" },
		{ VT_BLINK, "blink" }, { VT_INVERSE, "inverse" }, { VT_INVISIBLE, "invisible" },
		{ VT_STRIKE, "strike" }, { VT_OVERLINE, "overline" } };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cell->attr & names[i].bit)
			json_add(&list, json_string(names[i].name));
	if (cell->underline)
		json_add(&list, json_string("underline"));
	if (!list || json_array_size(list))
		json_put(run, "attributes", list);
	else
		json_decref(list);
}

static bool look_alike(const struct vt_cell *a, const struct vt_cell *b)
{
	return a->attr == b->attr && a->underline == b->underline && a->fg == b->fg &&
	       a->bg == b->bg;
}

static json_t *make_run(
	struct vt *vt, unsigned row, unsigned from, unsigned to, const struct vt_cell *cell)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	json_t *run = json_object();

	put_text(vt, (int)row, from, to, &text);
	json_put_number(&run, "col", from);
	json_put(&run, "text", json_of_text(&text));
	put_color(&run, "fg", cell->fg);
	put_color(&run, "bg", cell->bg);
	put_attributes(&run, cell);
	return run;
}

json_t *screen_row(struct vt *vt, unsigned row)
{
	struct vt_cell cells[VT_COLS_MAX];
	int end = vt_read_line(vt, (int)row, cells, NULL);
	json_t *runs = json_array();

	for (unsigned from = 0, to; end > 0 && from < (unsigned)end; from = to) {
		for (to = from + 1; to < (unsigned)end && look_alike(&cells[from], &cells[to]);
			to++)
			continue;
		json_add(&runs, make_run(vt, row, from, to, &cells[from]));
	}
	return runs;
}
