/* SPDX-License-Identifier: MIT */
/*
 * Whoever wrote a snapshot may have been broken, or of another version. So all of it is checked
 * before any of it is used: the header, the sum, the finish, and that each record is within what it
 * belongs to and has the length of its kind. From then on the records can be walked without
 * looking.
 * What they mean is checked by the tables of those who use them.
 */
/* before the sandbox: close fcntl fstat mmap mprotect munmap newfstatat */
#include "snapshot/reader.h"

#include "base/cleanup.h"
#include "base/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/** struct record - one that was read */
struct record {
	uint16_t tag;
	enum snapshot_kind kind;
	bool required;
	const uint8_t *payload;
	size_t len;
};

/* Of what was checked. Return: false: there are no more. */
static bool next_record(struct snapshot_part *left, struct record *ret)
{
	*ret = (struct record){ 0 };
	if (left->at == left->end)
		return false;
	ret->tag = (uint16_t)get_be16(left->at);
	ret->kind = (enum snapshot_kind)left->at[2];
	ret->required = left->at[3] & SNAPSHOT_REQUIRED;
	ret->len = get_be32(left->at + 4);
	ret->payload = left->at + SNAPSHOT_RECORD_BYTES;
	left->at = ret->payload + ret->len;
	return true;
}

/* ---- is it whole ---- */

static bool is_payload(enum snapshot_kind kind, const uint8_t *payload, size_t len)
{
	switch (kind) {
	case SNAPSHOT_NUMBER: return len == 8;
	case SNAPSHOT_TEXT: return len && memchr(payload, 0, len) == payload + len - 1;
	case SNAPSHOT_FD: return len == 4 && get_be32(payload) <= INT_MAX;
	case SNAPSHOT_BULK: return len == 16;
	default: return true;
	}
}

static bool is_bulk_inside(const struct snapshot *snapshot, const uint8_t *payload)
{
	uint64_t at = get_be64(payload), len = get_be64(payload + 8);
	uint64_t end = (uint64_t)(snapshot->all.at - snapshot->map);

	return !len || (at >= SNAPSHOT_HEADER_BYTES && at <= end && len <= end - at);
}

static bool are_records(const struct snapshot *snapshot, struct snapshot_part part, unsigned depth)
{
	while (part.at < part.end) {
		struct record record;

		if (part.end - part.at < SNAPSHOT_RECORD_BYTES ||
			get_be32(part.at + 4) >
				(size_t)(part.end - part.at) - SNAPSHOT_RECORD_BYTES ||
			part.at[2] >= SNAPSHOT_KINDS || part.at[3] & ~SNAPSHOT_REQUIRED)
			return false;
		next_record(&part, &record);
		if (!is_payload(record.kind, record.payload, record.len) ||
			(record.kind == SNAPSHOT_BULK && !is_bulk_inside(snapshot, record.payload)))
			return false;
		if (record.kind == SNAPSHOT_GROUP &&
			(depth == SNAPSHOT_DEPTH_MAX ||
				!are_records(snapshot,
					(struct snapshot_part){
						record.payload, record.payload + record.len },
					depth + 1)))
			return false;
	}
	return true;
}

/* Return: what is wrong; NULL: nothing. */
static const char *find_fault(struct snapshot *snapshot)
{
	const uint8_t *head = snapshot->map;
	uint64_t at, len;

	if (snapshot->map_len < SNAPSHOT_HEADER_BYTES + SNAPSHOT_MAGIC_BYTES ||
		memcmp(head, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_BYTES) != 0)
		return "it is no snapshot";
	snapshot->version.major = get_be16(head + 8);
	snapshot->version.minor = get_be16(head + 10);
	if (snapshot->version.major != snapshot_version.major)
		return NULL; /* what else it holds is not known */
	at = get_be64(head + 16);
	len = get_be64(head + 24);
	if (at < SNAPSHOT_HEADER_BYTES || at > snapshot->map_len ||
		len > SNAPSHOT_RECORDS_MAX_BYTES ||
		len + SNAPSHOT_MAGIC_BYTES != snapshot->map_len - at ||
		memcmp(head + at + len, SNAPSHOT_FINISH, SNAPSHOT_MAGIC_BYTES) != 0)
		return "it does not end where it should";
	if (crc32_z(0, head + at, len) != get_be32(head + 12))
		return "its sum is wrong";
	snapshot->all = (struct snapshot_part){ head + at, head + at + len };
	return are_records(snapshot, snapshot->all, 0) ? NULL : "a record is broken";
}

static int check_whole(struct snapshot *snapshot, struct error **err)
{
	const char *fault = find_fault(snapshot);

	if (fault)
		return error_set(err, EBADMSG, "the snapshot is broken: %s", fault);
	if (snapshot->version.major != snapshot_version.major)
		return error_set(err, ENOTSUP,
			"the snapshot has the format %u.%u, and this program takes over %u only",
			snapshot->version.major, snapshot->version.minor, snapshot_version.major);
	return 0;
}

