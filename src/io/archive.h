/* SPDX-License-Identifier: MIT */
#ifndef IO_ARCHIVE_H
#define IO_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The files of a log that is rotated:
 *
 *	NAME				what is written now
 *	NAME.20261129T180322.417Z	what was written until then; with .zst or .gz: packed
 *	NAME.1, NAME.2.gz		what logrotate has moved away: the higher, the older
 *	those with .idx			when what was written, see io/log-index.h
 *
 * Ours carry a date, not a number, since a name that stays needs one rename: who reads, packs or
 * copies a file is not disturbed by the next rotation, and there is no row of renames in which a
 * crash could leave a hole. A clock that is put back does no harm: a new name comes after all
 * others.
 */

enum {
	ARCHIVE_STAMP_BYTES = 20,      /* "20261129T180322.417Z" */
	ARCHIVE_NUMBER_DIGITS_MAX = 6, /* of logrotate's */
};

/** How the bytes of a file are kept. */
enum archive_form { ARCHIVE_PLAIN, ARCHIVE_ZSTD, ARCHIVE_GZIP, ARCHIVE_FORMS };

/** archive_stamp() - of a time since 1970: "20261129T180322.417Z" */
void archive_stamp(uint64_t ms, char ret_stamp[ARCHIVE_STAMP_BYTES + 1]);

/** archive_suffix() - "", ".zst", ".gz" */
const char *archive_suffix(enum archive_form form);

/** ARCHIVE_UNFINISHED - behind that, while it is being packed */
#define ARCHIVE_UNFINISHED ".tmp"

/**
 * struct archive_file - one file of a log
 * @path:   as one may open it
 * @stamp:  "20261129T180322.417Z"; empty: it has none
 * @number: logrotate's; 0: it has none
 * @spare:  the same is there unpacked
 */
struct archive_file {
	char *path;
	enum archive_form form;
	char stamp[ARCHIVE_STAMP_BYTES + 1];
	unsigned number;
	bool spare;
};

/** struct archive - all files of a log, the oldest first */
struct archive {
	struct archive_file *items;
	size_t len;
};

/**
 * archive_list() - find the files of the log that is called @path
 *
 * Return: 0, which may be none; -errno of its folder; -ENOMEM.
 */
int archive_list(const char *path, struct archive *ret_archive);

/**
 * archive_list_unfinished() - the same of "NAME.zst.tmp", which somebody packs, or has begun to
 *
 * @ret_archive: @path is what it is called now, the rest says what was to come of it
 */
int archive_list_unfinished(const char *path, struct archive *ret_archive);

/** archive_done() - free what archive_list() gave */
void archive_done(struct archive *archive);

#define AUTO_ARCHIVE __attribute__((cleanup(archive_done)))

/**
 * archive_name() - what a file that is moved away is called
 * @archive: those that there are, or were a moment ago
 * @now_ms: since 1970; where there is a later file, a moment after that
 *
 * Return: 0, the caller frees *@ret_name; -ENOMEM.
 */
int archive_name(const struct archive *archive, const char *path, uint64_t now_ms, char **ret_name);

/** archive_index_name() - of the index beside a file. Return: the caller's; NULL: no memory */
char *archive_index_name(const char *path);

#endif
