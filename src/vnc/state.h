/* SPDX-License-Identifier: MIT */
#ifndef VNC_STATE_H
#define VNC_STATE_H

#include "display/display.h"
#include "snapshot/fields.h"

/*
 * What is left of a server to another program (doc/upgrade.md). A viewer goes on where it was: what
 * it has asked for, what is on the way to it, what it holds down. Its picture is sent anew, as it
 * is then, behind the rest of the update that is under way.
 */

/**
 * struct vnc_door_state - a listening socket, and its address as it is now
 * @kind, @path...: as in struct address
 */
struct vnc_door_state {
	int fd;
	bool websocket, abstract, tight;
	unsigned kind, number;
	const char *path, *host, *port;
};

/**
 * struct vnc_viewer_state - one that has logged in
 * @alone:    it is the one that wants to be
 * @websocket: what its filter is in the middle of; none: it has none
 * @in:       a part of a message of its; @out: what it has not taken; @held: what follows the
 *            update under way
 * @encoding, @job_encoding: numbers of them; @format, @job_format: as on the wire
 * @jobs:     rectangles that the update under way still owes, of 8 bytes each; NULL: none is
 * @news_due, @fences...: see struct updates; @clip_...: see struct clipboard
 * @fence:    what a Fence message that waits brought; NULL: none does
 * @wish_width, @wish_height: the size that it wants; 0: none
 * @shifts:   which Shift and Control keys the server knows to be down
 * @view:     of which @selected has what is selected, @composing the keysyms, of 4 bytes each
 */
struct vnc_viewer_state {
	int fd;
	const char *name, *who;
	bool may_type, shares, alone, bell;
	unsigned features;
	struct snapshot_bytes in, out, held;
	struct snapshot_groups websocket;

	unsigned encoding, job_encoding, level, cols, rows;
	struct snapshot_bytes format, job_format, jobs;
	bool wanted, continuous, zrle_started, tight_started;
	unsigned news_due, size_reason, size_status, fences, round_trip_ms;
	uint64_t fence_sent_ms;

	unsigned clip_caps;
	struct snapshot_bytes clip_ours, clip_theirs;
	bool clip_has_text, clip_asked;
	uint64_t clip_typed_ms;

	unsigned fence_flags, wish_width, wish_height, shifts;
	struct snapshot_bytes fence;

	struct display_view_state view;
	struct snapshot_bytes selected, composing;
};

/**
 * struct vnc_server_state
 * @password, @view_password: as they are now; NULL: none
 * @expires: of the password; seconds since 1970
 */
struct vnc_server_state {
	const char *id;
	struct snapshot_bytes password, view_password;
	uint64_t expires, admitted, refused;
	struct snapshot_groups doors, viewers;
};

enum { VNC_TAG_DOOR = 32, VNC_TAG_VIEWER = 33 };

extern const struct snapshot_field vnc_door_fields[];
extern const struct snapshot_field vnc_viewer_fields[];
extern const struct snapshot_field vnc_server_fields[];

/**
 * vnc_find_state() - what was left of the server of that id
 * @left: groups of vnc_server_fields; NULL: nothing was
 *
 * Return: false: nothing.
 */
bool vnc_find_state(
	const struct snapshot_groups *left, const char *id, struct vnc_server_state *ret_state);

#endif
