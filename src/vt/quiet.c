/* SPDX-License-Identifier: MIT */
#include "vt/quiet.h"

#include <string.h>

/*
 * Only what is frequent and easy is known to be quiet. Not among it, though no owner hears of it:
 * what is much work for few bytes (erasing and scrolling), what is rare, and what would have to be
 * known to read on (ESC % @, after which bytes above 0x7f are controls).
 *
 * A character whose rest is not there yet is waited for too, as an engine does not print it before;
 * of 0xc2 the next byte says whether it is a C1 control.
 */
#define ESC 0x1b
#define ENQ 0x05
#define BEL 0x07

/* The longest sequence that is waited for. */
enum { SEQUENCE_MAX = 256 };
_Static_assert(SEQUENCE_MAX <= VT_QUERY_MAX, "what is waited for may still become a query");

/* ---- plain text ---- */

/* Bytes side by side. What a comparison gives is 0 or -1 in each place. */
typedef int8_t bytes16 __attribute__((vector_size(16)));
typedef uint8_t ubytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Blocks after which line feeds are added up, as no place counts beyond 255 / 8. */
enum { BLOCK = 64, BLOCKS_MAX = 7 };

/* Plain text with one mark: VT_PLAIN_MARK_BYTES, and where the last line of it ends. */
enum { STRETCH = VT_PLAIN_MARK_BYTES + 1024 };

/* Printable ASCII, DEL, and the controls from tab to CR, of which three are line feeds. */
static inline bool is_plain(uint8_t c)
{
	return (c >= 0x20 && c < 0x80) || (c >= '\t' && c <= '\r');
}

/* The same for a block; its line feeds are taken from @lines. */
static inline bool is_plain_block(const uint8_t *p, bytes16 *lines)
{
	words2 all = { UINT64_MAX, UINT64_MAX };

	for (unsigned i = 0; i < BLOCK; i += sizeof(bytes16)) {
		bytes16 c;

		memcpy(&c, p + i, sizeof(c));
		all &= (words2)(c > 0x1f) | (words2)((ubytes16)c - '\t' <= '\r' - '\t');
		*lines += c == '\n';
	}
	return (all[0] & all[1]) == UINT64_MAX;
}

static inline unsigned sum_of(words2 counts)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	return (unsigned)(counts[0] * ones >> 56) + (unsigned)(counts[1] * ones >> 56);
}

/* Return: behind the plain bytes from @p on; @lines: their line feeds are added. */
static const uint8_t *read_plain(const uint8_t *p, const uint8_t *end, uint64_t *lines)
{
	bool plain = true;

	while (plain && end - p >= BLOCK) {
		bytes16 counts = { 0 };

		for (unsigned i = 0; i < BLOCKS_MAX && end - p >= BLOCK; i++, p += BLOCK) {
			bytes16 before = counts;

			plain = is_plain_block(p, &counts);
			if (!plain) {
				counts = before;
				break;
			}
		}
		*lines += sum_of((words2)-counts);
	}
	for (; p < end && is_plain(*p); p++)
		*lines += *p == '\n';
	return p;
}

static void end_plain(struct vt_backlog *backlog, uint64_t offset)
{
	backlog->plain = offset;
	backlog->count = 0;
}

void vt_backlog_clear(struct vt_backlog *backlog, uint64_t offset)
{
	backlog->sequences = 0;
	end_plain(backlog, offset);
}

static unsigned mark_index(const struct vt_backlog *backlog, unsigned i)
{
	return (backlog->first + i) % VT_PLAIN_MARKS;
}

static bool has_near_mark(const struct vt_backlog *backlog, uint64_t offset)
{
	unsigned newest = mark_index(backlog, backlog->count - 1);

	return backlog->count && offset < backlog->marks[newest].offset + VT_PLAIN_MARK_BYTES;
}

/* A mark behind the last line of @start..@end, which are plain. */
static void add_mark(
	struct vt_backlog *backlog, uint64_t offset, const uint8_t *start, const uint8_t *end)
{
	const uint8_t *p = end;

