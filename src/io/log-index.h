/* SPDX-License-Identifier: MIT */
#ifndef IO_LOG_INDEX_H
#define IO_LOG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Beside a log stands when what of it was written, so that a time is found without reading the log.
 * NAME.idx is a head of 32 bytes, "charhub log index 1\n" and zeros, and records of 32 bytes, in
 * the order in which they were written; numbers have their highest byte first:
 *
 *	 0	8	when the byte was written, in ms since 1970
 *	 8	8	its offset in the log, unpacked
 *	16	8	of a packed log: where in the file the frame begins that holds it; else 0
 *	24	4	zero
 *	28	4	CRC-32 of the 28 bytes before
 *
 * A record is written with the first byte of each second and with each LOG_INDEX_STEP bytes: what
 * follows it was written in the same second, up to the next record. Of a packed log each frame has
 * a record, with the time 0 where that is not known.
 *
 * The index is a help and no more. One that is missing or damaged, or of which the log has nothing
 * (it was emptied, or is another one of that name), is as good as none from there on, and who
 * writes makes it anew; it may lack records where its own file could not be written.
 */

enum {
	LOG_INDEX_RECORD = 32, /* bytes, as the head */
	LOG_INDEX_STEP = 64 * 1024,
	LOG_INDEX_PENDING = 16,	    /* records that wait for their file; others are left out */
	LOG_INDEX_LOOK_BACK = 1024, /* who goes on writing looks at so many for one that is right */
};

/* ---- writing ---- */

/**
 * struct log_index - an index that is written; @fd -1: none
 * @end:     where in the file the next record belongs
 * @last_ms, @last_offset: of the newest record, be it in the file or not
 */
struct log_index {
	int fd;
	uint64_t end, last_ms, last_offset;
	bool is_empty;
	uint8_t pending[LOG_INDEX_PENDING * LOG_INDEX_RECORD];
	size_t len;
};

/**
 * log_index_open() - go on with the index beside a log, or begin one
 * @path: of the log
 * @size: of the log; one that is empty has a new index
 * @mode: permissions of an index that is made
 *
 * Takes as long as the file system does. A link is not followed: the name is nobody's choice.
 *
 * Return: 0; -errno, @index is none.
 */
int log_index_open(struct log_index *index, const char *path, uint64_t size, mode_t mode);

/** log_index_is_due() - is a byte at @offset that is written now to have a record */
bool log_index_is_due(const struct log_index *index, uint64_t now_ms, uint64_t offset);

/** log_index_add() - it gets one, which log_index_flush() writes. One that goes back begins anew */
void log_index_add(struct log_index *index, uint64_t now_ms, uint64_t offset);

/** log_index_flush() - write what is pending; without @may_wait only what needs no waiting */
void log_index_flush(struct log_index *index, bool may_wait);

/** log_index_close() - waits for the file; no-op for none */
void log_index_close(struct log_index *index);

/* ---- reading ---- */

struct log_index_record {
	uint64_t time_ms, offset, stored;
};

/** struct log_index_table - the records of an index, their offsets ascend */
struct log_index_table {
	struct log_index_record *items;
	size_t len;
};

/**
 * log_index_read() - what is right of the index beside a log
 * @path: of the log
 * @size: of the log, unpacked; records beyond it do not count. UINT64_MAX: not known
 *
 * Return: 0, also where there is none; -ENOMEM.
 */
int log_index_read(const char *path, uint64_t size, struct log_index_table *ret_table);

/** log_index_write() - the whole index beside a log, in place of any. Return: 0; -errno */
int log_index_write(const char *path, const struct log_index_table *table, mode_t mode);

/** log_index_append() - Return: 0; -ENOMEM */
int log_index_append(struct log_index_table *table, const struct log_index_record *record);

/** log_index_done() - free what log_index_read() gave */
void log_index_done(struct log_index_table *table);

#define AUTO_LOG_INDEX __attribute__((cleanup(log_index_done)))

#endif
