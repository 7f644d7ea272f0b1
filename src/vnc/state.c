/* SPDX-License-Identifier: MIT */
#include "vnc/state.h"

#include "snapshot/reader.h"
#include "transport/address.h"
#include "transport/transport.h"
#include "transport/websocket.h"

#include <string.h>

enum { WORD_MAX = 65535, LEVEL_MAX = 9, BUTTONS_MAX = 255 };

#define DOOR(...) SNAPSHOT_FIELD(struct vnc_door_state, __VA_ARGS__)

const struct snapshot_field vnc_door_fields[] = {
	DOOR(fd, 1, SNAPSHOT_FILE, .needed = true),
	DOOR(websocket, 2, SNAPSHOT_BOOL),
	DOOR(abstract, 3, SNAPSHOT_BOOL),
	DOOR(tight, 4, SNAPSHOT_BOOL),
	DOOR(kind, 5, SNAPSHOT_U32, .max = ADDRESS_FD),
	DOOR(number, 6, SNAPSHOT_U32, .max = INT32_MAX),
	DOOR(path, 7, SNAPSHOT_STRING),
	DOOR(host, 8, SNAPSHOT_STRING),
	DOOR(port, 9, SNAPSHOT_STRING),
	{ 0 },
};

#define VIEWER(...) SNAPSHOT_FIELD(struct vnc_viewer_state, __VA_ARGS__)

const struct snapshot_field vnc_viewer_fields[] = {
	VIEWER(fd, 1, SNAPSHOT_FILE, .needed = true),
	VIEWER(name, 2, SNAPSHOT_STRING, .needed = true),
	VIEWER(who, 3, SNAPSHOT_STRING, .needed = true),
	VIEWER(may_type, 4, SNAPSHOT_BOOL),
	VIEWER(shares, 5, SNAPSHOT_BOOL),
	VIEWER(alone, 6, SNAPSHOT_BOOL),
	VIEWER(bell, 7, SNAPSHOT_BOOL),
	VIEWER(features, 8, SNAPSHOT_U32),
	VIEWER(in, 9, SNAPSHOT_BLOB),
	VIEWER(out, 10, SNAPSHOT_BLOB),
	VIEWER(held, 11, SNAPSHOT_BLOB),
	VIEWER(encoding, 12, SNAPSHOT_U32),
	VIEWER(job_encoding, 13, SNAPSHOT_U32),
	VIEWER(level, 14, SNAPSHOT_U32, .max = LEVEL_MAX),
	VIEWER(cols, 15, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(rows, 16, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(format, 17, SNAPSHOT_BLOB, .needed = true),
	VIEWER(job_format, 18, SNAPSHOT_BLOB, .needed = true),
	VIEWER(jobs, 19, SNAPSHOT_BLOB),
	VIEWER(wanted, 20, SNAPSHOT_BOOL),
	VIEWER(continuous, 21, SNAPSHOT_BOOL),
	VIEWER(zrle_started, 22, SNAPSHOT_BOOL),
	VIEWER(tight_started, 23, SNAPSHOT_BOOL),
	VIEWER(news_due, 24, SNAPSHOT_U32),
	VIEWER(size_reason, 25, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(size_status, 26, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(fences, 27, SNAPSHOT_U32),
	VIEWER(round_trip_ms, 28, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(fence_sent_ms, 29, SNAPSHOT_U64),
	VIEWER(websocket, TRANSPORT_TAG_WEBSOCKET, SNAPSHOT_EACH, .of = websocket_fields,
		.size = sizeof(struct websocket_state)),
	VIEWER(clip_caps, 40, SNAPSHOT_U32),
	VIEWER(clip_ours, 41, SNAPSHOT_BLOB),
	VIEWER(clip_theirs, 42, SNAPSHOT_BLOB),
	VIEWER(clip_has_text, 43, SNAPSHOT_BOOL),
	VIEWER(clip_asked, 44, SNAPSHOT_BOOL),
	VIEWER(clip_typed_ms, 45, SNAPSHOT_U64),
	VIEWER(fence_flags, 46, SNAPSHOT_U32),
	VIEWER(fence, 47, SNAPSHOT_BLOB),
	VIEWER(wish_width, 48, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(wish_height, 49, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(shifts, 50, SNAPSHOT_U32, .max = BUTTONS_MAX),
	VIEWER(view.console, 51, SNAPSHOT_U32),
	VIEWER(view.wanted, 52, SNAPSHOT_U32),
	VIEWER(view.keys, 53, SNAPSHOT_U32),
	VIEWER(view.buttons, 54, SNAPSHOT_U32, .max = BUTTONS_MAX),
	VIEWER(view.guest_buttons, 55, SNAPSHOT_U32, .max = BUTTONS_MAX),
	VIEWER(view.col, 56, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(view.row, 57, SNAPSHOT_U32, .max = WORD_MAX),
	VIEWER(view.back, 58, SNAPSHOT_U32, .max = INT32_MAX),
	VIEWER(selected, 59, SNAPSHOT_BLOB),
	VIEWER(view.number, 60, SNAPSHOT_U32, .max = INT32_MAX),
	VIEWER(view.right, 61, SNAPSHOT_U32, .max = DISPLAY_TYPE),
	VIEWER(composing, 62, SNAPSHOT_BLOB, .optional = true),
	{ 0 },
};

#define SERVER(...) SNAPSHOT_FIELD(struct vnc_server_state, __VA_ARGS__)

const struct snapshot_field vnc_server_fields[] = {
	SERVER(id, 1, SNAPSHOT_STRING, .needed = true),
	SERVER(password, 2, SNAPSHOT_BLOB),
	SERVER(view_password, 3, SNAPSHOT_BLOB),
	SERVER(expires, 4, SNAPSHOT_U64),
	SERVER(admitted, 5, SNAPSHOT_U64),
	SERVER(refused, 6, SNAPSHOT_U64),
	SERVER(doors, VNC_TAG_DOOR, SNAPSHOT_EACH, .of = vnc_door_fields,
		.size = sizeof(struct vnc_door_state)),
	SERVER(viewers, VNC_TAG_VIEWER, SNAPSHOT_EACH, .of = vnc_viewer_fields,
		.size = sizeof(struct vnc_viewer_state)),
	{ 0 },
};

bool vnc_find_state(
	const struct snapshot_groups *left, const char *id, struct vnc_server_state *ret_state)
{
	struct snapshot_groups groups;
	struct snapshot_part part;

	if (!left)
		return false;
	groups = *left;
	while (snapshot_next_group(&groups, &part))
		if (snapshot_get(&part, vnc_server_fields, ret_state, NULL) == 0 &&
			!strcmp(ret_state->id, id))
			return true;
	return false;
}
