/* SPDX-License-Identifier: MIT */
/* What stands on a console, and what it has printed. */
#include "lib/console.h"

#include "base/cleanup.h"
#include "control/screen-png.h"
#include "display/display.h"
#include "vt/vt.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* ---- the screen in one piece ---- */

static int print_text(struct vt *vt, struct strbuf *out)
{
	for (int row = 0; row < (int)vt_rows(vt); row++) {
		vt_selection_text(vt, VT_SELECT_BLOCK, (struct vt_point){ row, 0 },
			(struct vt_point){ row, vt_cols(vt) }, out);
		strbuf_putc(out, '\n');
	}
	return 0;
}

static int print_vt(struct vt *vt, struct strbuf *out)
{
	return vt_replay(vt, out, &(struct vt_replay){ 0 });
}

static int make_screen(struct charhub *charhub, struct vt *vt, enum charhub_format format,
	struct strbuf *out, struct error **err)
{
	switch (format) {
	case CHARHUB_TEXT: return print_text(vt, out);
	case CHARHUB_VT: return print_vt(vt, out);
	case CHARHUB_PNG:
		return screen_png_make(vt, display_font(world_display(charhub->estate.world)), out);
	default: return error_set(err, EINVAL, "there is no format %d", (int)format);
	}
}

/* Return: 0; -ENODEV, -EINVAL with @err. */
static int find_vt(const struct charhub_console *console, struct vt **ret_vt, struct error **err)
{
	if (!console->hub)
		return error_set(err, ENODEV, "console '%s' has gone", console->id);
	*ret_vt = hub_vt(console->hub);
	if (!*ret_vt)
		return error_set(
			err, EINVAL, "console '%s' is no terminal: it has no screen", console->id);
	return 0;
}

int charhub_console_screen(struct charhub_console *console, enum charhub_format format,
	char **ret_data, size_t *ret_len, struct charhub_error **err)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	struct vt *vt;
	int r;

	ENTER(console->charhub);
	r = find_vt(console, &vt, error_out(err));
	if (r == 0)
		r = make_screen(console->charhub, vt, format, &out, error_out(err));
	if (r == -ENOMEM || out.failed)
		return error_set(error_out(err), ENOMEM, "out of memory");
	if (r < 0)
		return r;
	*ret_len = out.len;
	*ret_data = strbuf_take(&out);
	return 0;
}

void charhub_free_data(char *data)
{
	free(data);
}

/* ---- cells ---- */

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Of a long cluster as many characters as fit. */
static void put_text(const struct vt *vt, const struct vt_cell *cell, char text[], size_t size)
{
	uint32_t characters[VT_CLUSTER_MAX];
	unsigned n = vt_cluster(vt, cell->ch, characters);
	size_t len = 0;

	for (unsigned i = 0; i < n && len + 4 < size; i++)
		len += put_utf8(text + len, characters[i]);
	text[len] = '\0';
}

static void convert(const struct vt *vt, const struct vt_cell *from, struct charhub_cell *to)
{
	static const uint16_t widths[] = { [VT_NARROW] = 1, [VT_WIDE] = 2, [VT_WIDE_TAIL] = 0 };
	struct vt_colors colors = vt_resolve_cell(vt, from);

	put_text(vt, from, to->text, sizeof(to->text));
	to->fg = colors.fg;
	to->bg = colors.bg;
	to->attributes = (uint16_t)((from->attr & (VT_PROTECTED - 1)) |
				    (from->underline ? CHARHUB_UNDERLINE : 0));
	to->width = widths[from->width];
}

_Static_assert((int)CHARHUB_BOLD == (int)VT_BOLD && (int)CHARHUB_OVERLINE == (int)VT_OVERLINE &&
		       (int)CHARHUB_UNDERLINE == (int)VT_PROTECTED,
	"the attributes of a cell have the engine's numbers");

int charhub_console_cells(
	struct charhub_console *console, unsigned row, struct charhub_cell *cells, size_t count)
{
	AUTO_FREE struct vt_cell *line = NULL;
	struct vt_cursor cursor;
	struct vt *vt;
	unsigned cols;
	int r;

	ENTER(console->charhub);
	r = find_vt(console, &vt, NULL);
	if (r < 0)
		return r;
	if (row >= vt_rows(vt))
		return -ERANGE;
	cols = vt_cols(vt);
	line = calloc(cols, sizeof(*line));
	if (!line)
		return -ENOMEM;
	vt_read_line(vt, (int)row, line, NULL);
	for (unsigned col = 0; col < cols && col < count; col++)
		convert(vt, &line[col], &cells[col]);
	cursor = vt_cursor(vt);
	if (cursor.visible && cursor.row == row && cursor.col < count)
		cells[cursor.col].attributes |= CHARHUB_CURSOR;
	return (int)cols;
}

/* ---- history ---- */

ssize_t charhub_console_history(
	struct charhub_console *console, uint64_t offset, void *buf, size_t size)
{
	struct hub_info info;
	size_t done = 0;

	if (!console->hub)
		return -ENODEV;
	ENTER(console->charhub);
	hub_info(console->hub, &info);
	if (offset == info.end)
		return 0;
	size = size < SSIZE_MAX ? size : SSIZE_MAX;
	while (done < size) {
		struct iovec iov[2];
		int n = hub_history(console->hub, offset + done, size - done, iov);

		if (n <= 0)
			return done || n == 0 ? (ssize_t)done : n;
		for (int i = 0; i < n; i++) {
			memcpy((char *)buf + done, iov[i].iov_base, iov[i].iov_len);
			done += iov[i].iov_len;
		}
	}
	return (ssize_t)done;
}
