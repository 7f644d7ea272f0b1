/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/cluster.h"
#include "vt/cursor.h"
#include "vt/engine.h"
#include "vt/sgr.h"
#include "vt/style.h"

/*
 * The state as text, one fact a line. Numbers that only this engine knows (clusters, links) are
 * written as what they stand for, so that dumps of two engines can be compared.
 */

static void put_char(struct strbuf *out, uint32_t c)
{
	char bytes[4];

	strbuf_append(out, bytes, utf8_encode(c, bytes));
}

static void put_style(const struct vt *vt, const struct vt_cell *cell, struct strbuf *out)
{
	const char *uri = vt_link_uri(vt, (unsigned)cell->link);

	strbuf_putc(out, '{');
	sgr_format(cell, out);
	if (cell->attr & VT_PROTECTED)
		strbuf_puts(out, " protected");
	if (uri)
		strbuf_printf(out, " link=%s,%s", link_id(vt, (unsigned)cell->link), uri);
	strbuf_putc(out, '}');
}

/* Blanks as "_", spaces as " ", clusters in <>, a wide character's tail as nothing. */
static void put_cell(const struct vt *vt, const struct vt_cell *cell, struct strbuf *out)
{
	uint32_t chars[VT_CLUSTER_MAX];
	unsigned n = vt_cluster(vt, (uint32_t)cell->ch, chars);

	if (cell->width == VT_WIDE_TAIL)
		return;
	if (n == 0)
		strbuf_putc(out, '_');
	if (n > 1)
		strbuf_putc(out, '<');
	for (unsigned i = 0; i < n; i++)
		put_char(out, chars[i]);
	if (n > 1)
		strbuf_putc(out, '>');
	if (cell->width == VT_WIDE)
		strbuf_putc(out, '~');
}

static void dump_row(const struct vt *vt, const struct row *row, unsigned y, struct strbuf *out)
{
	struct vt_cell style = { 0 };

	strbuf_printf(out, "%3u%c%s|", y, " ^vw"[row->size], row -> wrapped ? "+" : " ");
	for (unsigned x = 0; x < vt->cols; x++) {
		struct vt_cell cell = row_get(row, x), here = style_of_cell(cell);

		if (!cells_are_equal(here, style))
			put_style(vt, &here, out);
		style = here;
		put_cell(vt, &cell, out);
	}
	strbuf_puts(out, "|\n");
}

static void dump_charsets(const struct charsets *charsets, struct strbuf *out)
{
	strbuf_printf(out, "g=%u,%u,%u,%u gl=%u single=%u\n", charsets->g[0], charsets->g[1],
		charsets->g[2], charsets->g[3], charsets->gl, charsets->single);
}

static void dump_screen(
	const struct vt *vt, const struct screen *screen, const char *name, struct strbuf *out)
{
	const struct saved_cursor *saved = &screen->saved;

	strbuf_printf(out, "%s%s: saved %u,%u%s%s ", name, screen == vt->screen ? " (shown)" : "",
		saved->x, saved->y, saved->wrap_pending ? " wrap" : "",
		saved->origin ? " origin" : "");
	put_style(vt, &saved->pen, out);
	strbuf_putc(out, ' ');
	dump_charsets(&saved->charsets, out);
	for (unsigned y = 0; y < vt->rows; y++)
		dump_row(vt, screen->line[y], y, out);
}

static void dump_modes(const struct vt *vt, struct strbuf *out)
{
	unsigned count;
	const struct mode_number *modes = mode_numbers(&count);

	strbuf_puts(out, "modes");
	for (unsigned i = 0; i < count; i++)
		if (vt_mode(vt, modes[i].mode))
			strbuf_printf(out, " %s%d", modes[i].private ? "?" : "", modes[i].number);
	strbuf_printf(out, "\nsaved modes %llx\n", (unsigned long long)vt->saved_modes);
	strbuf_printf(out, "mouse %d,%d keys %u extent %d shape %d latin1 %d level %u spa %d\n",
		vt->mouse_mode, vt->mouse_encoding, vt->modify_other_keys, vt->rectangle_extent,
		vt->cursor_shape, vt->parser.utf8_off, vt->level, vt->erase_protects);
}

static void dump_titles(const struct vt *vt, struct strbuf *out)
{
	strbuf_printf(out, "title \"%s\" icon \"%s\"\n", vt->title.text, vt->title.icon);
	for (unsigned i = 0; i < vt->title_count; i++)
		strbuf_printf(out, "stack \"%s\" \"%s\"\n",
			vt->title_stack[i].text ? vt->title_stack[i].text : "-",
			vt->title_stack[i].icon ? vt->title_stack[i].icon : "-");
}

void vt_dump(struct vt *vt, struct strbuf *out)
{
	strbuf_printf(out, "size %ux%u cursor %u,%u%s%s margins %u..%u %u..%u\n", vt->cols,
		vt->rows, vt->x, vt->y, vt->wrap_pending ? " wrap" : "",
		vt->repeatable ? " repeatable" : "", vt->top, vt->bottom, vt->left, vt->right);
	strbuf_puts(out, "pen ");
	put_style(vt, &vt->pen, out);
	strbuf_putc(out, ' ');
	dump_charsets(&vt->charsets, out);
	dump_modes(vt, out);
	strbuf_puts(out, "tabs");
	for (unsigned x = 0; x < vt->cols; x++)
		if (tab_is_set(vt->tabs, x))
			strbuf_printf(out, " %u", x);
	strbuf_putc(out, '\n');
	dump_titles(vt, out);
	for (unsigned slot = 0; slot < VT_SLOT_COUNT; slot++)
		if (vt->palette[slot] != vt->default_palette[slot])
			strbuf_printf(out, "color %u=%06x\n", slot, vt->palette[slot]);
	dump_screen(vt, &vt->main, "main", out);
	dump_screen(vt, &vt->alt, "alternate", out);
}
