/* SPDX-License-Identifier: MIT */
#include "vt/parser.h"
#include "vt/engine.h"
#include "vt/parser-table.h"
#include "vt/print.h"
#include "vt/width.h"
#include "base/parse.h"

#include <endian.h>

/*
 * Bytes to text and sequences.
 *
 * Nearly all bytes take one of three short ways in the ground state: a run of printable ASCII goes
 * to print_ascii() as a whole, whole UTF-8 characters are decoded in place, and a control sequence
 * that lies complete in the buffer is read by one loop. Whatever is out of the ordinary (a sequence
 * cut by the end of the buffer, intermediates, control characters inside) goes through parser_table
 * byte by byte. Both ways end in the same dispatch functions and must give the same result; the
 * tests feed every script whole and in pieces.
 *
 * UTF-8 that is malformed becomes U+FFFD, one for each maximal part of a character [Unicode 3.9,
 * "U+FFFD substitution of maximal subparts"]. C1 controls are understood as U+0080..U+009F.
 *
 * A control character inside of a sequence does not act before that ends: until then the screen is
 * what it was where the sequence began, and all of it can be read again from there.
 *
 * A guest may leave any sequence open for ever: parameters and strings are bounded, what is beyond
 * is counted and dropped.
 *
 * Each loop that takes bytes one after the other also looks whether the work is used up.
 */
#define ESC 0x1b
#define CAN 0x18
#define SUB 0x1a
#define BEL 0x07

#define NO_CHAR UINT32_MAX

/* Characters that read_narrow() prints at once. */
#define NARROW_MAX 64u

/* Characters that may be printed the slow way before the work is looked at again. */
#define SLOW_RUN 64u

void parser_reset(struct parser *parser)
{
	parser->state = STATE_GROUND;
	parser->utf8_need = 0;
	parser->utf8_off = false;
	parser->string_escape = false;
	parser->string_c2 = false;
	parser->string_len = 0;
	parser->held_count = 0;
	parser->csi = (struct csi){ 0 };
	parser->settled = parser->offset;
}

static inline bool has_work_left(const struct vt *vt)
{
	return vt->work < vt->work_end;
}

static uint64_t offset_of(const struct parser *parser, const uint8_t *p)
{
	return parser->offset + (uint64_t)(p - parser->feed);
}

bool parser_query(struct vt *vt)
{
	struct parser *parser = &vt->parser;

	if (parser->sequence_end - parser->sequence_start > VT_QUERY_MAX ||
		parser->sequence_start < parser->settled)
		return false;
	if (parser->reported_end == parser->sequence_end)
		return true;
	parser->reported_end = parser->sequence_end;
	if (vt->callbacks.on_query)
		vt->callbacks.on_query(vt->data, parser->sequence_start, parser->sequence_end);
	return true;
}

/* ---- parameters ---- */

static void clear_csi(struct csi *csi)
{
	csi->count = 0;
	csi->colons = 0;
	csi->prefix = 0;
	csi->intermediate = 0;
}

/* Begin another parameter; those beyond the maximum all land in the last one's place and are lost.
 */
static inline void next_param(struct csi *csi, bool colon)
{
	if (csi->count > CSI_PARAMS_MAX)
		return;
	if (csi->count < CSI_PARAMS_MAX) {
		csi->params[csi->count] = 0;
		if (colon)
			csi->colons |= 1u << csi->count;
	}
	csi->count++;
}

static inline int add_digit(int value, uint8_t c)
{
	value = value * 10 + (c - '0');
	return value > CSI_VALUE_MAX ? CSI_VALUE_MAX : value;
}

static void add_param_byte(struct csi *csi, uint8_t c)
{
	if (csi->count == 0)
		next_param(csi, false);
	if (c == ';' || c == ':')
		next_param(csi, c == ':');
	else if (csi->count <= CSI_PARAMS_MAX)
		csi->params[csi->count - 1] = add_digit(csi->params[csi->count - 1], c);
}

static void collect(struct csi *csi, uint8_t c)
{
	if (c >= 0x3c)
		csi->prefix = c;
	else
		csi->intermediate = csi->intermediate ? CSI_SEVERAL : c;
}

