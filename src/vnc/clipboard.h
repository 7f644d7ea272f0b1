/* SPDX-License-Identifier: MIT */
#ifndef VNC_CLIPBOARD_H
#define VNC_CLIPBOARD_H

#include "base/strbuf.h"
#include "vnc/peer.h"

#define CLIPBOARD_MAX (1u << 20) /* bytes of text, either way; as QEMU */

/**
 * struct clipboard - what is remembered of either side's
 * @caps:   flags of the viewer's extended clipboard; 0: it has none
 * @ours:   text for the viewer, UTF-8; sent when it asks
 * @theirs: text of the viewer; the newest of both sides
 * @has_text: the viewer says that it has some, which can be asked for
 * @asked:  it was asked; what comes is to be typed
 * @typed_ms: when text was last typed that nobody asked for
 */
struct clipboard {
	struct peer *peer;
	uint32_t caps;
	struct strbuf ours, theirs;
	bool has_text, asked;
	uint64_t typed_ms;
};

void clipboard_start(struct clipboard *clipboard, struct peer *peer);

/** clipboard_announce() - the viewer knows the extended clipboard: say what we do. 0; -ENOMEM */
int clipboard_announce(struct clipboard *clipboard);

/** clipboard_latin1_in() - ClientCutText. Return: 0; -ENOMEM */
int clipboard_latin1_in(struct clipboard *clipboard, const uint8_t *text, size_t len);

/** clipboard_extended_in() - the same, extended. Return: 0; -EPROTO; -ENOMEM */
int clipboard_extended_in(struct clipboard *clipboard, const uint8_t *bytes, size_t len);

/** clipboard_out() - text for the viewer's clipboard */
void clipboard_out(struct clipboard *clipboard, const char *utf8, size_t len);

/** clipboard_paste() - type what was selected last, in the viewer's clipboard or in its view */
void clipboard_paste(struct clipboard *clipboard);

void clipboard_done(struct clipboard *clipboard);

#endif
