/* SPDX-License-Identifier: MIT */
/*
 * Text between the viewer's clipboard and the console, in the two ways that there are:
 * ClientCutText and ServerCutText [RFC 6143 7.5.6, 7.6.4], which are Latin-1, and the extended
 * clipboard of the community's protocol, which is UTF-8, compressed, and sent when it is asked
 * for.
 *
 * What the viewer sends is input for the guest: when the user presses Shift-Insert, Ctrl-Shift-V or
 * the middle button (paste=key), at once (paste=direct), or never. Limits: CLIPBOARD_MAX bytes of
 * text either way, also after inflating; one piece of text in a dispatch; extended text only after
 * we have asked for it.
 */
#include "vnc/clipboard.h"

#include "base/cleanup.h"
#include "base/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CUT_TEXT = 3 };

/* Equal text within this time is the same. */
enum { AGAIN_MS = 1000 };

/* Bits of the extended clipboard's flags. */
#define CLIP_TEXT    (1u << 0)
#define CLIP_CAPS    (1u << 24)
#define CLIP_REQUEST (1u << 25)
#define CLIP_PEEK    (1u << 26)
#define CLIP_NOTIFY  (1u << 27)
#define CLIP_PROVIDE (1u << 28)

void clipboard_start(struct clipboard *clipboard, struct peer *peer)
{
	clipboard->peer = peer;
}

void clipboard_done(struct clipboard *clipboard)
{
	strbuf_done(&clipboard->ours);
	strbuf_done(&clipboard->theirs);
}

static void forget_theirs(struct clipboard *clipboard)
{
	strbuf_done(&clipboard->theirs);
	clipboard->has_text = false;
}

/* ---- typing ---- */

static void note_result(struct peer *peer, int r)
{
	peer->bell |= r < 0 && r != -EPERM;
	peer_post(peer);
}

static void type(struct clipboard *clipboard, const char *utf8, size_t len)
{
	struct peer *peer = clipboard->peer;

	if (len)
		note_result(peer, display_view_paste(peer->view, utf8, len));
}

static bool takes_text(const struct clipboard *clipboard)
{
	return clipboard->peer->may_type && clipboard->peer->host->config.paste != VNC_PASTE_OFF;
}

static bool is_same(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && a->len && !memcmp(a->data, b->data, a->len);
}

/*
 * Text that nobody has asked for is typed at once. A viewer that tells of both selections of X
 * sends the same twice; a line end would run the text as a command before anybody has seen it,
 * unless the guest knows what is pasted.
 */
static void type_unasked(struct clipboard *clipboard, bool again, uint64_t now_ms)
{
	const struct strbuf *text = &clipboard->theirs;
	size_t len = text->len;

	if (again && now_ms < clipboard->typed_ms + AGAIN_MS)
		return;
	clipboard->typed_ms = now_ms;
	if (!display_view_brackets_paste(clipboard->peer->view))
		while (len && (text->data[len - 1] == '\n' || text->data[len - 1] == '\r'))
			len--;
	type(clipboard, text->data, len);
}

/* Text has come from the viewer; @text is taken over. */
static int take_text(struct clipboard *clipboard, struct strbuf *text)
{
	struct peer *peer = clipboard->peer;
	bool asked = clipboard->asked, again = is_same(text, &clipboard->theirs);

	if (text->failed)
		return -ENOMEM;
	peer->yield = true;
	strbuf_done(&clipboard->theirs);
	clipboard->theirs = *text;
	*text = (struct strbuf){ 0 };
	clipboard->asked = false;
	if (peer->host->config.paste == VNC_PASTE_DIRECT)
		type_unasked(clipboard, again, loop_now_ms(peer->host->loop));
	else if (asked)
		type(clipboard, clipboard->theirs.data, clipboard->theirs.len);
	return 0;
}

/* ---- Latin-1 ---- */

