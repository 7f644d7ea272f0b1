/* SPDX-License-Identifier: MIT */
#include "vt/engine.h"

/*
 * The sequence or the character that an engine is in the middle of, for another one: not as it was
 * read, which may be any number of bytes, but the shortest that has come as far.
 */

/* Of a character as far as it is known: the last that it can become has the same first bytes. */
static void put_character(const struct parser *parser, struct strbuf *out)
{
	unsigned rest = 6u * parser->utf8_need;
	uint32_t last = ((parser->utf8_char + 1) << rest) - 1;
	unsigned len = last < 0x800 ? 2 : last < 0x10000 ? 3 : 4;

	strbuf_putc(out, (char)((0xf0u << (4 - len)) | last >> 6 * (len - 1)));
	for (unsigned i = len - 1; i-- > parser->utf8_need;)
		strbuf_putc(out, (char)(0x80 | (last >> 6 * i & 0x3f)));
}

/* What is left out stays so, but for one that would be none at all. */
static void put_params(const struct csi *csi, struct strbuf *out)
{
	for (unsigned i = 0; i < csi->count; i++) {
		int value = i < CSI_PARAMS_MAX ? csi->params[i] : 0;

		if (i)
			strbuf_putc(out, i < CSI_PARAMS_MAX && csi->colons >> i & 1 ? ':' : ';');
		if (value || csi->count == 1)
			strbuf_printf(out, "%d", value);
	}
}

static void put_csi(const struct csi *csi, struct strbuf *out)
{
	if (csi->prefix)
		strbuf_putc(out, (char)csi->prefix);
	put_params(csi, out);
	if (csi->intermediate == CSI_SEVERAL)
		strbuf_puts(out, "  ");
	else if (csi->intermediate)
		strbuf_putc(out, (char)csi->intermediate);
}

/* One that is too long is known by its length; 0xc2, which may begin ST, by its last byte. */
static void put_string(const struct parser *parser, struct strbuf *out)
{
	bool is_long = parser->string_len > VT_STRING_MAX;

	strbuf_append(out, parser->string, is_long ? VT_STRING_MAX : parser->string_len);
	if (is_long)
		strbuf_putc(out, parser->string_c2 ? '\xc2' : '-');
	if (parser->string_escape)
		strbuf_putc(out, '\033');
}

static void put_string_begin(const struct parser *parser, struct strbuf *out)
{
	static const char introducers[] = { [STRING_DCS] = 'P',
		[STRING_OSC] = ']',
		[STRING_APC] = '_',
		[STRING_PM] = '^',
		[STRING_SOS] = 'X' };

	strbuf_putc(out, introducers[parser->string_kind]);
	if (parser->string_kind == STRING_DCS) {
		put_csi(&parser->csi, out);
		strbuf_putc(out, (char)parser->csi.final);
	}
}

static void put_sequence(const struct parser *parser, struct strbuf *out)
{
	static const char introducers[STATE_COUNT] = { [STATE_CSI_ENTRY... STATE_CSI_IGNORE] = '[',
		[STATE_DCS_ENTRY... STATE_DCS_IGNORE] = 'P' };
	enum parser_state state = parser->state;

	strbuf_putc(out, '\033');
	strbuf_append(out, parser->held, parser->held_count);
	if (state == STATE_STRING) {
		put_string_begin(parser, out);
		put_string(parser, out);
		return;
	}
	if (introducers[state])
		strbuf_putc(out, introducers[state]);
	put_csi(&parser->csi, out);
	if (state == STATE_CSI_IGNORE || state == STATE_DCS_IGNORE)
		strbuf_putc(out, '<'); /* too late for a prefix */
}

void vt_put_begun(const struct vt *vt, struct strbuf *out)
{
	const struct parser *parser = &vt->parser;

	if (parser->state != STATE_GROUND)
		put_sequence(parser, out);
	if (parser->utf8_need)
		put_character(parser, out);
}