	while (p > start && p[-1] != '\n')
		p--;
	offset += (uint64_t)(p - start);
	if (p - start < 2 || p[-2] != '\r' || has_near_mark(backlog, offset))
		return;
	if (backlog->count == VT_PLAIN_MARKS)
		backlog->first = mark_index(backlog, 1);
	else
		backlog->count++;
	backlog->marks[mark_index(backlog, backlog->count - 1)] =
		(struct vt_plain_mark){ offset, backlog->lines };
}

size_t vt_backlog_skip(const struct vt_backlog *backlog, const struct vt *vt, uint64_t at)
{
	uint64_t least = vt_skip_after(vt);

	if (at < backlog->plain)
		return 0;
	for (unsigned i = backlog->count; i-- > 0;) {
		const struct vt_plain_mark *mark = &backlog->marks[mark_index(backlog, i)];

		if (mark->offset <= at)
			return 0;
		if (backlog->lines - mark->lines >= least)
			return (size_t)(mark->offset - at);
	}
	return 0;
}

/* ---- sequences ---- */

enum { CSI_PLAIN = 1, CSI_COLONS = 2, CSI_ONLY_ZERO = 4 };

/* Final bytes of control sequences without prefix and intermediates. */
static const uint8_t quiet_csi[128] = {
	['A'] = CSI_PLAIN,
	['B'] = CSI_PLAIN,
	['C'] = CSI_PLAIN,
	['D'] = CSI_PLAIN,
	['E'] = CSI_PLAIN,
	['F'] = CSI_PLAIN,
	['G'] = CSI_PLAIN,
	['H'] = CSI_PLAIN,
	['K'] = CSI_ONLY_ZERO,
	['d'] = CSI_PLAIN,
	['f'] = CSI_PLAIN,
	['m'] = CSI_PLAIN | CSI_COLONS,
	['s'] = CSI_ONLY_ZERO,
	['u'] = CSI_PLAIN,
};

/* Private modes that are one bit and matter to who types, or to how the screen is drawn. */
static const uint16_t quiet_modes[] = { 1, 7, 12, 25, 1000, 1002, 1003, 1004, 1006, 2004 };

/* A sequence without parameters behind ESC. */
static bool is_quiet_escape(uint8_t c)
{
	return c && strchr("78DEH=>", c);
}

/* Parameters of the mode sequence, @p up to before @end. */
static bool are_quiet_modes(const uint8_t *p, const uint8_t *end)
{
	for (unsigned number = 0; p <= end; p++) {
		bool known = false;

		if (p < end && *p >= '0' && *p <= '9') {
			number = number * 10 + (*p - '0');
			if (number > UINT16_MAX)
				return false;
			continue;
		}
		for (size_t i = 0; i < sizeof(quiet_modes) / sizeof(quiet_modes[0]); i++)
			known |= quiet_modes[i] == number;
		if (!known || (p < end && *p != ';'))
			return false;
		number = 0;
	}
	return true;
}

static bool is_quiet_final(const uint8_t *params, const uint8_t *final)
{
	unsigned flags;

	if (*final > 0x7e)
		return false;
	if (*params == '?')
		return (*final == 'h' || *final == 'l') && are_quiet_modes(params + 1, final);
	flags = quiet_csi[*final];
	if (flags & CSI_ONLY_ZERO)
		return params == final || (final - params == 1 && *params == '0');
	return flags && (flags & CSI_COLONS || !memchr(params, ':', (size_t)(final - params)));
}

/* Return: the length; 0 with *@ret_sound. @p: ESC and the byte behind it are there */
static size_t csi_len(const uint8_t *p, const uint8_t *end, enum vt_quiet *ret_sound)
{
	const uint8_t *params = p + 2, *final = params;

	if (final < end && *final == '?')
		final++;
	while (final < end && *final >= 0x30 && *final <= 0x3b)
		final++;
	if (final == end || !is_quiet_final(params, final)) {
		*ret_sound = final == end ? VT_UNFINISHED : VT_LOUD;
		return 0;
	}
	return (size_t)(final + 1 - p);
}

