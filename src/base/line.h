/* SPDX-License-Identifier: MIT */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdint.h>

/* How a serial line is set. The numbers are those of RFC 2217; 0 is always "not said". */

enum line_parity {
	LINE_PARITY_NONE = 1,
	LINE_PARITY_ODD,
	LINE_PARITY_EVEN,
	LINE_PARITY_MARK,
	LINE_PARITY_SPACE,
};

enum line_stop { LINE_STOP_1 = 1, LINE_STOP_2, LINE_STOP_1_5 };

enum line_flow { LINE_FLOW_NONE = 1, LINE_FLOW_XONXOFF, LINE_FLOW_RTSCTS };

/**
 * struct line_settings - of a line, or what of them is to be changed
 * @speed: bits a second
 * @data_bits: 5..8
 * @parity: enum line_parity; @stop_bits: enum line_stop; @flow: enum line_flow
 */
struct line_settings {
	uint32_t speed;
	uint8_t data_bits, parity, stop_bits, flow;
};

/** line_settings_change() - what @change says holds from now on */
static inline void line_settings_change(
	struct line_settings *line, const struct line_settings *change)
{
	line->speed = change->speed ? change->speed : line->speed;
	line->data_bits = change->data_bits ? change->data_bits : line->data_bits;
	line->parity = change->parity ? change->parity : line->parity;
	line->stop_bits = change->stop_bits ? change->stop_bits : line->stop_bits;
	line->flow = change->flow ? change->flow : line->flow;
}

#endif