static void dispatch_csi(struct vt *vt, uint8_t final)
{
	struct csi *csi = &vt->parser.csi;

	csi->final = final;
	if (csi->count > CSI_PARAMS_MAX)
		csi->count = CSI_PARAMS_MAX;
	csi_dispatch(vt, csi);
}

/* ---- sequences, byte by byte ---- */

static void begin_string(struct parser *parser, enum string_kind kind)
{
	parser->string_kind = kind;
	parser->string_len = 0;
	parser->string_escape = false;
	parser->string_c2 = false;
	parser->string_bell = false;
}

static enum string_kind string_kind_of(uint8_t c)
{
	switch (c) {
	case ']': return STRING_OSC;
	case '_': return STRING_APC;
	case '^': return STRING_PM;
	default: return STRING_SOS;
	}
}

/* The sequence ends: in its state, as what is a query by itself is none inside of it. */
static void release_controls(struct vt *vt)
{
	struct parser *parser = &vt->parser;
	unsigned count = parser->held_count;

	parser->held_count = 0;
	for (unsigned i = 0; i < count; i++)
		control_execute(vt, parser->held[i]);
}

static void hold_control(struct vt *vt, uint8_t c)
{
	if (vt->parser.held_count == VT_HELD_MAX)
		release_controls(vt);
	vt->parser.held[vt->parser.held_count++] = c;
}

/* One byte below 0x80 of a sequence in @state. */
static void take_byte(struct vt *vt, enum parser_state state, uint8_t c)
{
	struct parser *parser = &vt->parser;
	struct transition t = parser_table[state][c];

	if (t.next == STATE_GROUND)
		release_controls(vt);
	parser->state = t.next;
	switch ((enum parser_action)t.action) {
	case ACTION_IGNORE:
		if (t.next == STATE_DCS_IGNORE)
			parser->csi.intermediate = CSI_SEVERAL;
		break;
	case ACTION_EXECUTE: hold_control(vt, c); break;
	case ACTION_COLLECT: collect(&parser->csi, c); break;
	case ACTION_PARAM: add_param_byte(&parser->csi, c); break;
	case ACTION_ESCAPE: escape_dispatch(vt, parser->csi.intermediate, c); break;
	case ACTION_CSI: dispatch_csi(vt, c); break;
	case ACTION_DCS:
		parser->csi.final = c;
		begin_string(parser, STRING_DCS);
		break;
	case ACTION_STRING: begin_string(parser, string_kind_of(c)); break;
	case ACTION_CSI_ENTRY:
	case ACTION_DCS_ENTRY: clear_csi(&parser->csi); break;
	}
}

static void begin_escape(struct vt *vt, uint64_t start)
{
	struct parser *parser = &vt->parser;

	release_controls(vt);
	parser->sequence_start = start;
	parser->state = STATE_ESCAPE;
	clear_csi(&parser->csi);
}

/* A C1 control is ESC and a byte 0x40 lower, in any state. */
static void take_c1(struct vt *vt, uint32_t c)
{
	begin_escape(vt, vt->parser.utf8_start);
	take_byte(vt, STATE_ESCAPE, (uint8_t)(c - 0x40));
}

/* ---- UTF-8 ---- */

/* How a character begins; utf8_need stays 0 where @c cannot begin one. */
static void utf8_begin(struct parser *parser, uint8_t c)
{
	parser->utf8_low = 0x80;
	parser->utf8_high = 0xbf;
	if (c >= 0xc2 && c <= 0xdf) {
		parser->utf8_need = 1;
		parser->utf8_char = c & 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		parser->utf8_need = 2;
		parser->utf8_char = c & 0x0f;
		parser->utf8_low = c == 0xe0 ? 0xa0 : 0x80;
		parser->utf8_high = c == 0xed ? 0x9f : 0xbf;
	} else if (c >= 0xf0 && c <= 0xf4) {
		parser->utf8_need = 3;
		parser->utf8_char = c & 0x07;
		parser->utf8_low = c == 0xf0 ? 0x90 : 0x80;
		parser->utf8_high = c == 0xf4 ? 0x8f : 0xbf;
	}
}

