/* SPDX-License-Identifier: MIT */
#ifndef TEST_UNIT_OPTS_CAPTURE_H
#define TEST_UNIT_OPTS_CAPTURE_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a call writes to stdout or stderr, as text. */
struct capture {
	int fd, saved, memory;
	char text[8192];
};

static inline void capture_start(struct capture *capture, int fd)
{
	fflush(stdout);
	capture->fd = fd;
	capture->saved = dup(fd);
	capture->memory = memfd_create("capture", MFD_CLOEXEC);
	dup2(capture->memory, fd);
}

static inline const char *capture_end(struct capture *capture)
{
	ssize_t len;

	fflush(stdout);
	dup2(capture->saved, capture->fd);
	close(capture->saved);
	len = pread(capture->memory, capture->text, sizeof(capture->text) - 1, 0);
	capture->text[len > 0 ? len : 0] = '\0';
	close(capture->memory);
	return capture->text;
}

#endif
