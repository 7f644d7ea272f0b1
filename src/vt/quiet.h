/* SPDX-License-Identifier: MIT */
#ifndef VT_QUIET_H
#define VT_QUIET_H

#include "vt/vt.h"

/*
 * What an engine may put off. Most of what a guest writes is of no concern to anybody who does not
 * look at the screen: text, and sequences that move the cursor or colour it. Such bytes are quiet:
 *
 *	the engine calls none of its vt_callbacks for them,
 *	it may put off what follows, if it could before (vt_may_put_off()),
 *	and they are no work beyond what their number says.
 *
 * Whether bytes are quiet depends on nothing but them, so they are found by looking, at many times
 * the pace of an engine; what is not known to be quiet is left to an engine, which alone knows what
 * it means. Its owner feeds it what was put off before, and so gets the same calls, at the same
 * offsets, as if nothing had been put off.
 *
 * The plainest of quiet bytes need not be fed at all once enough lines have come after them, since
 * nothing is left of them then: vt_backlog_skip().
 */
enum vt_quiet {
	VT_QUIET,      /* all bytes are */
	VT_UNFINISHED, /* what follows is part of a sequence, which may be */
	VT_LOUD,       /* what follows is for an engine */
};

/**
 * struct vt_plain_mark - a place in plain text, behind a CR and a line feed
 * @lines: line feeds up to there
 */
struct vt_plain_mark {
	uint64_t offset, lines;
};

enum { VT_PLAIN_MARKS = 32, VT_PLAIN_MARK_BYTES = 32 * 1024 };

/**
 * struct vt_backlog - what was put off; all zero: nothing, at offset 0
 * @sequences: how many there are among it, of which each may touch a row
 * @plain:     from there on there is plain text only: printable ASCII, tabs, CRs and line feeds
 * @lines:     its line feeds, and those before
 * @marks:     the newest places in it, @first the oldest of @count
 */
struct vt_backlog {
	uint64_t sequences, plain, lines;
	unsigned first, count;
	struct vt_plain_mark marks[VT_PLAIN_MARKS];
};

/**
 * vt_listen() - find out what is quiet
 * @backlog: of what was put off before; what is quiet is added
 * @offset:  of the first byte
 * @ret_len: so many bytes are quiet; after VT_UNFINISHED fewer than VT_QUERY_MAX are left
 */
enum vt_quiet vt_listen(struct vt_backlog *backlog, uint64_t offset, const void *bytes, size_t len,
	size_t *ret_len);

/** vt_backlog_clear() - an engine has come to @offset, nothing is put off */
void vt_backlog_clear(struct vt_backlog *backlog, uint64_t offset);

/**
 * vt_backlog_skip() - how many bytes need not be fed
 * @at: the offset that @vt has come to; all that follows is put off
 *
 * Return: for vt_skip(); 0: none.
 */
size_t vt_backlog_skip(const struct vt_backlog *backlog, const struct vt *vt, uint64_t at);

#endif
