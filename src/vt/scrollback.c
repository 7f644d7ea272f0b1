/* SPDX-License-Identifier: MIT */
#include "vt/scrollback.h"
#include "vt/cluster.h"
#include "vt/engine.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * Lines that left the screen, packed: blanks at the end cut off, one byte for an ASCII character,
 * four for any other, the style once for each run of equal style and not at all for the default
 * one. An 80-column line of plain text takes about 90 bytes instead of 1,280.
 *
 * Lines stand in pages of PAGE_SIZE: records from the front, their offsets from the back. The
 * oldest lines go when there are too many lines or bytes; an emptied page becomes the next new one,
 * so once the limit is reached nothing is allocated any more. Where memory runs out the line is
 * lost.
 *
 * A line is self-contained but for hyperlinks, which are kept by number: see engine_sweep().
 */
#define PAGE_SIZE (64u << 10)

struct sb_page {
	struct sb_page *newer, *older;
	uint32_t size;	       /* of @data */
	uint32_t used;	       /* by records */
	uint32_t first, count; /* lines first..count-1 are still there */
	uint8_t data[];
};

struct line_head {
	uint32_t fill;
	uint32_t bytes; /* of the runs */
	uint16_t cols;
	uint16_t flags;
};
enum { LINE_WRAPPED = 1, LINE_LINKS = 2 };

struct run_head {
	uint16_t count; /* of bytes (ASCII) or units */
	uint16_t flags;
};
enum { RUN_STYLED = 1, RUN_UNITS = 2 };

/* A unit: a character, whether it is two columns wide, whether it joins the one before. */
#define UNIT_WIDE (1u << 21)
#define UNIT_JOIN (1u << 22)
#define UNIT_CHAR 0x1fffffu

/* The most that one line may need: each cell a run of its own with a full cluster. */
#define CELL_BYTES_MAX (sizeof(struct run_head) + sizeof(struct vt_cell) + 4 * VT_CLUSTER_MAX)
#define LINE_BYTES_MAX (sizeof(struct line_head) + VT_COLS_MAX * CELL_BYTES_MAX)

/* ---- cells as words ---- */

struct words {
	uint64_t a, b;
};

/* Turn the first word so that ch is in the low 22 bits and width above it, on either byte order. */
static inline uint64_t char_low(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return word << 22 | word >> 42;
#else
	return word;
#endif
}

static inline struct words words_of(const struct vt_cell *cell)
{
	struct words words;

	memcpy(&words, cell, sizeof(words));
	words.a = char_low(words.a);
	return words;
}

/* On big-endian the width comes out elsewhere; take it away by name. */
static inline struct words style_of(const struct vt_cell *cell)
{
	struct vt_cell style = *cell;

	style.ch = 0;
	style.width = VT_NARROW;
	return words_of(&style);
}

/* The same, from the words. */
static inline struct words style_of_words(const struct vt_cell *cell, struct words here)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	(void)here;
	return style_of(cell);
#else
	(void)cell;
	return (struct words){ here.a & ~UINT64_C(0xffffff), here.b };
#endif
}

/* ---- packing ---- */

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

/* The run's head goes in front when its length is known. */
static uint8_t *begin_run(uint8_t *out, const struct vt_cell *cell, bool *ret_styled)
{
	struct vt_cell style = *cell;

	style.ch = 0;
	style.width = VT_NARROW;
	*ret_styled = style.attr || style.fg || style.bg || style.underline ||
		      style.underline_color || style.link;
	out += sizeof(struct run_head);
	return *ret_styled ? put_bytes(out, &style, sizeof(style)) : out;
}

static void end_run(uint8_t *start, size_t count, unsigned flags)
{
	struct run_head head = { (uint16_t)count, (uint16_t)flags };

	memcpy(start, &head, sizeof(head));
}

static uint8_t *put_unit(uint8_t *out, uint32_t unit)
{
	return put_bytes(out, &unit, sizeof(unit));
}

/*
 * Eight cells of one column each and no cluster, as units. Return: whether all are; @out is written
 * anyway.
 */
