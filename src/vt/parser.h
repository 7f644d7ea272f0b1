/* SPDX-License-Identifier: MIT */
#ifndef VT_PARSER_H
#define VT_PARSER_H

#include "vt/vt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSI_PARAMS_MAX 32u
#define CSI_VALUE_MAX  65535
#define CSI_SEVERAL    0xff

/*
 * A control sequence as it was read.
 * @prefix:       0 or one of < = > ?
 * @intermediate: 0, or the byte 0x20..0x2f; CSI_SEVERAL make the sequence unknown
 * @params:       0 where left out; 0..CSI_VALUE_MAX
 * @count:        how many stood there; "CSI m" has none
 * @colons:       bit i: params[i] was separated from the one before by a colon
 */
struct csi {
	unsigned count;
	uint32_t colons;
	uint8_t prefix, intermediate, final;
	int params[CSI_PARAMS_MAX];
};

/** csi_param() - parameter @i, or @fallback where it is left out or 0 */
static inline int csi_param(const struct csi *csi, unsigned i, int fallback)
{
	return i < csi->count && csi->params[i] ? csi->params[i] : fallback;
}

enum parser_state {
	STATE_GROUND,
	STATE_ESCAPE,
	STATE_ESCAPE_INTERMEDIATE,
	STATE_CSI_ENTRY,
	STATE_CSI_PARAM,
	STATE_CSI_INTERMEDIATE,
	STATE_CSI_IGNORE,
	STATE_DCS_ENTRY,
	STATE_DCS_PARAM,
	STATE_DCS_INTERMEDIATE,
	STATE_DCS_IGNORE,
	STATE_STRING, /* the body of a DCS, OSC, APC, PM or SOS */
	STATE_COUNT,
};

/* Bytes of the Linux console's OSC P: the letter and seven digits. */
#define OSC_PALETTE_LEN 8u

enum string_kind { STRING_DCS, STRING_OSC, STRING_APC, STRING_PM, STRING_SOS };

/*
 * @utf8_need: continuation bytes that are still to come; the next one must be in
 * utf8_low..utf8_high
 * @string:    VT_STRING_MAX + 1 bytes; @string_len counts on beyond, so that "too long" is seen
 * @sequence_start, @sequence_end: stream offsets of the sequence that is read or executed
 * @held:      control characters inside of it, @held_count of them, that act when it ends
 */
struct parser {
	enum parser_state state;
	bool utf8_off; /* ESC % @: bytes are Latin-1 */

	uint8_t utf8_need, utf8_low, utf8_high;
	uint32_t utf8_char;
	uint64_t utf8_start; /* stream offset of its first byte */

	struct csi csi;

	enum string_kind string_kind;
	bool string_escape; /* ESC seen in a string: ST or a new sequence */
	bool string_c2;	    /* 0xc2 seen in a string: perhaps ST as U+009C */
	bool string_bell;   /* it was BEL that ended an OSC */
	size_t string_len;
	char *string;

	uint64_t offset;     /* bytes fed before the running vt_feed() */
	const uint8_t *feed; /* what the running vt_feed() was given */
	uint64_t sequence_start;
	uint64_t sequence_end;
	uint8_t held[VT_HELD_MAX];
	unsigned held_count;
	uint64_t settled;      /* what starts below is no query any more: see vt_settled() */
	uint64_t reported_end; /* of the last query that was reported */
};

/** parser_reset() - forget an unfinished sequence */
void parser_reset(struct parser *parser);

/**
 * parser_query() - the sequence that is being executed is a query
 *
 * Tells the owner, once for each sequence. Return: whether it is to be answered.
 */
bool parser_query(struct vt *vt);

/* Where the parser sends what it has read. */
void csi_dispatch(struct vt *vt, const struct csi *csi);
void escape_dispatch(struct vt *vt, uint8_t intermediate, uint8_t final);
void osc_dispatch(struct vt *vt, char *text, size_t len);
void dcs_dispatch(struct vt *vt, const struct csi *csi, char *text, size_t len);
void apc_dispatch(struct vt *vt, const char *text, size_t len);
void control_execute(struct vt *vt, uint8_t byte);

#endif
