/* SPDX-License-Identifier: MIT */
/*
 * What stands on a console. A screen may have a million cells: of one that is too large for one
 * dispatch a copy is made, which is read in several.
 */
#include "control/commands.h"
#include "control/console.h"
#include "control/json-put.h"
#include "control/screen-copy.h"
#include "control/screen-json.h"
#include "control/screen-png.h"
#include "control/world.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "display/display.h"
#include "hub/hub.h"
#include "vt/vt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct type screen_format = {
	.kind = TYPE_ENUM, .name = "ConsoleScreenFormat", .values = "text|cells|png"
};

static const struct field screen_args[] = {
	{ "console", &type_string, .help = "id of the hub" },
	{ "format", &screen_format, .optional = true,
		.help = "lines of text (default), runs with colours, or a picture" },
	{ 0 },
};

static const struct type screen_type = { .kind = TYPE_STRUCT,
	.name = "ConsoleScreen",
	.fields = (const struct field[]){
		{ "cols", &type_int, .help = "of the console" },
		{ "rows", &type_int, .help = "of the console" },
		{ "col", &type_int, .help = "of the cursor, from 0" },
		{ "row", &type_int, .help = "of the cursor, from 0" },
		{ "visible", &type_bool, .help = "is the cursor shown" },
		{ "alternate", &type_bool, .help = "is it the screen of a full-screen program" },
		{ "title", &type_string, .help = "that the guest has set" },
		{ "offset", &type_int, .help = "of the output that comes behind it" },
		{ "lines", &type_screen_lines, .optional = true, .help = "with format=text" },
		{ "cells", &type_screen_rows, .optional = true, .help = "with format=cells" },
		{ "png", &type_string, .optional = true, .help = "with format=png, in base64" },
		{ 0 },
	} };

static json_t *describe_screen(const struct chardev *hub, const struct vt *vt)
{
	struct vt_cursor cursor = vt_cursor(vt);
	json_t *screen = json_object();
	struct hub_info info;

	hub_info(hub, &info);
	json_put_number(&screen, "cols", vt_cols(vt));
	json_put_number(&screen, "rows", vt_rows(vt));
	json_put_number(&screen, "col", cursor.col);
	json_put_number(&screen, "row", cursor.row);
	json_put_flag(&screen, "visible", cursor.visible);
	json_put_flag(&screen, "alternate", vt_is_alternate(vt));
	json_put_text(&screen, "title", vt_title(vt));
	json_put_number(&screen, "offset", info.end);
	return screen;
}

/* ---- a picture ---- */

/** struct picture_call - a console-screen whose answer is being drawn */
struct picture_call {
	struct call *call;
	struct screen_png *picture;
	json_t *screen;
};

static void free_picture_call(void *data)
{
	struct picture_call *waits = data;

	screen_png_free(waits->picture);
	json_decref(waits->screen);
	free(waits);
}

/* The answer, or that there was no memory for it; @screen is the call's from now on. */
static void answer(struct call *call, json_t *screen)
{
	struct error *error = NULL;

	if (!screen)
		error_set(&error, ENOMEM, "out of memory");
	call_end(call, screen, error);
}

static void on_picture(void *data, struct strbuf *png)
{
	struct picture_call *waits = data;
	AUTO_STRBUF struct strbuf text = { 0 };
	struct call *call = waits->call;
	json_t *screen;

	if (png)
		base64_encode(&text, png->data, png->len);
	json_put(&waits->screen, "png",
		png && !text.failed ? json_stringn(text.data, text.len) : NULL);
	screen = json_incref(waits->screen);
	free_picture_call(waits);
	answer(call, screen);
}

static int draw_screen(struct call *call, struct vt *vt, json_t *screen, struct error **err)
{
	struct font *font = display_font(world_display(call_world(call)));
	struct picture_call *waits = calloc(1, sizeof(*waits));
	int r = -ENOMEM;

	if (waits)
		r = screen_png_start(world_loop(call_world(call)), vt, font, on_picture, waits,
			&waits->picture, err);
	else
		error_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		free(waits);
		return r;
	}
	waits->call = call;
	waits->screen = json_incref(screen);
	return call_defer(call, free_picture_call, waits);
}