static inline bool pack_eight_units(const struct vt_cell *cells, struct words style, uint8_t *out)
{
	uint64_t a = 0, b = 0;
	uint32_t units[8];

	for (unsigned i = 0; i < 8; i++) {
		struct words here = words_of(&cells[i]);

		a |= here.a ^ style.a;
		b |= here.b ^ style.b;
		units[i] = (uint32_t)here.a & UNIT_CHAR;
	}
	memcpy(out, units, sizeof(units));
	return a <= UNIT_CHAR && b == 0;
}

/* One cell, also of several characters. Return: behind it. */
static uint8_t *pack_cell(
	const struct vt *vt, uint8_t *out, const struct vt_cell *cell, unsigned *units)
{
	uint32_t chars[VT_CLUSTER_MAX], wide = cell->width == VT_WIDE ? UNIT_WIDE : 0;
	unsigned count = 1;

	chars[0] = (uint32_t)cell->ch;
	if (chars[0] & VT_CH_CLUSTER)
		count = vt_cluster(vt, chars[0], chars);
	if (count == 0)
		chars[count++] = 0;
	for (unsigned k = 0; k < count; k++)
		out = put_unit(out, chars[k] | (k ? UNIT_JOIN : 0) | wide);
	*units += count;
	return out;
}

static uint8_t *pack_units(const struct vt *vt, uint8_t *out, const struct vt_cell *cells,
	unsigned n, struct words style, unsigned *ret_taken, unsigned *ret_units)
{
	unsigned i = 0, units = 0, next_eight = 0;

	while (i < n) {
		struct words here;

		if (i >= next_eight && i + 8 <= n) {
			if (pack_eight_units(cells + i, style, out)) {
				out += 8 * sizeof(uint32_t);
				units += 8;
				i += 8;
				continue;
			}
			next_eight = i + 8;
		}
		here = style_of_words(&cells[i], words_of(&cells[i]));
		if (here.a != style.a || here.b != style.b)
			break;
		if (cells[i].width != VT_WIDE_TAIL)
			out = pack_cell(vt, out, &cells[i], &units);
		i++;
	}
	*ret_taken = i;
	*ret_units = units;
	return out;
}

/* Eight cells at once, without branches. Return: whether all fit; @out is written anyway. */
static inline bool pack_eight(const struct vt_cell *cells, struct words style, uint8_t *out)
{
	uint64_t a = 0, b = 0;

	for (unsigned i = 0; i < 8; i++) {
		struct words here = words_of(&cells[i]);

		a |= here.a ^ style.a;
		b |= here.b ^ style.b;
		out[i] = (uint8_t)here.a;
	}
	return a < 0x80 && b == 0;
}

static uint8_t *pack_run(const struct vt *vt, uint8_t *out, const struct vt_cell *cells, unsigned n,
	unsigned *ret_taken)
{
	struct words style = style_of(cells);
	uint8_t *start = out;
	unsigned i, units;
	bool styled;

	out = begin_run(out, cells, &styled);
	for (i = 0; i + 8 <= n && pack_eight(cells + i, style, out + i); i += 8)
		;
	for (; i < n; i++) {
		struct words here = words_of(&cells[i]);

		/* same style, one column, ASCII: all in one compare */
		if ((here.a ^ style.a) >= 0x80 || here.b != style.b)
			break;
		out[i] = (uint8_t)here.a;
	}
	if (i) {
		end_run(start, i, styled ? RUN_STYLED : 0);
		*ret_taken = i;
		return out + i;
	}
	out = pack_units(vt, out, cells, n, style, ret_taken, &units);
	end_run(start, units, RUN_UNITS | (styled ? RUN_STYLED : 0));
	return out;
}

static unsigned trimmed_len(const struct row *row, uint32_t background)
{
	unsigned n = row->used;

	while (n > 0) {
		const struct vt_cell *cell = &row->cells[n - 1];
		struct words here = words_of(cell);
		struct vt_cell blank = blank_cell(background);
		struct words fill = words_of(&blank);

		if (here.a != fill.a || here.b != fill.b)
			break;
		n--;
	}
	return n;
}

