/* SPDX-License-Identifier: MIT */
/*
 * Messages of a viewer [RFC 6143 7.5 and the community's additions]. A table says of each type
 * how long it is, from as many bytes as are there: a handler gets a whole message and never
 * looks beyond it. Whatever a length field claims is compared with a limit before a byte of it
 * is awaited. An unknown type ends the connection: where the next message starts can not be
 * known.
 */
#include "vnc/message-in.h"

#include "base/log.h"
#include "base/wire.h"

#include <errno.h>
#include <string.h>

enum message_type {
	SET_PIXEL_FORMAT = 0,
	FIX_COLOR_MAP = 1, /* obsolete, and not answered */
	SET_ENCODINGS = 2,
	UPDATE_REQUEST = 3,
	KEY_EVENT = 4,
	POINTER_EVENT = 5,
	CUT_TEXT = 6,
	ENABLE_CONTINUOUS = 150,
	FENCE = 248,
	SET_DESKTOP_SIZE = 251,
	QEMU = 255,
};

enum { ENCODINGS_MAX = 1024, SCREENS_MAX = 255, MAP_MAX = 256, QEMU_KEY = 0, QEMU_AUDIO = 1 };

enum { LEVEL_DEFAULT = 1, LEVEL_MAX = 6 };

/* Of Fence messages: what is understood of the flags. */
#define FENCE_SYNC_NEXT 4u
#define FENCE_KNOWN	7u
#define FENCE_REQUEST	(1u << 31)

/* ---- how long a message is; 0: cannot be said yet; -errno: no such message ---- */

typedef ssize_t size_fn(const uint8_t *m, size_t len);

static ssize_t counted(
	const uint8_t *m, size_t len, size_t at, size_t header, size_t max, size_t each)
{
	if (len < at + 2)
		return 0;
	if (get_be16(m + at) > max)
		return -EMSGSIZE;
	return (ssize_t)(header + get_be16(m + at) * each);
}

static ssize_t size_color_map(const uint8_t *m, size_t len)
{
	return counted(m, len, 4, 6, MAP_MAX, 6);
}

static ssize_t size_encodings(const uint8_t *m, size_t len)
{
	return counted(m, len, 2, 4, ENCODINGS_MAX, 4);
}

static ssize_t size_cut_text(const uint8_t *m, size_t len)
{
	int64_t size;

	if (len < 8)
		return 0;
	size = (int32_t)get_be32(m + 4);
	if (size < 0)
		size = -size;
	return size > (int64_t)CLIPBOARD_MAX ? -EMSGSIZE : (ssize_t)(8 + size);
}

static ssize_t size_fence(const uint8_t *m, size_t len)
{
	if (len < 9)
		return 0;
	return m[8] > FENCE_DATA_MAX ? -EMSGSIZE : 9 + m[8];
}

static ssize_t size_desktop(const uint8_t *m, size_t len)
{
	return len < 7 ? 0 : 8 + m[6] * 16;
}

static ssize_t size_qemu(const uint8_t *m, size_t len)
{
	if (len < 4)
		return 0;
	if (m[1] == QEMU_KEY)
		return 12;
	if (m[1] == QEMU_AUDIO)
		return get_be16(m + 2) == 2 ? 10 : 4;
	return -EPROTO;
}

/* ---- handlers ---- */

static int handle_nothing(struct session *session, const uint8_t *m, size_t len)
{
	(void)session, (void)m, (void)len;
	return 0;
}

static int handle_pixel_format(struct session *session, const uint8_t *m, size_t len)
{
	uint8_t map[PIXEL_MAP_SIZE];
	int r = pixel_format_parse(m + 4, &session->updates.format);

	(void)len;
	if (r < 0 || session->updates.format.true_color)
		return r;
	pixel_format_write_map(map);
	return peer_send(session->peer, map, sizeof(map));
}

static const struct {
	int32_t number;
	unsigned feature;
} features[] = {
	{ ENCODING_COPY_RECT, FEATURE_COPY_RECT },
	{ PSEUDO_DESKTOP_SIZE, FEATURE_DESKTOP_SIZE },
	{ PSEUDO_EXTENDED_SIZE, FEATURE_EXTENDED_SIZE },
	{ PSEUDO_DESKTOP_NAME, FEATURE_DESKTOP_NAME },
	{ PSEUDO_CURSOR, FEATURE_CURSOR },
	{ PSEUDO_FENCE, FEATURE_FENCE },
	{ PSEUDO_CONTINUOUS_UPDATES, FEATURE_CONTINUOUS },
	{ PSEUDO_EXTENDED_KEY, FEATURE_EXTENDED_KEY },
	{ PSEUDO_EXTENDED_CLIPBOARD, FEATURE_CLIPBOARD },
};

static void take_encoding(struct session *session, int32_t number)
{
	struct updates *updates = &session->updates;

	for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (features[i].number == number)
			session->peer->features |= features[i].feature;
	if (number >= PSEUDO_COMPRESS_0 && number < PSEUDO_COMPRESS_0 + 10) {
		updates->level = number - PSEUDO_COMPRESS_0;
		updates->level = updates->level < 1 ? 1 : updates->level;
		updates->level = updates->level > LEVEL_MAX ? LEVEL_MAX : updates->level;
	}
	if (!updates->encoding)
		updates->encoding = encoding_find(number);
}

