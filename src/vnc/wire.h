/* SPDX-License-Identifier: MIT */
#ifndef VNC_WIRE_H
#define VNC_WIRE_H

#include <stdint.h>

/* Numbers on the wire: the highest byte first [RFC 6143 7]. put_*() return past the last byte. */

static inline unsigned get_u16(const uint8_t *wire)
{
	return (unsigned)wire[0] << 8 | wire[1];
}

static inline uint32_t get_u32(const uint8_t *wire)
{
	return (uint32_t)get_u16(wire) << 16 | get_u16(wire + 2);
}

static inline uint8_t *put_u16(uint8_t *wire, unsigned value)
{
	wire[0] = (uint8_t)(value >> 8);
	wire[1] = (uint8_t)value;
	return wire + 2;
}

static inline uint8_t *put_u32(uint8_t *wire, uint32_t value)
{
	return put_u16(put_u16(wire, value >> 16), value & 0xffff);
}

#endif