static bool has_link(const struct vt *vt, const struct row *row, unsigned n)
{
	if (!vt->links.used)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (row->cells[i].link)
			return true;
	return false;
}

static size_t pack_line(const struct vt *vt, uint8_t *out, const struct row *row, uint32_t fill)
{
	unsigned n = trimmed_len(row, fill), taken;
	struct line_head head = {
		.fill = fill,
		.cols = (uint16_t)n,
		.flags = (uint16_t)((row->wrapped ? LINE_WRAPPED : 0) |
				    (has_link(vt, row, n) ? LINE_LINKS : 0)),
	};
	uint8_t *start = out;

	out += sizeof(head);
	for (unsigned i = 0; i < n; i += taken)
		out = pack_run(vt, out, row->cells + i, n - i, &taken);
	head.bytes = (uint32_t)((size_t)(out - start) - sizeof(head));
	memcpy(start, &head, sizeof(head));
	return (size_t)(out - start);
}

/* ---- pages ---- */

void scrollback_init(struct scrollback *sb, unsigned max_lines, size_t max_bytes)
{
	*sb = (struct scrollback){ .max_lines = max_lines, .max_bytes = max_bytes };
}

void scrollback_clear(struct scrollback *sb)
{
	struct sb_page *page = sb->oldest, *newer;

	for (; page; page = newer) {
		newer = page->newer;
		free(page);
	}
	free(sb->spare);
	free(sb->scratch);
	*sb = (struct scrollback){
		.max_lines = sb->max_lines, .max_bytes = sb->max_bytes, .pushed = sb->pushed
	};
}

static void drop_oldest_page(struct scrollback *sb)
{
	struct sb_page *page = sb->oldest;

	sb->count -= page->count - page->first;
	sb->oldest = page->newer;
	if (sb->oldest)
		sb->oldest->older = NULL;
	else
		sb->newest = NULL;
	if (page->size == PAGE_SIZE && !sb->spare) {
		sb->spare = page;
		return;
	}
	sb->bytes -= page->size;
	free(page);
}

static void drop_oldest_line(struct scrollback *sb)
{
	sb->oldest->first++;
	sb->count--;
	if (sb->oldest->first == sb->oldest->count)
		drop_oldest_page(sb);
}

static struct sb_page *get_page(struct scrollback *sb, uint32_t size)
{
	struct sb_page *page = sb->spare;

	if (page && size <= PAGE_SIZE) {
		sb->spare = NULL;
		return page;
	}
	page = malloc(sizeof(*page) + size);
	if (page) {
		page->size = size;
		sb->bytes += size;
	}
	return page;
}

static bool has_room(const struct sb_page *page, size_t len)
{
	return page && page->used + len + (page->count + 1) * sizeof(uint32_t) <= page->size;
}

static void link_newest(struct scrollback *sb, struct sb_page *page)
{
	page->newer = NULL;
	page->older = sb->newest;
	if (sb->newest)
		sb->newest->newer = page;
	else
		sb->oldest = page;
	sb->newest = page;
}

/* Make sure that the newest page has room for @len bytes. */
static bool make_room(struct scrollback *sb, size_t len)
{
	uint32_t size = PAGE_SIZE;
	struct sb_page *page;

	if (has_room(sb->newest, len))
		return true;
	if (len + sizeof(uint32_t) > size)
		size = (uint32_t)(len + sizeof(uint32_t));
	while (sb->oldest && !sb->spare && sb->bytes + size > sb->max_bytes)
		drop_oldest_page(sb);
	page = get_page(sb, size);
	if (!page)
		return false;
	page->used = page->first = page->count = 0;
	link_newest(sb, page);
	return true;
}

static uint32_t line_offset(const struct sb_page *page, unsigned i)
{
	uint32_t offset;

	memcpy(&offset, page->data + page->size - (i + 1) * sizeof(offset), sizeof(offset));
	return offset;
}