/* ---- rows ---- */

/**
 * struct rows_format - a form of rows
 * @key:   of their list in the answer
 * @cells: so many are read in one dispatch
 */
struct rows_format {
	const char *key;
	json_t *(*read)(struct vt *vt, unsigned row);
	unsigned cells;
};

static const struct rows_format text_format = { "lines", screen_line, 64 * 1024 };
static const struct rows_format cells_format = { "cells", screen_row, 8 * 1024 };

/** struct rows_call - a console-screen whose rows are being read; @vt: the copy */
struct rows_call {
	struct call *call;
	struct loop *loop;
	const struct rows_format *format;
	struct vt *vt;
	unsigned row;
	json_t *screen, *rows;
	struct task task;
};

static void free_rows_call(void *data)
{
	struct rows_call *waits = data;

	task_cancel(&waits->task);
	vt_free(waits->vt);
	json_decref(waits->rows);
	json_decref(waits->screen);
	free(waits);
}

/* Return: the next row. */
static unsigned read_rows(
	const struct rows_format *format, struct vt *vt, unsigned row, json_t **rows)
{
	unsigned end = row + format->cells / vt_cols(vt);

	for (end = end < vt_rows(vt) ? end : vt_rows(vt); row < end; row++)
		json_add(rows, format->read(vt, row));
	return row;
}

static void read_on(void *data)
{
	struct rows_call *waits = data;
	struct call *call = waits->call;
	json_t *screen;

	waits->row = read_rows(waits->format, waits->vt, waits->row, &waits->rows);
	if (waits->rows && waits->row < vt_rows(waits->vt)) {
		task_post(waits->loop, &waits->task, read_on, waits);
		return;
	}
	json_put(&waits->screen, waits->format->key, TAKE_PTR(waits->rows));
	screen = json_incref(waits->screen);
	free_rows_call(waits);
	answer(call, screen);
}

static int read_later(struct call *call, const struct rows_format *format, struct vt *vt,
	json_t *screen, struct error **err)
{
	struct rows_call *waits = calloc(1, sizeof(*waits));

	if (!waits || screen_copy(vt, &waits->vt) < 0) {
		free(waits);
		return error_set(err, ENOMEM, "out of memory");
	}
	waits->call = call;
	waits->loop = world_loop(call_world(call));
	waits->format = format;
	waits->screen = json_incref(screen);
	waits->rows = json_array();
	task_post(waits->loop, &waits->task, read_on, waits);
	return call_defer(call, free_rows_call, waits);
}

static int read_screen(struct call *call, const struct rows_format *format, struct vt *vt,
	json_t *screen, struct error **err)
{
	AUTO_JSON json_t *whole = json_incref(screen);
	json_t *rows;

	if (vt_cols(vt) * vt_rows(vt) > format->cells)
		return read_later(call, format, vt, screen, err);
	rows = json_array();
	read_rows(format, vt, 0, &rows);
	json_put(&whole, format->key, rows);
	return call_return(call, json_incref(whole), err);
}

static int console_screen(struct call *call, struct error **err)
{
	const char *format = call_string(call, "format");
	AUTO_JSON json_t *screen = NULL;
	struct chardev *hub;
	struct vt *vt;
	int r = console_of_call(call, "console", &hub, err);

	if (r < 0)
		return r;
	vt = hub_vt(hub);
	if (!vt)
		return error_set(err, EINVAL, "console '%s' is no terminal: it has no screen",
			chardev_id(hub));
	screen = describe_screen(hub, vt);
	if (format && !strcmp(format, "png"))
		return draw_screen(call, vt, screen, err);
	return read_screen(call, format && !strcmp(format, "cells") ? &cells_format : &text_format,
		vt, screen, err);
}

const struct command commands_screen[] = {
	{ "console-screen", "Show what stands on a console", screen_args, &screen_type,
		console_screen },
	{ 0 },
};
