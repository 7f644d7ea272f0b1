/* SPDX-License-Identifier: MIT */
#include "vt/engine.h"
#include "vt/cluster.h"
#include "vt/cursor.h"
#include "vt/edit.h"
#include "vt/palette.h"
#include "vt/print.h"

#include <errno.h>
#include <stdlib.h>
#include <utf8proc.h>

/*
 * Making, resetting and asking an engine. All that is needed to take bytes is allocated in
 * vt_new(), but for what fills up as the guest writes (scrollback pages, clusters, links), which is
 * bounded and may fail without harm.
 */

/* ---- reset ---- */

void engine_reset_margins(struct vt *vt)
{
	vt->top = 0;
	vt->bottom = vt->rows - 1;
	vt->left = 0;
	vt->right = vt->cols - 1;
}

void engine_reset_tabs(struct vt *vt, unsigned first)
{
	vt->work += VT_COLS_MAX - first;
	for (unsigned x = first; x < VT_COLS_MAX; x++) {
		vt->tabs[x / 8] &= (uint8_t) ~(1u << x % 8);
		if (x % 8 == 0 && x > 0)
			vt->tabs[x / 8] |= (uint8_t)(1u << x % 8);
	}
}

void engine_show(struct vt *vt, struct screen *screen)
{
	if (vt->screen == screen)
		return;
	vt->screen = screen;
	vt->touched |= TOUCHED_ALTERNATE;
	damage_all(vt);
}

/* [VT510 manual, DECSTR; xterm] */
void engine_soft_reset(struct vt *vt)
{
	vt->touched_modes |= vt->modes ^ MODES_INITIAL;
	vt->modes |= MODE_BIT(MODE_CURSOR_VISIBLE) | MODE_BIT(MODE_AUTOWRAP);
	vt->modes &= ~(MODE_BIT(MODE_INSERT) | MODE_BIT(MODE_ORIGIN) | MODE_BIT(MODE_CURSOR_KEYS) |
		       MODE_BIT(MODE_KEYPAD) | MODE_BIT(MODE_KEYBOARD_LOCK) |
		       MODE_BIT(MODE_MARGINS) | MODE_BIT(MODE_REVERSE_WRAP));
	engine_reset_margins(vt);
	vt->pen = (struct vt_cell){ 0 };
	vt->charsets = (struct charsets){ 0 };
	vt->modify_other_keys = 0;
	vt->erase_protects = false;
	saved_cursor_reset(vt->screen);
	print_update(vt);
}

static void clear_rows(struct vt *vt, struct screen *screen)
{
	vt->work += vt->rows * WORK_ROW;
	for (unsigned y = 0; y < vt->rows; y++)
		row_clear(screen->line[y], VT_COLOR_DEFAULT);
	saved_cursor_reset(screen);
}

static void clear_titles(struct vt *vt)
{
	engine_set_title(vt, "", "");
	while (vt->title_count > 0) {
		struct title *slot = &vt->title_stack[--vt->title_count];

		free(slot->text);
		free(slot->icon);
		*slot = (struct title){ 0 };
	}
}

void engine_full_reset(struct vt *vt)
{
	vt->screen = &vt->main;
	clear_rows(vt, &vt->main);
	clear_rows(vt, &vt->alt);
	scrollback_end_line(&vt->scrollback);
	if (vt->modes)
		vt->touched_modes |= vt->modes ^ MODES_INITIAL;
	vt->modes = vt->saved_modes = MODES_INITIAL;
	vt->mouse_mode = MOUSE_OFF;
	vt->mouse_encoding = MOUSE_BYTES;
	vt->cursor_shape = VT_CURSOR_BLOCK;
	vt->rectangle_extent = false;
	vt->level = LEVEL_MAX;
	vt->parser.utf8_off = false;
	engine_reset_tabs(vt, 0);
	engine_soft_reset(vt);
	vt->x = vt->y = 0;
	vt->wrap_pending = vt->repeatable = false;
	memcpy(vt->palette, vt->default_palette, sizeof(vt->palette));
	clear_titles(vt);
	damage_palette(vt);
}