/* The first in the list that we have is taken: it is the viewer's favourite. */
static int handle_encodings(struct session *session, const uint8_t *m, size_t len)
{
	unsigned before = session->peer->features;

	session->peer->features = 0;
	session->updates.encoding = NULL;
	session->updates.level = LEVEL_DEFAULT;
	for (size_t at = 4; at < len; at += 4)
		take_encoding(session, (int32_t)get_be32(m + at));
	if (!session->updates.encoding)
		session->updates.encoding = &encoding_raw;
	update_set_features(&session->updates, before);
	if (session->peer->features & ~before & FEATURE_CLIPBOARD)
		return clipboard_announce(&session->clipboard);
	return 0;
}

static int handle_update_request(struct session *session, const uint8_t *m, size_t len)
{
	(void)len;
	update_request(&session->updates, m[1], get_be16(m + 2), get_be16(m + 4), get_be16(m + 6),
		get_be16(m + 8));
	return 0;
}

static int handle_key(struct session *session, const uint8_t *m, size_t len)
{
	(void)len;
	keyboard_in(&session->keyboard, get_be32(m + 4), 0, m[1]);
	return 0;
}

static int handle_pointer(struct session *session, const uint8_t *m, size_t len)
{
	(void)len;
	session_pointer(session, m[1], get_be16(m + 2), get_be16(m + 4));
	return 0;
}

static int handle_cut_text(struct session *session, const uint8_t *m, size_t len)
{
	if (!(m[4] & 0x80))
		return clipboard_latin1_in(&session->clipboard, m + 8, len - 8);
	return clipboard_extended_in(&session->clipboard, m + 8, len - 8);
}

static int handle_continuous(struct session *session, const uint8_t *m, size_t len)
{
	static const uint8_t end = 150;
	bool was = session->updates.continuous;

	(void)len;
	session->updates.continuous = m[1];
	peer_post(session->peer);
	return was && !m[1] ? peer_send(session->peer, &end, 1) : 0;
}

static int answer_fence(struct session *session)
{
	const struct fence *fence = &session->fence;
	uint8_t m[9 + FENCE_DATA_MAX] = { FENCE };

	put_be32(m + 4, fence->flags & FENCE_KNOWN);
	m[8] = fence->len;
	memcpy(m + 9, fence->data, fence->len);
	session->fence.armed = false;
	return peer_send(session->peer, m, 9u + fence->len);
}

/* With "sync next" the answer stands after what the next message does. */
static int handle_fence(struct session *session, const uint8_t *m, size_t len)
{
	struct fence *fence = &session->fence;

	(void)len;
	if (!(get_be32(m + 4) & FENCE_REQUEST)) {
		update_fence_answered(&session->updates);
		return 0;
	}
	fence->flags = get_be32(m + 4);
	fence->len = m[8];
	memcpy(fence->data, m + 9, m[8]);
	fence->armed = fence->flags & FENCE_SYNC_NEXT;
	return fence->armed ? 0 : answer_fence(session);
}

static int handle_desktop_size(struct session *session, const uint8_t *m, size_t len)
{
	(void)len;
	session_resize(session, get_be16(m + 2), get_be16(m + 4));
	return 0;
}

static int handle_qemu(struct session *session, const uint8_t *m, size_t len)
{
	(void)len;
	if (m[1] == QEMU_KEY)
		keyboard_in(
			&session->keyboard, get_be32(m + 4), get_be32(m + 8), get_be16(m + 2) != 0);
	return 0;
}

/* ---- the table ---- */

static const struct message {
	uint8_t type;
	uint8_t fixed_size; /* 0: ask size */
	size_fn *size;
	int (*handle)(struct session *session, const uint8_t *m, size_t len);
} messages[] = {
	{ SET_PIXEL_FORMAT, 20, NULL, handle_pixel_format },
	{ FIX_COLOR_MAP, 0, size_color_map, handle_nothing },
	{ SET_ENCODINGS, 0, size_encodings, handle_encodings },
	{ UPDATE_REQUEST, 10, NULL, handle_update_request },
	{ KEY_EVENT, 8, NULL, handle_key },
	{ POINTER_EVENT, 6, NULL, handle_pointer },
	{ CUT_TEXT, 0, size_cut_text, handle_cut_text },
	{ ENABLE_CONTINUOUS, 10, NULL, handle_continuous },
	{ FENCE, 0, size_fence, handle_fence },
	{ SET_DESKTOP_SIZE, 0, size_desktop, handle_desktop_size },
	{ QEMU, 0, size_qemu, handle_qemu },
};

static const struct message *find_message(uint8_t type)
{
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (messages[i].type == type)
			return &messages[i];
	return NULL;
}

ssize_t message_in(struct session *session, const uint8_t *bytes, size_t len)
{
	const struct message *message = find_message(bytes[0]);
	bool fence_is_due = session->fence.armed;
	ssize_t size;
	int r;

	if (!message)
		return -EPROTO;
	size = message->fixed_size ? message->fixed_size : message->size(bytes, len);
	if (size <= 0 || (size_t)size > len)
		return size < 0 ? size : 0;
	if (fence_is_due && message->type == FENCE) {
		fence_is_due = false;
		r = answer_fence(session);
		if (r < 0)
			return r;
	}
	log_debug("%s: message %u, %zd bytes", session->peer->name, message->type, size);
	r = message->handle(session, bytes, (size_t)size);
	if (r == 0 && fence_is_due)
		r = answer_fence(session);
	return r < 0 ? r : size;
}