/* A record of @len bytes was put behind those of the newest page. */
static void add_line(struct scrollback *sb, size_t len)
{
	struct sb_page *page = sb->newest;
	uint32_t offset = page->used;

	page->used += (uint32_t)len;
	page->count++;
	memcpy(page->data + page->size - page->count * sizeof(offset), &offset, sizeof(offset));
	sb->count++;
}

static void put_line_head(uint8_t *out, struct line_head head)
{
	/* field by field: a struct that was just put together is slow to copy */
	memcpy(out + offsetof(struct line_head, fill), &head.fill, sizeof(head.fill));
	memcpy(out + offsetof(struct line_head, bytes), &head.bytes, sizeof(head.bytes));
	memcpy(out + offsetof(struct line_head, cols), &head.cols, sizeof(head.cols));
	memcpy(out + offsetof(struct line_head, flags), &head.flags, sizeof(head.flags));
}

/*
 * The short way for nearly all lines: ASCII in the default style, straight into the page. Return:
 * false: there is something else in the line, or no room; nothing has happened.
 */
static bool push_plain(struct scrollback *sb, const struct row *row, uint32_t fill)
{
	const struct words plain = { 0, 0 };
	unsigned n = trimmed_len(row, fill), i;
	struct sb_page *page = sb->newest;
	size_t len = sizeof(struct line_head) + sizeof(struct run_head) + n;
	uint8_t *start, *out;

	if (!n || !has_room(page, len))
		return false;
	start = page->data + page->used;
	out = start + sizeof(struct line_head) + sizeof(struct run_head);
	for (i = 0; i + 8 <= n && pack_eight(row->cells + i, plain, out + i); i += 8)
		;
	for (; i < n; i++) {
		struct words here = words_of(&row->cells[i]);

		if (here.a >= 0x80 || here.b)
			return false;
		out[i] = (uint8_t)here.a;
	}
	put_line_head(start, (struct line_head){ .fill = fill,
				     .bytes = (uint32_t)(sizeof(struct run_head) + n),
				     .cols = (uint16_t)n,
				     .flags = row->wrapped ? LINE_WRAPPED : 0 });
	end_run(start + sizeof(struct line_head), n, 0);
	add_line(sb, len);
	return true;
}

void scrollback_push(struct vt *vt, const struct row *row, uint32_t fill)
{
	struct scrollback *sb = &vt->scrollback;
	size_t len;

	sb->pushed++;
	if (!sb->max_lines)
		return;
	vt->work += WORK_ROW + row->used;
	if (sb->count == sb->max_lines)
		drop_oldest_line(sb);
	if (push_plain(sb, row, fill))
		return;
	if (!sb->scratch)
		sb->scratch = malloc(LINE_BYTES_MAX);
	if (!sb->scratch)
		return;
	len = pack_line(vt, sb->scratch, row, fill);
	if (make_room(sb, len)) {
		memcpy(sb->newest->data + sb->newest->used, sb->scratch, len);
		add_line(sb, len);
	}
}

void scrollback_trim(struct scrollback *sb, unsigned max_lines, size_t max_bytes)
{
	sb->max_lines = max_lines;
	sb->max_bytes = max_bytes;
	while (sb->count > max_lines)
		drop_oldest_line(sb);
	while (sb->bytes > max_bytes && (sb->spare || sb->oldest)) {
		if (!sb->spare)
			drop_oldest_page(sb);
		if (!sb->spare)
			continue;
		sb->bytes -= sb->spare->size;
		free(sb->spare);
		sb->spare = NULL;
	}
}

static void drop_newest_page(struct scrollback *sb)
{
	struct sb_page *page = sb->newest;

	sb->newest = page->older;
	if (sb->newest)
		sb->newest->newer = NULL;
	else
		sb->oldest = NULL;
	sb->bytes -= page->size;
	free(page);
}