/*
 * Take one byte. *@ret_char is the character that is complete now, U+FFFD for something malformed,
 * or NO_CHAR. Return: whether the byte was used; if not, it has to be looked at again.
 */
static bool utf8_take(struct parser *parser, const uint8_t *p, uint32_t *ret_char)
{
	uint8_t c = *p;

	*ret_char = NO_CHAR;
	if (parser->utf8_off) {
		parser->utf8_start = offset_of(parser, p);
		*ret_char = c;
		return true;
	}
	if (parser->utf8_need == 0) {
		parser->utf8_start = offset_of(parser, p);
		utf8_begin(parser, c);
		if (parser->utf8_need == 0)
			*ret_char = 0xfffd;
		return true;
	}
	if (c < parser->utf8_low || c > parser->utf8_high) {
		parser->utf8_need = 0;
		*ret_char = 0xfffd;
		return false;
	}
	parser->utf8_char = parser->utf8_char << 6 | (c & 0x3f);
	parser->utf8_low = 0x80;
	parser->utf8_high = 0xbf;
	if (--parser->utf8_need == 0)
		*ret_char = parser->utf8_char;
	return true;
}

static inline bool is_continuation(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* A whole, valid character of 2..4 bytes at @p; Return: its length, 0: take the long way. */
static inline unsigned utf8_whole(const uint8_t *p, const uint8_t *end, uint32_t *ret_char)
{
	uint32_t c;

	if (*p >= 0xe0 && *p < 0xf0) {
		if (end - p < 3 || !is_continuation(p[1]) || !is_continuation(p[2]))
			return 0;
		c = (uint32_t)(*p & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
		*ret_char = c;
		return c >= 0x800 && (c < 0xd800 || c > 0xdfff) ? 3 : 0;
	}
	if (*p >= 0xc3 && *p < 0xe0) {
		if (end - p < 2 || !is_continuation(p[1]))
			return 0;
		*ret_char = (uint32_t)(*p & 0x1f) << 6 | (p[1] & 0x3f);
		return 2;
	}
	if (*p < 0xf0 || *p > 0xf4 || end - p < 4 || !is_continuation(p[1]) ||
		!is_continuation(p[2]) || !is_continuation(p[3]))
		return 0;
	c = (uint32_t)(*p & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
	    (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	*ret_char = c;
	return c >= 0x10000 && c <= 0x10ffff ? 4 : 0;
}

/* What a byte of text is. A table, and few branches on it: any may come next. */
enum { TEXT_ALONE = 1, TEXT_LEAD = 2 };

/* Printable ASCII and bytes that begin no character; those that begin one. */
static const uint8_t text_kind[256] = {
	[0x20 ... 0x7e] = TEXT_ALONE,
	[0x80 ... 0xc1] = TEXT_ALONE,
	[0xc2 ... 0xf4] = TEXT_LEAD,
	[0xf5 ... 0xff] = TEXT_ALONE,
};

static inline bool takes_narrow(const struct vt *vt)
{
	return !vt->slow_print && !vt_mode(vt, MODE_GRAPHEMES);
}

/*
 * The short way for text of which every character takes one column and joins no other one, also
 * what is malformed. Return: behind it; @p: there is none.
 */
static const uint8_t *read_narrow(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	uint32_t chars[NARROW_MAX], c;
	size_t count = 0;

	if (!takes_narrow(vt))
		return p;
	while (end - p >= 2 && count < NARROW_MAX) {
		/* what begins a character and does not go on is malformed and alone too */
		unsigned alone = is_continuation(p[1]) ? TEXT_ALONE : TEXT_ALONE | TEXT_LEAD, n;

		c = *p;
		if (text_kind[c] & alone) {
			/* U+FFFD for the upper half, without a branch */
			chars[count++] = (c & ((c >> 7) - 1)) | (0xfffd & (0 - (c >> 7)));
			p++;
			continue;
		}
		if (c < 0x80)
			break;
		n = utf8_whole(p, end, &c);
		if (!n || !width_is_one(c))
			break;
		chars[count++] = c;
		p += n;
	}
	print_narrow(vt, chars, count);
	return p;
}

/* Whole characters that read_narrow() leaves. Return: behind them; @p: there is none. */
static const uint8_t *read_others(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	uint32_t c;
	unsigned n = utf8_whole(p, end, &c);

	while (n) {
		print_char(vt, c);
		p += n;
		n = p < end && has_work_left(vt) ? utf8_whole(p, end, &c) : 0;
		if (n && width_is_one(c))
			break;
	}
	return p;
}

/* Text in the ground state: as long as bytes are not ASCII, or the rest of a character. */
static const uint8_t *read_utf8(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct parser *parser = &vt->parser;
	uint32_t c;

	while (p < end && parser->state == STATE_GROUND && (*p >= 0x80 || parser->utf8_need) &&
		has_work_left(vt)) {
		if (parser->utf8_need == 0 && !parser->utf8_off) {
			const uint8_t *next = read_narrow(vt, p, end);

			if (next == p)
				next = read_others(vt, p, end);
			if (next > p) {
				p = next;
				continue;
			}
		}
		if (utf8_take(parser, p, &c))
			p++;
		parser->sequence_start = parser->utf8_start;
		parser->sequence_end = offset_of(parser, p);
		if (c == NO_CHAR)
			continue;
		if (c < 0xa0)
			take_c1(vt, c);
		else
			print_char(vt, c);
	}
	return p;
}

/* A byte above 0x7f inside a sequence: C1 controls act, anything else is no part of it. */
static const uint8_t *read_high_byte(struct vt *vt, const uint8_t *p)
{
	struct parser *parser = &vt->parser;
	uint32_t c;

	if (utf8_take(parser, p, &c))
		p++;
	parser->sequence_end = offset_of(parser, p);
	if (c >= 0x80 && c < 0xa0)
		take_c1(vt, c);
	return p;
}

/* Whole, or broken off. */
static void end_sequence(struct vt *vt)
{
	release_controls(vt);
	vt->parser.state = STATE_GROUND;
}

static const uint8_t *read_sequence(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct parser *parser = &vt->parser;

	while (p < end && parser->state != STATE_GROUND && parser->state != STATE_STRING &&
		has_work_left(vt)) {
		uint8_t c = *p;

		if (c >= 0x80 || parser->utf8_need) {
			p = read_high_byte(vt, p);
			continue;
		}
		p++;
		parser->sequence_end = offset_of(parser, p);
		if (c == ESC)
			begin_escape(vt, parser->sequence_end - 1);
		else if (c == CAN || c == SUB)
			end_sequence(vt);
		else
			take_byte(vt, parser->state, c);
	}
	return p;
}

/* ---- strings ---- */

static void end_string(struct vt *vt)
{
	struct parser *parser = &vt->parser;

	end_sequence(vt);
	vt->repeatable = false;
	if (parser->string_len > VT_STRING_MAX)
		return;
	vt->work += parser->string_len + WORK_STRING;
	parser->string[parser->string_len] = '\0';
	if (parser->string_kind == STRING_OSC)
		osc_dispatch(vt, parser->string, parser->string_len);
	else if (parser->string_kind == STRING_DCS)
		dcs_dispatch(vt, &parser->csi, parser->string, parser->string_len);
	else if (parser->string_kind == STRING_APC)
		apc_dispatch(vt, parser->string, parser->string_len);
}

static void add_to_string(struct parser *parser, uint8_t c)
{
	if (parser->string_len < VT_STRING_MAX)
		parser->string[parser->string_len] = (char)c;
	if (parser->string_len <= VT_STRING_MAX)
		parser->string_len++;
}

/* The byte after ESC in a string: ST, or the string is given up and a new sequence has begun. */
static const uint8_t *read_after_string_escape(struct vt *vt, const uint8_t *p)
{
	struct parser *parser = &vt->parser;

	parser->string_escape = false;
	if (*p != '\\') {
		begin_escape(vt, offset_of(parser, p) - 1);
		return p;
	}
	p++;
	parser->sequence_end = offset_of(parser, p);
	end_string(vt);
	return p;
}

/* A byte that may end a string; Return: whether it did. */
static bool is_string_end(struct vt *vt, uint8_t c)
{
	struct parser *parser = &vt->parser;
	bool c2 = parser->string_c2;

	parser->string_c2 = c == 0xc2;
	if (c == CAN || c == SUB) {
		end_sequence(vt);
		return true;
	}
	if (c == 0x9c && (c2 || parser->utf8_off)) {
		if (c2 && parser->string_len <= VT_STRING_MAX && !parser->utf8_off)
			parser->string_len--;
		end_string(vt);
		return true;
	}
	if (c == BEL && parser->string_kind == STRING_OSC) {
		parser->string_bell = true;
		end_string(vt);
		return true;
	}
	return false;
}

/*
 * The Linux console's OSC R and OSC P with seven digits, which set the palette and which nothing
 * ends; what is no digit ends OSC P too [console_codes(4)].
 */
static bool is_whole_palette(const struct parser *parser)
{
	size_t len = parser->string_len;

	if (parser->string_kind != STRING_OSC)
		return false;
	if (parser->string[0] == 'P')
		return len == OSC_PALETTE_LEN ||
		       (len > 1 && parse_hex_digit(parser->string[len - 1]) < 0);
	return parser->string[0] == 'R';
}

static const uint8_t *read_string(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct parser *parser = &vt->parser;

	if (parser->string_escape)
		return read_after_string_escape(vt, p);
	while (p < end) {
		uint8_t c = *p++;

		if (c >= 0x20 && c < 0x80) {
			parser->string_c2 = false;
			add_to_string(parser, c);
			if (parser->string_len > OSC_PALETTE_LEN || !is_whole_palette(parser))
				continue;
			parser->sequence_end = offset_of(parser, p);
			end_string(vt);
			return p;
		}
		if (c == ESC) {
			parser->string_escape = true;
			return p;
		}
		parser->sequence_end = offset_of(parser, p);
		if (is_string_end(vt, c))
			return p;
		add_to_string(parser, c);
	}
	return p;
}

/* ---- the ground state ---- */

/* Parameters, all at once, from a byte 0x30..0x3b on. Return: behind them. */
static inline const uint8_t *read_params(struct csi *csi, const uint8_t *p, const uint8_t *end)
{
	unsigned count = 0;
	uint32_t colons = 0;

	for (;; p++) {
		int value = 0;

		for (; p < end && *p <= '9' && *p >= '0'; p++)
			value = add_digit(value, *p);
		if (count < CSI_PARAMS_MAX)
			csi->params[count] = value;
		count++;
		if (p >= end || (*p != ';' && *p != ':'))
			break;
		if (*p == ':' && count < CSI_PARAMS_MAX)
			colons |= 1u << count;
	}
	csi->count = count;
	csi->colons = colons;
	return p;
}

/*
 * A control sequence without intermediates that is complete in the buffer, from ESC on.
 * Return: behind it; NULL: take the long way (nothing has happened).
 */
static inline const uint8_t *read_whole_csi(struct vt *vt, const uint8_t *start, const uint8_t *end)
{
	struct csi *csi = &vt->parser.csi;
	const uint8_t *p = start + 2;

	clear_csi(csi);
	if (*p >= 0x3c && *p <= 0x3f)
		csi->prefix = *p++;
	if (p < end && *p >= 0x30 && *p <= 0x3b)
		p = read_params(csi, p, end);
	if (p >= end || *p < 0x40 || *p > 0x7e)
		return NULL;
	vt->parser.sequence_start = offset_of(&vt->parser, start);
	vt->parser.sequence_end = offset_of(&vt->parser, p + 1);
	dispatch_csi(vt, *p);
	return p + 1;
}

static inline const uint8_t *read_escape(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	if (end - p >= 3 && p[1] == '[') {
		const uint8_t *next = read_whole_csi(vt, p, end);

		if (next)
			return next;
	}
	begin_escape(vt, offset_of(&vt->parser, p));
	return p + 1;
}

/* How many of the bytes from @p on are printable ASCII. */
static inline size_t printable_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (end - p >= 8) {
		uint64_t word, low, high, other;

		memcpy(&word, p, sizeof(word));
		word = le64toh(word);
		/*
		 * A byte below 0x20, or one that is 0x7f or above, sets the top bit of its place;
		 * what is carried or borrowed goes to places behind the first of them only.
		 */
		low = (word - UINT64_C(0x2020202020202020)) | word;
		high = word + UINT64_C(0x0101010101010101);
		other = (low | high) & UINT64_C(0x8080808080808080);
		if (other)
			return (size_t)(p - start) + (unsigned)__builtin_ctzll(other) / 8;
		p += 8;
	}
	while (p < end && *p >= 0x20 && *p < 0x7f)
		p++;
	return (size_t)(p - start);
}

static const uint8_t *read_ground(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct parser *parser = &vt->parser;

	if (parser->utf8_need)
		p = read_utf8(vt, p, end);
	while (p < end && parser->state == STATE_GROUND && has_work_left(vt)) {
		uint8_t c = *p;

		if (c >= 0x20 && c < 0x7f) {
			size_t n = printable_run(p, end);

			if (vt->slow_print && n > SLOW_RUN)
				n = SLOW_RUN;
			print_ascii(vt, p, n);
			p += n;
		} else if (c == ESC) {
			p = read_escape(vt, p, end);
		} else if (c >= 0x80) {
			p = read_utf8(vt, p, end);
		} else {
			p++;
			parser->sequence_end = offset_of(parser, p);
			parser->sequence_start = parser->sequence_end - 1;
			control_execute(vt, c);
		}
	}
	return p;
}

/*
 * Where what is not finished may still become a query. In a sequence that is too long for one, that
 * is where it may have been broken off: by an ESC that begins another, or by a C1 control.
 */
static uint64_t pending_start(const struct parser *parser)
{
	uint64_t start = parser->sequence_start;

	if (parser->state == STATE_GROUND)
		return parser->utf8_need ? parser->utf8_start : parser->offset;
	if (parser->offset - start <= VT_QUERY_MAX)
		return start;
	if (parser->state == STATE_STRING)
		return parser->offset - parser->string_escape;
	return parser->utf8_need ? parser->utf8_start : parser->offset;
}

static bool is_unfinished(const struct parser *parser)
{
	return parser->state != STATE_GROUND || parser->utf8_need != 0;
}

static const uint8_t *read_any(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	switch (vt->parser.state) {
	case STATE_GROUND: return read_ground(vt, p, end);
	case STATE_STRING: return read_string(vt, p, end);
	default: return read_sequence(vt, p, end);
	}
}

/* The rest of a sequence or a character, as far as it is there and not long. */
static const uint8_t *finish(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	vt->work_end = vt->work + VT_QUERY_MAX;
	for (unsigned i = 0; i < VT_QUERY_MAX && p < end && is_unfinished(&vt->parser); i++)
		p = read_any(vt, p, p + 1);
	return p;
}

size_t vt_feed_some(struct vt *vt, const void *bytes, size_t len, uint64_t *work)
{
	struct parser *parser = &vt->parser;
	const uint8_t *p = bytes, *all = p + len, *end = p + (len < *work ? len : *work);
	uint64_t before = vt->work, done, start;
	size_t taken;

	parser->feed = p;
	vt->work_end = before + *work;
	while (p < end && has_work_left(vt))
		p = read_any(vt, p, end);
	p = finish(vt, p, all);
	taken = (size_t)(p - (const uint8_t *)bytes);
	parser->offset += taken;
	parser->feed = NULL;
	start = pending_start(parser);
	if (start > parser->settled)
		parser->settled = start;
	done = vt->work - before + taken;
	*work = done < *work ? *work - done : 0;
	return taken;
}

void vt_feed(struct vt *vt, const void *bytes, size_t len)
{
	uint64_t work = VT_WORK_MAX;

	vt_feed_some(vt, bytes, len, &work);
}

/* ---- where the stream stands ---- */

uint64_t vt_offset(const struct vt *vt)
{
	return vt->parser.offset;
}

uint64_t vt_boundary(const struct vt *vt)
{
	const struct parser *parser = &vt->parser;

	return is_unfinished(parser) ? parser->sequence_start : parser->offset;
}

uint64_t vt_settled(const struct vt *vt)
{
	return vt->parser.settled;
}

void vt_settle(struct vt *vt)
{
	vt->parser.settled = vt->parser.offset;
}
