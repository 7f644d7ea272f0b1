/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_FORMAT_H
#define SNAPSHOT_FORMAT_H

#include <stdint.h>

/*
 * What a process leaves to the one that goes on in its place; doc/upgrade.md has the whole of it.
 * All numbers are big-endian.
 *
 *	header	"CHUBSNAP", major and minor version (2 bytes each), CRC-32 of the records (4),
 *		where they begin (8), how many bytes they are (8)
 *	bulk	bytes as they are, which records refer to by place and length
 *	records	each: tag (2), kind (1), flags (1), length (4), payload
 *	end	"SNAPDONE", and nothing behind it
 */

#define SNAPSHOT_MAGIC	"CHUBSNAP"
#define SNAPSHOT_FINISH "SNAPDONE"

enum {
	SNAPSHOT_MAGIC_BYTES = 8,
	SNAPSHOT_HEADER_BYTES = 32,
	SNAPSHOT_RECORD_BYTES = 8, /* of a record before its payload */
	SNAPSHOT_DEPTH_MAX = 8,	   /* groups within groups */
	SNAPSHOT_RECORDS_MAX_BYTES = 1 << 30,
};

/** What a record is; its payload. */
enum snapshot_kind {
	SNAPSHOT_NUMBER, /* 8 bytes */
	SNAPSHOT_TEXT,	 /* ends with its only zero byte */
	SNAPSHOT_BYTES,	 /* any */
	SNAPSHOT_FD,	 /* 4: the number of a descriptor that stays open */
	SNAPSHOT_BULK,	 /* 16: place and length in the file */
	SNAPSHOT_GROUP,	 /* records */
	SNAPSHOT_KINDS,
};

enum snapshot_flags {
	SNAPSHOT_REQUIRED = 1, /* who does not know it cannot take over */
};

/**
 * struct snapshot_version - what is written, and read
 * @major: another one is not read
 * @minor: higher with each record that was added; who does not know it skips it, or refuses
 */
struct snapshot_version {
	unsigned major, minor;
};

/** snapshot_version - of this program */
extern const struct snapshot_version snapshot_version;

#endif