bool engine_request_size(struct vt *vt, unsigned cols, unsigned rows)
{
	if (cols == vt->cols && rows == vt->rows)
		return true;
	if (cols > VT_REQUEST_COLS_MAX || rows > VT_REQUEST_ROWS_MAX)
		return false;
	if (!vt->callbacks.on_size_request || !vt->callbacks.on_size_request(vt->data, cols, rows))
		return false;
	/* both screens, the old ones and the new ones */
	vt->work += 2 * ((uint64_t)vt->cols * vt->rows + (uint64_t)cols * rows);
	return vt_resize(vt, cols, rows) == 0;
}

void vt_reset(struct vt *vt)
{
	parser_reset(&vt->parser);
	engine_full_reset(vt);
}

void vt_clear_scrollback(struct vt *vt)
{
	scrollback_clear(&vt->scrollback);
}

/* ---- life ---- */

static void apply_defaults(struct vt_config *config)
{
	if (!config->cols)
		config->cols = VT_COLS_DEFAULT;
	if (!config->rows)
		config->rows = VT_ROWS_DEFAULT;
	if (!config->scrollback_lines)
		config->scrollback_lines = VT_SCROLLBACK_LINES;
	if (config->scrollback_lines == VT_NO_SCROLLBACK)
		config->scrollback_lines = 0;
	if (!config->scrollback_bytes)
		config->scrollback_bytes = VT_SCROLLBACK_BYTES;
}

static int allocate(struct vt *vt)
{
	const struct vt_config *config = &vt->config;

	vt->tabs = calloc(1, VT_COLS_MAX / 8);
	vt->parser.string = malloc(VT_STRING_MAX + 1);
	vt->title.text = strdup("");
	vt->title.icon = strdup("");
	if (config->answerback)
		vt->answerback = strdup(config->answerback);
	if (!vt->tabs || !vt->parser.string || !vt->title.text || !vt->title.icon ||
		(config->answerback && !vt->answerback))
		return -ENOMEM;
	if (screen_init(&vt->main, vt->cols, vt->rows) < 0 ||
		screen_init(&vt->alt, vt->cols, vt->rows) < 0)
		return -ENOMEM;
	return 0;
}

int vt_new(const struct vt_config *config, const struct vt_callbacks *callbacks, void *data,
	struct vt **ret_vt)
{
	struct vt *vt = calloc(1, sizeof(*vt));

	if (!vt)
		return -ENOMEM;
	if (config)
		vt->config = *config;
	apply_defaults(&vt->config);
	vt->cols = vt->config.cols;
	vt->rows = vt->config.rows;
	if (vt->cols > VT_COLS_MAX || vt->rows > VT_ROWS_MAX) {
		free(vt);
		return -ERANGE;
	}
	scrollback_init(&vt->scrollback, vt->config.scrollback_lines, vt->config.scrollback_bytes);
	table_init(&vt->clusters, CLUSTERS_MAX, CLUSTER_BYTES_MAX);
	table_init(&vt->links, LINKS_MAX, LINK_BYTES_MAX);
	if (allocate(vt) < 0) {
		vt_free(vt);
		return -ENOMEM;
	}
	vt->damage.generation = 1;
	palette_init(vt->default_palette);
	engine_full_reset(vt);
	if (callbacks)
		vt->callbacks = *callbacks;
	vt->data = data;
	*ret_vt = vt;
	return 0;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	for (unsigned i = 0; i < vt->title_count; i++) {
		free(vt->title_stack[i].text);
		free(vt->title_stack[i].icon);
	}
	free(vt->title.text);
	free(vt->title.icon);
	free(vt->answerback);
	free(vt->tabs);
	free(vt->parser.string);
	screen_done(&vt->main);
	screen_done(&vt->alt);
	scrollback_clear(&vt->scrollback);
	table_done(&vt->clusters);
	table_done(&vt->links);
	free(vt);
}

/* ---- titles ---- */

