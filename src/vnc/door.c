/* SPDX-License-Identifier: MIT */
/* syscalls: getpeername getsockname */
#include "vnc/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { NETWORK_BYTES = 8, MAPPED_BYTES = 12 };

struct door_address door_address_of(int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	struct door_address address = { 0 };
	const struct sockaddr_in *in = (const void *)&peer;
	const struct sockaddr_in6 *in6 = (const void *)&peer;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
		return address;
	if (peer.ss_family == AF_INET) {
		memset(address.bytes + MAPPED_BYTES - 2, 0xff, 2);
		memcpy(address.bytes + MAPPED_BYTES, &in->sin_addr, sizeof(in->sin_addr));
	} else if (peer.ss_family == AF_INET6) {
		memcpy(address.bytes, &in6->sin6_addr,
			IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? sizeof(address.bytes)
							      : NETWORK_BYTES);
	}
	return address;
}

bool door_address_equal(const struct door_address *a, const struct door_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool door_is_public(int fd)
{
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof(local);
	const struct sockaddr_in *in = (const void *)&local;
	const struct sockaddr_in6 *in6 = (const void *)&local;

	if (getsockname(fd, (struct sockaddr *)&local, &len) < 0)
		return false;
	if (local.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET;
	return local.ss_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static struct door_record *find(struct door *door, const struct door_address *address)
{
	for (unsigned i = 0; i < door->len; i++)
		if (door_address_equal(&door->records[i].address, address))
			return &door->records[i];
	return NULL;
}

static uint64_t delay_ms(unsigned failures)
{
	uint64_t delay = DOOR_DELAY_MS;

	for (; failures > 1 && delay < DOOR_DELAY_MAX_MS; failures--)
		delay *= 2;
	return delay < DOOR_DELAY_MAX_MS ? delay : DOOR_DELAY_MAX_MS;
}

int64_t door_wait(struct door *door, const struct door_address *address, uint64_t now_ms)
{
	struct door_record *record = find(door, address);
	uint64_t start_ms = now_ms;

	if (!record)
		return 0;
	if (record->next_ms > now_ms)
		start_ms = record->next_ms;
	if (start_ms - now_ms > DOOR_WAIT_MAX_MS)
		return -EAGAIN;
	record->next_ms = start_ms + delay_ms(record->failures);
	return (int64_t)(start_ms - now_ms);
}

static struct door_record *make_room(struct door *door)
{
	struct door_record *oldest = &door->records[0];

	if (door->len < DOOR_RECORDS)
		return &door->records[door->len++];
	for (unsigned i = 1; i < door->len; i++)
		if (door->records[i].seen_ms < oldest->seen_ms)
			oldest = &door->records[i];
	return oldest;
}

void door_failed(struct door *door, const struct door_address *address, uint64_t now_ms)
{
	struct door_record *record = find(door, address);
	uint64_t next_ms;

	if (!record) {
		record = make_room(door);
		*record = (struct door_record){ .address = *address };
	}
	if (record->failures && now_ms - record->seen_ms > DOOR_FORGET_MS)
		record->failures = 0;
	record->failures++;
	record->seen_ms = now_ms;
	next_ms = now_ms + delay_ms(record->failures);
	if (record->next_ms < next_ms)
		record->next_ms = next_ms;
}

void door_passed(struct door *door, const struct door_address *address)
{
	struct door_record *record = find(door, address);

	if (record)
		*record = door->records[--door->len];
}
