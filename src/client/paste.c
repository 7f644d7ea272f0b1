/* SPDX-License-Identifier: MIT */
#include "client/paste.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void paste_text(struct paste *paste, const void *bytes, size_t len)
{
	const char *at = bytes;

	for (size_t i = 0; i < len; i++) {
		bool crlf = at[i] == '\r' && i + 1 < len && at[i + 1] == '\n';

		if (!crlf)
			strbuf_putc(&paste->bytes, at[i] == '\n' ? '\r' : at[i]);
		else
			strbuf_putc(&paste->bytes, at[i++]);
	}
}

void paste_bracket(struct paste *paste)
{
	struct strbuf all = { 0 };

	strbuf_puts(&all, "\033[200~");
	strbuf_append(&all, paste->bytes.data, paste->bytes.len);
	strbuf_puts(&all, "\033[201~");
	strbuf_done(&paste->bytes);
	paste->bytes = all;
}

int paste_file(struct paste *paste, const char *path, struct error **err)
{
	AUTO_CLOSE int opened = -1;
	char bytes[16384];
	int fd = STDIN_FILENO;
	ssize_t n;

	if (strcmp(path, "-") != 0)
		fd = opened = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		paste_text(paste, bytes, (size_t)n);
		if (paste->bytes.len > PASTE_MAX)
			return error_set(
				err, EFBIG, "'%s' is larger than %d bytes", path, PASTE_MAX);
	}
	if (fd < 0 || n < 0)
		return error_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	return paste->bytes.failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

bool paste_is_done(const struct paste *paste, const struct attachment *attachment)
{
	return paste->at == paste->bytes.len && attachment_all_taken(attachment);
}

static size_t piece_len(const struct paste *paste)
{
	const char *from = paste->bytes.data + paste->at;
	size_t left = paste->bytes.len - paste->at;
	const char *end;

	if (left > PASTE_PIECE)
		left = PASTE_PIECE;
	end = memchr(from, '\r', left);
	return end ? (size_t)(end - from) + 1 : left;
}

int paste_step(struct paste *paste, struct attachment *attachment)
{
	uint64_t now = clock_ms();

	if (paste->at == paste->bytes.len || !attachment_all_taken(attachment))
		return -1;
	if (now < paste->next_ms)
		return (int)(paste->next_ms - now);
	paste->at += attachment_type(attachment, paste->bytes.data + paste->at, piece_len(paste));
	attachment_ask_credit(attachment);
	paste->next_ms = now + paste->pace_ms;
	return -1;
}

void paste_done(struct paste *paste)
{
	strbuf_done(&paste->bytes);
	*paste = (struct paste){ .pace_ms = paste->pace_ms };
}