/* A copy without control characters, cut at a whole character; malformed UTF-8 becomes '?'. */
static char *clean_title(const char *text)
{
	size_t len = strlen(text), n = 0;
	char *copy;

	if (len > VT_TITLE_MAX)
		len = VT_TITLE_MAX;
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < len;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate(
			(const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);

		if (used < 0) {
			copy[n++] = '?';
			i++;
			continue;
		}
		if (c >= 0x20 && (c < 0x7f || c >= 0xa0)) {
			memcpy(copy + n, text + i, (size_t)used);
			n += (size_t)used;
		}
		i += (size_t)used;
	}
	copy[n] = '\0';
	return copy;
}

/* Return: whether it is another one now. */
static bool replace_title(char **slot, const char *text)
{
	char *copy = text ? clean_title(text) : NULL;

	if (!copy || !strcmp(copy, *slot)) {
		free(copy);
		return false;
	}
	free(*slot);
	*slot = copy;
	return true;
}

void engine_set_title(struct vt *vt, const char *text, const char *icon)
{
	if (replace_title(&vt->title.text, text) && vt->callbacks.on_title)
		vt->callbacks.on_title(vt->data, vt->title.text);
	if (replace_title(&vt->title.icon, icon) && vt->callbacks.on_icon)
		vt->callbacks.on_icon(vt->data, vt->title.icon);
}

/* ---- questions ---- */

unsigned vt_cols(const struct vt *vt)
{
	return vt->cols;
}

unsigned vt_rows(const struct vt *vt)
{
	return vt->rows;
}

const char *vt_title(const struct vt *vt)
{
	return vt->title.text;
}

bool vt_is_alternate(const struct vt *vt)
{
	return vt->screen == &vt->alt;
}

bool vt_is_synchronized(const struct vt *vt)
{
	return vt_mode(vt, MODE_SYNCHRONIZED);
}

struct vt_cursor vt_cursor(const struct vt *vt)
{
	return (struct vt_cursor){
		.col = vt->x,
		.row = vt->y,
		.visible = vt_mode(vt, MODE_CURSOR_VISIBLE),
		.blink = vt_mode(vt, MODE_CURSOR_BLINK),
		.shape = vt->cursor_shape,
	};
}

unsigned vt_scrollback_count(const struct vt *vt)
{
	return vt->screen == &vt->main ? vt->scrollback.count : 0;
}

uint64_t vt_lines_scrolled(const struct vt *vt)
{
	return vt->scrollback.pushed;
}

enum vt_line_size vt_line_size(const struct vt *vt, int line)
{
	if (line < 0 || (unsigned)line >= vt->rows)
		return VT_LINE_SINGLE;
	return (enum vt_line_size)vt->screen->line[line]->size;
}

static int last_used(const struct vt_cell *cells, unsigned cols)
{
	static const struct vt_cell blank;

	while (cols > 0 && !memcmp(&cells[cols - 1], &blank, sizeof(blank)))
		cols--;
	return (int)cols;
}

static int read_old_line(struct vt *vt, unsigned age, struct vt_cell *cells, bool *ret_wrapped)
{
	uint32_t fill = VT_COLOR_DEFAULT;
	int cols = age < vt_scrollback_count(vt)
			   ? scrollback_read(vt, age, cells, vt->cols, ret_wrapped, &fill)
			   : -ENOENT;

	for (unsigned x = cols < 0 ? 0 : (unsigned)cols; x < vt->cols; x++)
		cells[x] = blank_cell(fill);
	return cols < 0 ? cols : last_used(cells, vt->cols);
}

int vt_read_line(struct vt *vt, int line, struct vt_cell *cells, bool *ret_wrapped)
{
	bool wrapped = false;
	const struct row *row;
	int r;

	if (line < 0) {
		r = read_old_line(vt, (unsigned)-(line + 1), cells, &wrapped);
	} else if ((unsigned)line >= vt->rows) {
		memset(cells, 0, vt->cols * sizeof(*cells));
		r = -ENOENT;
	} else {
		row = vt->screen->line[line];
		memcpy(cells, row->cells, row->used * sizeof(*cells));
		for (unsigned x = row->used; x < vt->cols; x++)
			cells[x] = blank_cell(row->fill);
		wrapped = row->wrapped;
		r = last_used(cells, vt->cols);
	}
	if (ret_wrapped)
		*ret_wrapped = wrapped;
	return r;
}