int snapshot_open(int fd, struct snapshot *ret_snapshot, struct error **err)
{
	struct snapshot snapshot = { 0 };
	struct stat st;
	void *map;
	int r;

	if (fstat(fd, &st) < 0)
		return error_set(err, errno, "the snapshot cannot be read: %s", strerror(errno));
	if (st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX / 2)
		return error_set(err, EBADMSG, "the snapshot is broken: it is empty");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return error_set(err, errno, "the snapshot cannot be read: %s", strerror(errno));
	snapshot.map = map;
	snapshot.map_len = (size_t)st.st_size;
	r = check_whole(&snapshot, err);
	if (r < 0) {
		munmap(map, snapshot.map_len);
		return r;
	}
	close(fd);
	*ret_snapshot = snapshot;
	return 0;
}

void snapshot_close(struct snapshot *snapshot)
{
	if (!snapshot->map)
		return;
	munmap((void *)(uintptr_t)snapshot->map, snapshot->map_len);
	*snapshot = (struct snapshot){ 0 };
}

/* ---- what it says ---- */

static enum snapshot_kind kind_of(enum snapshot_type type)
{
	static const enum snapshot_kind kinds[] = {
		[SNAPSHOT_U64] = SNAPSHOT_NUMBER,
		[SNAPSHOT_U32] = SNAPSHOT_NUMBER,
		[SNAPSHOT_BOOL] = SNAPSHOT_NUMBER,
		[SNAPSHOT_STRING] = SNAPSHOT_TEXT,
		[SNAPSHOT_BLOB] = SNAPSHOT_BYTES,
		[SNAPSHOT_FILE] = SNAPSHOT_FD,
		[SNAPSHOT_LARGE] = SNAPSHOT_BULK,
		[SNAPSHOT_EACH] = SNAPSHOT_GROUP,
	};

	return kinds[type];
}

static uint64_t most_of(const struct snapshot_field *field)
{
	uint64_t most = field->type == SNAPSHOT_BOOL  ? 1
			: field->type == SNAPSHOT_U32 ? UINT_MAX
						      : UINT64_MAX;

	return field->max && field->max < most ? field->max : most;
}

static int get_number(const struct snapshot_field *field, uint64_t number, void *member)
{
	if (number > most_of(field))
		return -EBADMSG;
	if (field->type == SNAPSHOT_U64)
		*(uint64_t *)member = number;
	else if (field->type == SNAPSHOT_U32)
		*(unsigned *)member = (unsigned)number;
	else
		*(bool *)member = number;
	return 0;
}

static int get_field(const struct snapshot_field *field, const struct record *record, void *member)
{
	switch (field->type) {
	case SNAPSHOT_STRING: *(const char **)member = (const char *)record->payload; break;
	case SNAPSHOT_BLOB:
		*(struct snapshot_bytes *)member =
			(struct snapshot_bytes){ record->payload, record->len };
		break;
	case SNAPSHOT_FILE: *(int *)member = (int)get_be32(record->payload); break;
	case SNAPSHOT_LARGE:
		*(struct snapshot_bulk *)member = (struct snapshot_bulk){ get_be64(record->payload),
			get_be64(record->payload + 8) };
		break;
	case SNAPSHOT_EACH: break;
	default: return get_number(field, get_be64(record->payload), member);
	}
	return 0;
}

static void clear_field(
	const struct snapshot_field *field, const struct snapshot_part *part, void *member)
{
	switch (field->type) {
	case SNAPSHOT_U64: *(uint64_t *)member = 0; break;
	case SNAPSHOT_U32: *(unsigned *)member = 0; break;
	case SNAPSHOT_BOOL: *(bool *)member = false; break;
	case SNAPSHOT_STRING: *(const char **)member = NULL; break;
	case SNAPSHOT_BLOB: *(struct snapshot_bytes *)member = (struct snapshot_bytes){ 0 }; break;
	case SNAPSHOT_FILE: *(int *)member = -1; break;
	case SNAPSHOT_LARGE: *(struct snapshot_bulk *)member = (struct snapshot_bulk){ 0 }; break;
	case SNAPSHOT_EACH:
		*(struct snapshot_groups *)member = (struct snapshot_groups){ *part, field->tag };
		break;
	}
}

static bool may_miss(const struct snapshot_field *field)
{
	bool is_number = kind_of(field->type) == SNAPSHOT_NUMBER || field->type == SNAPSHOT_LARGE;

	return field->optional || (!is_number && !field->needed);
}

static const struct snapshot_field *find_field(const struct snapshot_field *fields, uint16_t tag)
{
	for (; fields->name; fields++)
		if (fields->tag == tag)
			return fields;
	return NULL;
}

static unsigned count(struct snapshot_part part, uint16_t tag)
{
	struct record record;
	unsigned n = 0;

	while (next_record(&part, &record))
		n += record.tag == tag;
	return n;
}