void scrollback_drop_newest(struct scrollback *sb, unsigned n)
{
	while (n-- > 0 && sb->newest) {
		struct sb_page *page = sb->newest;

		page->count--;
		page->used = line_offset(page, page->count);
		sb->count--;
		if (page->count == page->first)
			drop_newest_page(sb);
	}
}

static void move_newest_page(struct scrollback *from, struct scrollback *to)
{
	struct sb_page *page = from->newest;

	from->newest = page->older;
	if (from->newest)
		from->newest->newer = NULL;
	else
		from->oldest = NULL;
	from->bytes -= page->size;
	from->count -= page->count - page->first;
	page->older = NULL;
	page->newer = to->oldest;
	if (to->oldest)
		to->oldest->older = page;
	else
		to->newest = page;
	to->oldest = page;
	to->bytes += page->size;
	to->count += page->count - page->first;
}

void scrollback_split(struct scrollback *sb, size_t bytes, struct scrollback *ret_newest)
{
	size_t moved = 0;

	*ret_newest = (struct scrollback){
		.max_lines = sb->max_lines, .max_bytes = sb->max_bytes, .pushed = sb->pushed
	};
	while (sb->newest && moved < bytes) {
		moved += sb->newest->used;
		move_newest_page(sb, ret_newest);
	}
}

/* ---- reading back ---- */

/* The record of the line that is @age lines older than the newest one. */
static uint8_t *find_line(const struct scrollback *sb, unsigned age)
{
	struct sb_page *page = sb->newest;

	for (; page; page = page->older) {
		unsigned here = page->count - page->first;

		if (age < here)
			return page->data + line_offset(page, page->count - 1 - age);
		age -= here;
	}
	return NULL;
}

static void set_wrapped(struct scrollback *sb, bool wrapped)
{
	uint8_t *record = find_line(sb, 0);
	struct line_head head;

	if (!record)
		return;
	memcpy(&head, record, sizeof(head));
	head.flags = (uint16_t)((head.flags & ~LINE_WRAPPED) | (wrapped ? LINE_WRAPPED : 0));
	memcpy(record, &head, sizeof(head));
}

void scrollback_wrap_line(struct scrollback *sb)
{
	set_wrapped(sb, true);
}

void scrollback_end_line(struct scrollback *sb)
{
	set_wrapped(sb, false);
}

/* Where the unpacked cells go. */
struct sink {
	struct vt *vt;
	struct vt_cell *cells;
	unsigned cols, at;
};

static void add_cell(struct sink *sink, struct vt_cell cell)
{
	if (sink->at < sink->cols)
		sink->cells[sink->at] = cell;
	sink->at++;
}

static void add_char(
	struct sink *sink, struct vt_cell style, const uint32_t *chars, unsigned n, bool wide)
{
	uint32_t ch = n == 1 ? chars[0] : cluster_find(sink->vt, chars, n);

	style.ch = (ch ? ch : chars[0]) & (VT_CH_CLUSTER * 2 - 1);
	style.width = wide ? VT_WIDE : VT_NARROW;
	add_cell(sink, style);
	if (!wide)
		return;
	style.ch = 0;
	style.width = VT_WIDE_TAIL;
	add_cell(sink, style);
}

static void unpack_units(struct sink *sink, struct vt_cell style, const uint8_t *in, unsigned count)
{
	uint32_t chars[VT_CLUSTER_MAX], unit = 0, next;
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		memcpy(&next, in + i * sizeof(next), sizeof(next));
		if (n && !(next & UNIT_JOIN)) {
			add_char(sink, style, chars, n, unit & UNIT_WIDE);
			n = 0;
		}
		unit = next;
		chars[n++] = unit & UNIT_CHAR;
	}
	if (n)
		add_char(sink, style, chars, n, unit & UNIT_WIDE);
}

static const uint8_t *read_style(const uint8_t *in, struct run_head *head, struct vt_cell *style)
{
	memcpy(head, in, sizeof(*head));
	in += sizeof(*head);
	*style = (struct vt_cell){ 0 };
	if (head->flags & RUN_STYLED) {
		memcpy(style, in, sizeof(*style));
		in += sizeof(*style);
	}
	return in;
}

