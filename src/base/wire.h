/* SPDX-License-Identifier: MIT */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdint.h>

/*
 * Numbers on a wire, the highest byte first, at any address. put_*() return past the last byte.
 * The little-endian ones of guest memory are virtio/wire.h's.
 */

static inline unsigned get_be16(const uint8_t *wire)
{
	return (unsigned)wire[0] << 8 | wire[1];
}

static inline uint32_t get_be32(const uint8_t *wire)
{
	return (uint32_t)get_be16(wire) << 16 | get_be16(wire + 2);
}

static inline uint64_t get_be64(const uint8_t *wire)
{
	return (uint64_t)get_be32(wire) << 32 | get_be32(wire + 4);
}

static inline uint8_t *put_be16(uint8_t *wire, unsigned value)
{
	wire[0] = (uint8_t)(value >> 8);
	wire[1] = (uint8_t)value;
	return wire + 2;
}

static inline uint8_t *put_be32(uint8_t *wire, uint32_t value)
{
	return put_be16(put_be16(wire, value >> 16), value & 0xffff);
}

static inline uint8_t *put_be64(uint8_t *wire, uint64_t value)
{
	return put_be32(put_be32(wire, (uint32_t)(value >> 32)), (uint32_t)value);
}

#endif
