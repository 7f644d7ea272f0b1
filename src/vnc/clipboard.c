/* SPDX-License-Identifier: MIT */
/*
 * Text between the viewer's clipboard and the console, in the two ways that there are:
 * ClientCutText and ServerCutText [RFC 6143 7.5.6, 7.6.4], which are Latin-1, and the extended
 * clipboard of the community's protocol, which is UTF-8, compressed, and sent when it is asked
 * for.
 *
 * What the viewer sends is input for the guest: at once (paste=direct), when the user presses
 * Shift-Insert (paste=key), or never. Limits: CLIPBOARD_MAX bytes of text either way, also after
 * inflating; one piece of text in a dispatch; extended text only after we have asked for it.
 */
#include "vnc/viewer.h"

#include "base/cleanup.h"
#include "vnc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CUT_TEXT = 3 };

/* Bits of the extended clipboard's flags. */
#define CLIP_TEXT    (1u << 0)
#define CLIP_CAPS    (1u << 24)
#define CLIP_REQUEST (1u << 25)
#define CLIP_PEEK    (1u << 26)
#define CLIP_NOTIFY  (1u << 27)
#define CLIP_PROVIDE (1u << 28)

/**
 * struct clipboard - what is remembered of either side's
 * @ours:   text for the viewer, UTF-8; sent when it asks
 * @theirs: text of the viewer, until the paste key (paste=key)
 * @has_text: the viewer says that it has some, which can be asked for
 * @asked:  it was asked; what comes is to be typed
 */
struct clipboard {
	struct strbuf ours, theirs;
	bool has_text, asked;
};

static struct clipboard *get_clipboard(struct vnc_viewer *viewer)
{
	if (!viewer->clipboard)
		viewer->clipboard = calloc(1, sizeof(*viewer->clipboard));
	return viewer->clipboard;
}

void clipboard_done(struct vnc_viewer *viewer)
{
	struct clipboard *clipboard = viewer->clipboard;

	if (!clipboard)
		return;
	strbuf_done(&clipboard->ours);
	strbuf_done(&clipboard->theirs);
	free(clipboard);
	viewer->clipboard = NULL;
}

/* ---- typing ---- */

static void type(struct vnc_viewer *viewer, const char *utf8, size_t len)
{
	int r = len ? display_view_paste(viewer->view, utf8, len) : 0;

	viewer->bell |= r < 0 && r != -EPERM;
	viewer_post(viewer);
}

static bool takes_text(const struct vnc_viewer *viewer)
{
	return viewer->may_type && viewer->server->config.paste != VNC_PASTE_OFF;
}

/* Text has come from the viewer; @text is taken over. */
static int take_text(struct vnc_viewer *viewer, struct strbuf *text)
{
	struct clipboard *clipboard = get_clipboard(viewer);

	if (!clipboard || text->failed)
		return -ENOMEM;
	viewer->yield = true;
	if (viewer->server->config.paste == VNC_PASTE_DIRECT || clipboard->asked) {
		clipboard->asked = false;
		type(viewer, text->data, text->len);
		return 0;
	}
	strbuf_done(&clipboard->theirs);
	clipboard->theirs = *text;
	*text = (struct strbuf){ 0 };
	return 0;
}

/* ---- Latin-1 ---- */

int clipboard_latin1_in(struct vnc_viewer *viewer, const uint8_t *text, size_t len)
{
	AUTO_STRBUF struct strbuf utf8 = { 0 };

	if (!takes_text(viewer))
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= 0x80)
			strbuf_putc(&utf8, (char)(0xc0 | text[i] >> 6));
		strbuf_putc(&utf8, (char)(text[i] < 0x80 ? text[i] : 0x80 | (text[i] & 0x3f)));
	}
	return take_text(viewer, &utf8);
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

static int send_latin1(struct vnc_viewer *viewer, const char *utf8, size_t len)
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
	put_u32((uint8_t *)message.data + 4, (uint32_t)(message.len - sizeof(header)));
	return viewer_send(viewer, message.data, message.len);
}

/* ---- extended: out ---- */

static int send_extended(struct vnc_viewer *viewer, uint32_t flags, const uint8_t *data, size_t len)
{
	uint8_t header[12] = { CUT_TEXT };
	int r;

	put_u32(put_u32(header + 4, (uint32_t) - (int32_t)(4 + len)), flags);
	r = viewer_send(viewer, header, sizeof(header));
	return r < 0 || !len ? r : viewer_send(viewer, data, len);
}

