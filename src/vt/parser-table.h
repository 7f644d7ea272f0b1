/* SPDX-License-Identifier: MIT */
#ifndef VT_PARSER_TABLE_H
#define VT_PARSER_TABLE_H

#include "vt/parser.h"

/*
 * The state machine of the VT500 series for bytes below 0x80: for each state and byte what to do
 * and which state comes next. ESC, CAN and SUB mean the same in every state and are not in here;
 * strings are read by parser.c itself.
 */
enum parser_action {
	ACTION_IGNORE,
	ACTION_EXECUTE,	  /* a control character in the middle of a sequence acts when that ends */
	ACTION_COLLECT,	  /* prefix or intermediate */
	ACTION_PARAM,	  /* digit, ; or : */
	ACTION_ESCAPE,	  /* escape sequence complete */
	ACTION_CSI,	  /* control sequence complete */
	ACTION_DCS,	  /* device control string: the body follows */
	ACTION_STRING,	  /* OSC, SOS, PM or APC: the body follows */
	ACTION_CSI_ENTRY, /* ESC [ */
	ACTION_DCS_ENTRY, /* ESC P */
};

struct transition {
	uint8_t action; /* enum parser_action */
	uint8_t next;	/* enum parser_state */
};

extern const struct transition parser_table[STATE_COUNT][128];

#endif
