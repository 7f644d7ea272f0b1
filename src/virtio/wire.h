/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_WIRE_H
#define VIRTIO_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/*
 * Numbers in guest memory and in the configuration space: little-endian on every machine, and read
 * and written by nothing but this file [virtio 1.2 1.4].
 *
 * What the other side may be about to change is loaded and stored in one access (wire_load_u16(),
 * wire_store_u16(); in program order with others of the same kind, aligned). The rest is taken
 * apart after it was copied, or put together before.
 */
static inline uint16_t wire_load_u16(const uint8_t *at)
{
	return le16toh(__atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_RELAXED));
}

static inline void wire_store_u16(uint8_t *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)at, htole16(value), __ATOMIC_RELAXED);
}

static inline uint16_t wire_get_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static inline uint32_t wire_get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t wire_get_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

static inline void wire_put_u16(uint8_t *at, uint16_t value)
{
	value = htole16(value);
	memcpy(at, &value, sizeof(value));
}

static inline void wire_put_u32(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static inline void wire_put_u64(uint8_t *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

#endif