int clipboard_latin1_in(struct clipboard *clipboard, const uint8_t *text, size_t len)
{
	AUTO_STRBUF struct strbuf utf8 = { 0 };

	if (!takes_text(clipboard))
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= 0x80)
			strbuf_putc(&utf8, (char)(0xc0 | text[i] >> 6));
		strbuf_putc(&utf8, (char)(text[i] < 0x80 ? text[i] : 0x80 | (text[i] & 0x3f)));
	}
	return take_text(clipboard, &utf8);
}

/* The next character of well-formed UTF-8. */
static uint32_t next_char(const char *utf8, size_t len, size_t *at)
{
	uint8_t first = (uint8_t)utf8[(*at)++];
	uint32_t c = first < 0x80   ? first
		     : first < 0xe0 ? first & 0x1f
		     : first < 0xf0 ? first & 0xf
				    : first & 7;

	for (; *at < len && ((uint8_t)utf8[*at] & 0xc0) == 0x80; (*at)++)
		c = c << 6 | ((uint8_t)utf8[*at] & 0x3f);
	return c;
}

static int send_latin1(struct clipboard *clipboard, const char *utf8, size_t len)
{
	AUTO_STRBUF struct strbuf message = { 0 };
	uint8_t header[8] = { CUT_TEXT };

	strbuf_append(&message, header, sizeof(header));
	for (size_t at = 0; at < len;) {
		uint32_t c = next_char(utf8, len, &at);

		strbuf_putc(&message, (char)(c < 0x100 ? c : '?'));
	}
	if (message.failed)
		return -ENOMEM;
	put_be32((uint8_t *)message.data + 4, (uint32_t)(message.len - sizeof(header)));
	return peer_send(clipboard->peer, message.data, message.len);
}

/* ---- extended: out ---- */

static int send_extended(
	struct clipboard *clipboard, uint32_t flags, const uint8_t *data, size_t len)
{
	uint8_t header[12] = { CUT_TEXT };
	int r;

	put_be32(put_be32(header + 4, (uint32_t) - (int32_t)(4 + len)), flags);
	r = peer_send(clipboard->peer, header, sizeof(header));
	return r < 0 || !len ? r : peer_send(clipboard->peer, data, len);
}

int clipboard_announce(struct clipboard *clipboard)
{
	static const uint8_t no_unasked_text[4];

	return send_extended(clipboard,
		CLIP_CAPS | CLIP_REQUEST | CLIP_PEEK | CLIP_NOTIFY | CLIP_PROVIDE | CLIP_TEXT,
		no_unasked_text, sizeof(no_unasked_text));
}

static int send_notify(struct clipboard *clipboard)
{
	return send_extended(
		clipboard, CLIP_NOTIFY | (clipboard->ours.len ? CLIP_TEXT : 0), NULL, 0);
}

/* With line ends as the protocol has them, a final NUL and its length in front. */
static void wire_text(const struct strbuf *text, struct strbuf *out)
{
	uint8_t len[4] = { 0 };

	strbuf_append(out, len, sizeof(len));
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '\n')
			strbuf_putc(out, '\r');
		strbuf_putc(out, text->data[i]);
	}
	strbuf_putc(out, '\0');
	if (!out->failed)
		put_be32((uint8_t *)out->data, (uint32_t)(out->len - sizeof(len)));
}

/* Stored rather than deflated, so that being asked again and again costs little. */
static int send_provide(struct clipboard *clipboard)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_FREE uint8_t *out = NULL;
	uLong len;

	if (!clipboard->ours.len)
		return 0;
	clipboard->peer->yield = true;
	wire_text(&clipboard->ours, &text);
	len = compressBound((uLong)text.len) + 64;
	out = malloc(len);
	if (text.failed || !out ||
		compress2(out, &len, (const Bytef *)text.data, (uLong)text.len, 0) != Z_OK)
		return -ENOMEM;
	return send_extended(clipboard, CLIP_PROVIDE | CLIP_TEXT, out, len);
}

