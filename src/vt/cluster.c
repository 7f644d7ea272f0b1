/* SPDX-License-Identifier: MIT */
#include "vt/cluster.h"
#include "vt/engine.h"
#include "vt/width.h"

#include <utf8proc.h>

/*
 * Both tables are swept when they are full: what no cell of the two screens (for links: and no line
 * of the scrollback) refers to is dropped. A hyperlink's entry is "id NUL uri".
 */
#define VARIATION_EMOJI 0xfe0f

bool cluster_joins(const uint32_t *chars, unsigned n)
{
	utf8proc_int32_t state = 0;
	bool breaks = true;

	for (unsigned i = 1; i < n; i++)
		breaks = utf8proc_grapheme_break_stateful(
			(utf8proc_int32_t)chars[i - 1], (utf8proc_int32_t)chars[i], &state);
	return !breaks;
}

int cluster_width(const uint32_t *chars, unsigned n)
{
	int width = width_of(chars[0]);

	for (unsigned i = 1; i < n; i++)
		if (chars[i] == VARIATION_EMOJI || width_of(chars[i]) == 2 ||
			(chars[i] >= 0x1f1e6 && chars[i] <= 0x1f1ff))
			width = 2;
	return width;
}

static void mark_screen(struct table *table, struct vt *vt, const struct screen *screen)
{
	for (unsigned y = 0; y < vt->rows; y++) {
		const struct row *row = screen->line[y];

		vt->work += WORK_ROW + row->used;
		for (unsigned x = 0; x < row->used; x++) {
			if (table == &vt->links)
				table_mark(table, (uint32_t)row->cells[x].link);
			else if (row->cells[x].ch & VT_CH_CLUSTER)
				table_mark(table, (uint32_t)row->cells[x].ch & ~VT_CH_CLUSTER);
		}
	}
}

void engine_sweep(struct vt *vt, struct table *table)
{
	if (table->refused) {
		table->refused--;
		return;
	}
	table_unmark_all(table);
	mark_screen(table, vt, &vt->main);
	mark_screen(table, vt, &vt->alt);
	if (table == &vt->links) {
		table_mark(table, (uint32_t)vt->pen.link);
		table_mark(table, (uint32_t)vt->main.saved.pen.link);
		table_mark(table, (uint32_t)vt->alt.saved.pen.link);
		scrollback_mark_links(vt);
	}
	table_drop_unmarked(table);
}

uint32_t cluster_find(struct vt *vt, const uint32_t *chars, unsigned n)
{
	uint32_t number = table_find_or_add(&vt->clusters, chars, n * sizeof(*chars));

	return number ? number | VT_CH_CLUSTER : 0;
}

uint32_t cluster_number(struct vt *vt, const uint32_t *chars, unsigned n)
{
	uint32_t found = cluster_find(vt, chars, n);

	if (found || !table_is_full(&vt->clusters, n * sizeof(*chars)))
		return found;
	engine_sweep(vt, &vt->clusters);
	return cluster_find(vt, chars, n);
}

unsigned vt_cluster(const struct vt *vt, uint32_t ch, uint32_t codepoints[VT_CLUSTER_MAX])
{
	size_t len = 0;
	const char *bytes;

	if (!(ch & VT_CH_CLUSTER)) {
		codepoints[0] = ch;
		return ch != 0;
	}
	bytes = table_get(&vt->clusters, ch & ~VT_CH_CLUSTER, &len);
	if (!bytes)
		return 0;
	memcpy(codepoints, bytes, len);
	return (unsigned)(len / sizeof(*codepoints));
}

uint32_t link_number(struct vt *vt, const char *id, const char *uri)
{
	char key[LINK_ID_MAX + LINK_URI_MAX + 2];
	size_t id_len = strlen(id), uri_len = strlen(uri), len = id_len + 1 + uri_len;
	uint32_t number;

	if (id_len > LINK_ID_MAX || uri_len > LINK_URI_MAX)
		return 0;
	memcpy(key, id, id_len + 1);
	memcpy(key + id_len + 1, uri, uri_len);
	number = table_find_or_add(&vt->links, key, len);
	if (number || !table_is_full(&vt->links, len))
		return number;
	engine_sweep(vt, &vt->links);
	return table_find_or_add(&vt->links, key, len);
}

const char *link_id(const struct vt *vt, unsigned link)
{
	return table_get(&vt->links, link, NULL);
}

const char *vt_link_uri(const struct vt *vt, unsigned link)
{
	const char *id = link_id(vt, link);

	return id ? id + strlen(id) + 1 : NULL;
}