/* OSC 0, 1 and 2: titles, as every prompt sets one. */
static size_t title_len(const uint8_t *p, const uint8_t *end, enum vt_quiet *ret_sound)
{
	const uint8_t *at = p + 2;

	*ret_sound = VT_UNFINISHED;
	if (at < end && (*at < '0' || *at > '2'))
		*ret_sound = VT_LOUD;
	else if (at + 1 < end && at[1] != ';')
		*ret_sound = VT_LOUD;
	while (at < end && *at >= 0x20 && *at < 0x7f)
		at++;
	if (at == end || *ret_sound == VT_LOUD)
		return 0;
	if (*at == BEL)
		return (size_t)(at + 1 - p);
	if (*at == ESC && at + 1 < end && at[1] == '\\')
		return (size_t)(at + 2 - p);
	if (*at != ESC || at + 1 < end)
		*ret_sound = VT_LOUD;
	return 0;
}

/* From ESC on. Return: the length of a quiet sequence; 0: there is none, *@ret_sound says why. */
static size_t sequence_len(const uint8_t *p, const uint8_t *end, enum vt_quiet *ret_sound)
{
	*ret_sound = VT_UNFINISHED;
	if (end - p < 2)
		return 0;
	if (p[1] == '[')
		return csi_len(p, end, ret_sound);
	if (p[1] == ']')
		return title_len(p, end, ret_sound);
	if (is_quiet_escape(p[1]))
		return 2;
	if (p[1] >= '(' && p[1] <= '+') {
		if (end - p < 3)
			return 0;
		if (p[2] >= 0x30 && p[2] <= 0x7e)
			return 3;
	}
	*ret_sound = VT_LOUD;
	return 0;
}

/* ---- characters ---- */

/* May a character that begins with @lead go on with @next? As in parser.c. */
static bool goes_on(uint8_t lead, uint8_t next)
{
	uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

	return next >= low && next <= high;
}

/* How many bytes before @end begin a character that is not complete; all from @start on. */
static size_t unfinished_char(const uint8_t *start, const uint8_t *end)
{
	for (size_t n = 1; n <= 3 && n <= (size_t)(end - start); n++) {
		uint8_t lead = *(end - n);
		size_t rest = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

		if (lead >= 0x80 && lead < 0xc0)
			continue;
		if (lead < 0xc2 || lead > 0xf4 || n > rest)
			return 0;
		return n == 1 || goes_on(lead, *(end - n + 1)) ? n : 0;
	}
	return 0;
}

/* ---- all together ---- */

/* What is not plain. Return: its length if it is quiet; else 0, *@ret_sound says why. */
static size_t other_len(const uint8_t *p, const uint8_t *end, enum vt_quiet *ret_sound)
{
	const uint8_t *start = p;

	if (*p == ESC)
		return sequence_len(p, end, ret_sound);
	while (p < end && *p >= 0x80 && *p != 0xc2)
		p++;
	if (p > start)
		return (size_t)(p - start);
	*ret_sound = VT_LOUD;
	if (*p != 0xc2)
		return *p != ENQ && *p != BEL;
	if (p + 1 == end)
		*ret_sound = VT_UNFINISHED;
	return p + 1 < end && (p[1] < 0x80 || p[1] >= 0xa0);
}

enum vt_quiet vt_listen(
	struct vt_backlog *backlog, uint64_t offset, const void *bytes, size_t len, size_t *ret_len)
{
	const uint8_t *start = bytes, *p = start, *end = start + len;
	enum vt_quiet sound = VT_QUIET;
	size_t begun;

	while (p < end) {
		const uint8_t *most = end - p > STRETCH ? p + STRETCH : end;
		const uint8_t *next = read_plain(p, most, &backlog->lines);
		size_t n;

		add_mark(backlog, offset + (uint64_t)(p - start), p, next);
		p = next;
		if (p == most)
			continue;
		n = other_len(p, end, &sound);
		if (!n)
			break;
		sound = VT_QUIET;
		backlog->sequences += *p == ESC;
		p += n;
		end_plain(backlog, offset + (uint64_t)(p - start));
	}
	begun = unfinished_char(start, p);
	/* a character is broken off, which is shown as soon as what does so begins */
	if (begun && (p < end || unfinished_char(start, p - begun))) {
		sound = VT_LOUD;
	} else if (begun) {
		sound = VT_UNFINISHED;
		p -= begun;
		end_plain(backlog, offset + (uint64_t)(p - start));
	}
	*ret_len = (size_t)(p - start);
	return sound == VT_UNFINISHED && end - p > SEQUENCE_MAX ? VT_LOUD : sound;
}
