/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_PASTE_H
#define CLIENT_PASTE_H

#include "base/strbuf.h"
#include "client/attachment.h"

enum {
	PASTE_PIECE = 256,  /* at most so many bytes, or to the end of a line, and then a pause */
	PASTE_PACE_MS = 10, /* which is so long, and until the guest has taken them */
	PASTE_MAX = 16 * 1024 * 1024,
};

/**
 * struct paste - bytes on their way to a guest at its pace
 * @at:      so many of @bytes have been sent
 * @next_ms: when more may go, by CLOCK_MONOTONIC
 * @pace_ms: see PASTE_PACE_MS
 */
struct paste {
	struct strbuf bytes;
	size_t at;
	uint64_t next_ms, pace_ms;
};

/** paste_text() - append what is to be sent: a newline becomes a CR, as of the Enter key */
void paste_text(struct paste *paste, const void *bytes, size_t len);

/**
 * paste_bracket() - let programs that understand it know that this is one paste
 *
 * Around all that was appended [xterm ctlseqs, "Bracketed Paste Mode"].
 */
void paste_bracket(struct paste *paste);

/** paste_file() - the same of a file, "-": standard input. Return: 0; -errno with @err */
int paste_file(struct paste *paste, const char *path, struct error **err);

/** paste_is_done() - has the guest taken all */
bool paste_is_done(const struct paste *paste, const struct attachment *attachment);

/**
 * paste_step() - send what may be sent now
 *
 * Return: in how many milliseconds to come again; -1: once the attachment has said something.
 */
int paste_step(struct paste *paste, struct attachment *attachment);

/** paste_done() - forget the rest */
void paste_done(struct paste *paste);

#endif