void clipboard_out(struct clipboard *clipboard, const char *utf8, size_t len)
{
	/* What the viewer had is not the newest any more, and goes as soon as it takes this. */
	forget_theirs(clipboard);
	if (len > CLIPBOARD_MAX || peer_waiting(clipboard->peer) > PEER_WAITING_MAX)
		return;
	if (!(clipboard->caps & CLIP_NOTIFY)) {
		send_latin1(clipboard, utf8, len);
		return;
	}
	strbuf_done(&clipboard->ours);
	strbuf_append(&clipboard->ours, utf8, len);
	if (clipboard->ours.failed)
		strbuf_done(&clipboard->ours);
	else
		send_notify(clipboard);
}

/* ---- extended: in ---- */

static int inflate_some(z_stream *z, void *out, size_t len)
{
	z->next_out = out;
	z->avail_out = (uInt)len;
	while (z->avail_out) {
		int r = inflate(z, Z_SYNC_FLUSH);

		if (r == Z_STREAM_END)
			break;
		if (r != Z_OK)
			return -EPROTO;
	}
	return z->avail_out ? -EPROTO : 0;
}

/* The text of a "provide". Return: 0; -EPROTO; -EFBIG: more than is taken; -ENOMEM */
static int inflate_text(z_stream *z, struct strbuf *ret_text)
{
	uint8_t wire[4];
	uint32_t len;
	AUTO_FREE char *text = NULL;
	int r = inflate_some(z, wire, sizeof(wire));

	if (r < 0)
		return r;
	len = get_be32(wire);
	if (len > CLIPBOARD_MAX)
		return -EFBIG;
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	r = inflate_some(z, text, len);
	if (r < 0)
		return r;
	while (len && !text[len - 1])
		len--;
	strbuf_append(ret_text, text, len);
	return 0;
}

static int take_provide(
	struct clipboard *clipboard, uint32_t flags, const uint8_t *data, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)len };
	int r;

	if (!(flags & CLIP_TEXT) || !clipboard->asked)
		return 0;
	if (inflateInit(&z) != Z_OK)
		return -ENOMEM;
	r = inflate_text(&z, &text);
	inflateEnd(&z);
	if (r == 0)
		return take_text(clipboard, &text);
	clipboard->asked = false;
	clipboard->peer->bell |= r == -EFBIG;
	return r == -EFBIG ? 0 : r;
}

static int ask(struct clipboard *clipboard)
{
	clipboard->asked = true;
	return send_extended(clipboard, CLIP_REQUEST | CLIP_TEXT, NULL, 0);
}

static int take_notify(struct clipboard *clipboard, uint32_t flags)
{
	forget_theirs(clipboard);
	clipboard->has_text = flags & CLIP_TEXT;
	if (!clipboard->has_text || clipboard->peer->host->config.paste != VNC_PASTE_DIRECT ||
		!takes_text(clipboard))
		return 0;
	return ask(clipboard);
}

int clipboard_extended_in(struct clipboard *clipboard, const uint8_t *bytes, size_t len)
{
	uint32_t flags;

	if (len < 4)
		return -EPROTO;
	flags = get_be32(bytes);
	if (flags & CLIP_CAPS) {
		clipboard->caps = flags;
		return 0;
	}
	if (flags & CLIP_REQUEST)
		return flags & CLIP_TEXT ? send_provide(clipboard) : 0;
	if (flags & CLIP_PEEK)
		return send_notify(clipboard);
	if (flags & CLIP_NOTIFY)
		return take_notify(clipboard, flags);
	if (flags & CLIP_PROVIDE)
		return take_provide(clipboard, flags, bytes + 4, len - 4);
	return 0;
}

void clipboard_paste(struct clipboard *clipboard)
{
	struct peer *peer = clipboard->peer;

	if (!peer->may_type)
		return;
	if (peer->host->config.paste == VNC_PASTE_KEY && clipboard->theirs.len)
		type(clipboard, clipboard->theirs.data, clipboard->theirs.len);
	else if (peer->host->config.paste == VNC_PASTE_KEY && clipboard->has_text)
		ask(clipboard);
	else
		note_result(peer, display_view_paste_selection(peer->view));
}