static int check_counts(
	const struct snapshot_part *part, const struct snapshot_field *fields, struct error **err)
{
	for (; fields->name; fields++) {
		unsigned n = count(*part, fields->tag);

		if (!n && !may_miss(fields))
			return error_set(err, EBADMSG, "'%s' is missing", fields->name);
		if (n > 1 && fields->type != SNAPSHOT_EACH)
			return error_set(err, EBADMSG, "'%s' is there twice", fields->name);
	}
	return 0;
}

int snapshot_get(const struct snapshot_part *part, const struct snapshot_field *fields, void *into,
	struct error **err)
{
	struct snapshot_part left = *part;
	struct record record;

	for (const struct snapshot_field *field = fields; field->name; field++)
		clear_field(field, part, (char *)into + field->offset);
	while (next_record(&left, &record)) {
		const struct snapshot_field *field = find_field(fields, record.tag);

		if (!field && record.required)
			return error_set(err, ENOTSUP,
				"record %u is not known to this program, and cannot be left out",
				record.tag);
		if (field && (record.kind != kind_of(field->type) ||
				     get_field(field, &record, (char *)into + field->offset) < 0))
			return error_set(err, EBADMSG, "'%s' is out of bounds", field->name);
	}
	return check_counts(part, fields, err);
}

static int check_groups(
	const struct snapshot_field *field, struct snapshot_groups groups, struct error **err)
{
	struct snapshot_part part;
	int r = 0;

	while (r == 0 && snapshot_next_group(&groups, &part))
		r = snapshot_check(&part, field->of, field->size, err);
	if (r < 0)
		error_prefix(err, "%s: ", field->name);
	return r;
}

int snapshot_check(const struct snapshot_part *part, const struct snapshot_field *fields,
	size_t size, struct error **err)
{
	AUTO_FREE void *state = malloc(size);
	int r = state ? snapshot_get(part, fields, state, err)
		      : error_set(err, ENOMEM, "out of memory");

	for (; fields->name && r == 0; fields++)
		if (fields->type == SNAPSHOT_EACH && fields->of)
			r = check_groups(fields,
				*(struct snapshot_groups *)((char *)state + fields->offset), err);
	return r;
}

bool snapshot_next_group(struct snapshot_groups *groups, struct snapshot_part *ret_part)
{
	struct record record;

	while (next_record(&groups->left, &record)) {
		if (record.tag != groups->tag || record.kind != SNAPSHOT_GROUP)
			continue;
		*ret_part = (struct snapshot_part){ record.payload, record.payload + record.len };
		return true;
	}
	return false;
}

size_t snapshot_count_groups(struct snapshot_groups groups)
{
	struct snapshot_part part;
	size_t n = 0;

	while (snapshot_next_group(&groups, &part))
		n++;
	return n;
}

const void *snapshot_bulk(const struct snapshot *snapshot, const struct snapshot_bulk *bulk)
{
	return snapshot->map + bulk->at;
}

/* Of all groups, however deep, in the order in which they were put. */
static void for_each_fd(const struct snapshot_part *part,
	void (*fn)(void *data, const uint8_t *payload), void *data)
{
	struct snapshot_part left = *part;
	struct record record;

	while (next_record(&left, &record)) {
		if (record.kind == SNAPSHOT_FD)
			fn(data, record.payload);
		else if (record.kind == SNAPSHOT_GROUP)
			for_each_fd(&(struct snapshot_part){ record.payload,
					    record.payload + record.len },
				fn, data);
	}
}

static void own(void *data, const uint8_t *payload)
{
	(void)data;
	fcntl((int)get_be32(payload), F_SETFD, FD_CLOEXEC);
}

void snapshot_own_fds(const struct snapshot_part *part)
{
	for_each_fd(part, own, NULL);
}

static void close_it(void *data, const uint8_t *payload)
{
	(void)data;
	close((int)get_be32(payload));
}

void snapshot_close_fds(const struct snapshot_part *part)
{
	for_each_fd(part, close_it, NULL);
}

static void count_it(void *data, const uint8_t *payload)
{
	(void)payload;
	++*(size_t *)data;
}

static void set_next(void *data, const uint8_t *payload)
{
	const int **next = data;

	put_be32((uint8_t *)(uintptr_t)payload, (uint32_t) * (*next)++);
}

int snapshot_set_fds(struct snapshot *snapshot, const int *fds, size_t n, struct error **err)
{
	void *map = (void *)(uintptr_t)snapshot->map;
	size_t wanted = 0;

	for_each_fd(&snapshot->all, count_it, &wanted);
	if (wanted != n)
		return error_set(err, EBADMSG,
			"the snapshot refers to %zu descriptors, and %zu are there", wanted, n);
	if (mprotect(map, snapshot->map_len, PROT_READ | PROT_WRITE) < 0)
		return error_set(err, errno, "the snapshot cannot be changed: %s", strerror(errno));
	for_each_fd(&snapshot->all, set_next, &fds);
	mprotect(map, snapshot->map_len, PROT_READ);
	return 0;
}
