/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_FIELDS_H
#define SNAPSHOT_FIELDS_H

#include "snapshot/format.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The state of a thing is a struct, and a table says which member is which record. The table is all
 * that there is to know about a record: it is written, read and checked by it.
 */

/** struct snapshot_part - records: those of a group, or all */
struct snapshot_part {
	const uint8_t *at, *end;
};

/** struct snapshot_groups - the groups of one tag, to be walked by snapshot_next_group() */
struct snapshot_groups {
	struct snapshot_part left;
	uint16_t tag;
};

/** struct snapshot_bytes - borrowed from the snapshot, or from who writes it */
struct snapshot_bytes {
	const void *data;
	size_t len;
};

/** struct snapshot_bulk - a stretch of the file */
struct snapshot_bulk {
	uint64_t at, len;
};

/** How the member of a struct holds a record. */
enum snapshot_type {
	SNAPSHOT_U64,	 /* uint64_t */
	SNAPSHOT_U32,	 /* unsigned, also of an enum */
	SNAPSHOT_BOOL,	 /* bool */
	SNAPSHOT_STRING, /* const char *, NULL: there is none */
	SNAPSHOT_BLOB,	 /* struct snapshot_bytes, data NULL: there is none */
	SNAPSHOT_FILE,	 /* int, -1: there is none */
	SNAPSHOT_LARGE,	 /* struct snapshot_bulk */
	SNAPSHOT_EACH,	 /* struct snapshot_groups: any number of groups */
};

/**
 * struct snapshot_field - one member
 * @name:     for messages; NULL ends the table
 * @tag:      1..; what once was a record's is never another's
 * @offset:   of the member
 * @needed:   of those that may be missing: this one may not
 * @optional: was added by a minor version: may be missing (0, false), and may be skipped by who
 *            does not know it
 * @vital:    with @optional: who does not know it cannot take over
 * @max:      of numbers; 0: any
 * @of:       of SNAPSHOT_EACH: the table of each; @size: of the struct
 */
struct snapshot_field {
	const char *name;
	uint16_t tag;
	enum snapshot_type type;
	size_t offset;
	bool needed, optional, vital;
	uint64_t max;
	const struct snapshot_field *of;
	size_t size;
};

/**
 * SNAPSHOT_FIELD() - of @kind's member @member
 *
 * Its type comes behind, and what else there is to say of it: SNAPSHOT_U32, .max = 3
 */
#define SNAPSHOT_FIELD(kind, member, number, ...)                                   \
	{                                                                           \
		.name = #member, .tag = (number), .offset = offsetof(kind, member), \
		.type = __VA_ARGS__                                                 \
	}

#endif