static const uint8_t *unpack_run(struct sink *sink, const uint8_t *in)
{
	struct run_head head;
	struct vt_cell style;

	in = read_style(in, &head, &style);
	if (head.flags & RUN_UNITS) {
		unpack_units(sink, style, in, head.count);
		return in + head.count * sizeof(uint32_t);
	}
	for (unsigned i = 0; i < head.count; i++) {
		style.ch = in[i];
		add_cell(sink, style);
	}
	return in + head.count;
}

int scrollback_read(struct vt *vt, unsigned age, struct vt_cell *cells, unsigned cols,
	bool *ret_wrapped, uint32_t *ret_fill)
{
	struct sink sink = { vt, cells, cols, 0 };
	const uint8_t *in = age < vt->scrollback.count ? find_line(&vt->scrollback, age) : NULL;
	const uint8_t *end;
	struct line_head head;

	if (!in)
		return -ENOENT;
	memcpy(&head, in, sizeof(head));
	in += sizeof(head);
	end = in + head.bytes;
	while (in < end)
		in = unpack_run(&sink, in);
	if (head.cols > cols && cols > 0 && cells[cols - 1].width == VT_WIDE)
		cells[cols - 1] = blank_cell((uint32_t)cells[cols - 1].bg);
	*ret_wrapped = head.flags & LINE_WRAPPED;
	*ret_fill = head.fill;
	return head.cols;
}

static void mark_line(struct vt *vt, const uint8_t *in)
{
	struct line_head line;
	struct run_head head;
	struct vt_cell style;
	const uint8_t *end;

	memcpy(&line, in, sizeof(line));
	if (!(line.flags & LINE_LINKS))
		return;
	in += sizeof(line);
	end = in + line.bytes;
	vt->work += WORK_ROW + line.cols;
	while (in < end) {
		in = read_style(in, &head, &style);
		in += head.count * (head.flags & RUN_UNITS ? sizeof(uint32_t) : 1);
		table_mark(&vt->links, (uint32_t)style.link);
	}
}

void scrollback_mark_links(struct vt *vt)
{
	for (struct sb_page *page = vt->scrollback.oldest; page; page = page->newer)
		for (unsigned i = page->first; i < page->count; i++)
			mark_line(vt, page->data + line_offset(page, i));
}

/* ---- frozen ---- */

/* Each page as it is, without what is free between its records and their offsets; then zeros. */
void scrollback_freeze(const struct scrollback *sb, struct strbuf *out)
{
	static const struct sb_page end;

	for (const struct sb_page *page = sb->oldest; page; page = page->newer) {
		size_t offsets = page->count * sizeof(uint32_t);

		strbuf_append(out, page, sizeof(*page));
		strbuf_append(out, page->data, page->used);
		strbuf_append(out, page->data + page->size - offsets, offsets);
	}
	strbuf_append(out, &end, sizeof(end));
}

static struct sb_page *thaw_page(const uint8_t **bytes, const struct sb_page *frozen)
{
	size_t offsets = frozen->count * sizeof(uint32_t);
	struct sb_page *page = malloc(sizeof(*page) + frozen->size);

	if (!page)
		return NULL;
	*page = *frozen;
	page->newer = NULL;
	memcpy(page->data, *bytes, page->used);
	memcpy(page->data + page->size - offsets, *bytes + page->used, offsets);
	*bytes += page->used + offsets;
	return page;
}

const uint8_t *scrollback_thaw(struct scrollback *sb, const uint8_t *bytes)
{
	struct sb_page frozen, *page;

	for (;;) {
		memcpy(&frozen, bytes, sizeof(frozen));
		bytes += sizeof(frozen);
		if (!frozen.size)
			return bytes;
		page = thaw_page(&bytes, &frozen);
		if (!page) {
			scrollback_clear(sb);
			return NULL;
		}
		link_newest(sb, page);
		sb->bytes += page->size;
		sb->count += page->count - page->first;
	}
}