int clipboard_announce(struct vnc_viewer *viewer)
{
	static const uint8_t no_unasked_text[4];

	return send_extended(viewer,
		CLIP_CAPS | CLIP_REQUEST | CLIP_PEEK | CLIP_NOTIFY | CLIP_PROVIDE | CLIP_TEXT,
		no_unasked_text, sizeof(no_unasked_text));
}

static int send_notify(struct vnc_viewer *viewer)
{
	const struct clipboard *clipboard = viewer->clipboard;

	return send_extended(
		viewer, CLIP_NOTIFY | (clipboard && clipboard->ours.len ? CLIP_TEXT : 0), NULL, 0);
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
		put_u32((uint8_t *)out->data, (uint32_t)(out->len - sizeof(len)));
}

/* Stored rather than deflated, so that being asked again and again costs little. */
static int send_provide(struct vnc_viewer *viewer)
{
	struct clipboard *clipboard = viewer->clipboard;
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_FREE uint8_t *out = NULL;
	uLong len;

	if (!clipboard || !clipboard->ours.len)
		return 0;
	viewer->yield = true;
	wire_text(&clipboard->ours, &text);
	len = compressBound((uLong)text.len) + 64;
	out = malloc(len);
	if (text.failed || !out ||
		compress2(out, &len, (const Bytef *)text.data, (uLong)text.len, 0) != Z_OK)
		return -ENOMEM;
	return send_extended(viewer, CLIP_PROVIDE | CLIP_TEXT, out, len);
}

void clipboard_out(struct vnc_viewer *viewer, const char *utf8, size_t len)
{
	struct clipboard *clipboard = get_clipboard(viewer);

	if (!clipboard || len > CLIPBOARD_MAX || viewer_waiting(viewer) > VIEWER_WAITING_MAX)
		return;
	if (!(viewer->clipboard_caps & CLIP_NOTIFY)) {
		send_latin1(viewer, utf8, len);
		return;
	}
	strbuf_done(&clipboard->ours);
	strbuf_append(&clipboard->ours, utf8, len);
	if (clipboard->ours.failed)
		strbuf_done(&clipboard->ours);
	else
		send_notify(viewer);
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
	len = get_u32(wire);
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

static int take_provide(struct vnc_viewer *viewer, uint32_t flags, const uint8_t *data, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)len };
	int r;

	if (!(flags & CLIP_TEXT) || !viewer->clipboard || !viewer->clipboard->asked)
		return 0;
	if (inflateInit(&z) != Z_OK)
		return -ENOMEM;
	r = inflate_text(&z, &text);
	inflateEnd(&z);
	if (r == 0)
		return take_text(viewer, &text);
	viewer->clipboard->asked = false;
	viewer->bell |= r == -EFBIG;
	return r == -EFBIG ? 0 : r;
}

static int ask(struct vnc_viewer *viewer)
{
	viewer->clipboard->asked = true;
	return send_extended(viewer, CLIP_REQUEST | CLIP_TEXT, NULL, 0);
}

static int take_notify(struct vnc_viewer *viewer, uint32_t flags)
{
	struct clipboard *clipboard = get_clipboard(viewer);

	if (!clipboard)
		return -ENOMEM;
	clipboard->has_text = flags & CLIP_TEXT;
	strbuf_done(&clipboard->theirs);
	if (!clipboard->has_text || viewer->server->config.paste != VNC_PASTE_DIRECT ||
		!takes_text(viewer))
		return 0;
	return ask(viewer);
}

int clipboard_extended_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len)
{
	uint32_t flags;

	if (len < 4)
		return -EPROTO;
	flags = get_u32(bytes);
	if (flags & CLIP_CAPS) {
		viewer->clipboard_caps = flags;
		return 0;
	}
	if (flags & CLIP_REQUEST)
		return flags & CLIP_TEXT ? send_provide(viewer) : 0;
	if (flags & CLIP_PEEK)
		return send_notify(viewer);
	if (flags & CLIP_NOTIFY)
		return take_notify(viewer, flags);
	if (flags & CLIP_PROVIDE)
		return take_provide(viewer, flags, bytes + 4, len - 4);
	return 0;
}

void clipboard_paste(struct vnc_viewer *viewer)
{
	struct clipboard *clipboard = viewer->clipboard;

	if (!clipboard || !takes_text(viewer))
		return;
	if (clipboard->theirs.len)
		type(viewer, clipboard->theirs.data, clipboard->theirs.len);
	else if (clipboard->has_text)
		ask(viewer);
}
