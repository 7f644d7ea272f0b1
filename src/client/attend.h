/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_ATTEND_H
#define CLIENT_ATTEND_H

#include "client/consoles.h"

/**
 * struct attend_options - how to be at a console
 * @escape: byte that begins a command; -1: none
 * @tilde:  "~." at the start of a line leaves, too
 * @view:   look only; @take: take the keyboard at once
 * @wait:   when the connection is lost: until it comes back
 * @log:    file for what is printed from now on; NULL: none
 * @record: asciicast; NULL: none
 */
struct attend_options {
	int escape;
	bool tilde, view, take, wait;
	const char *log, *record;
};

/** attend() - be at a console until one leaves. Return: enum client_exit; -errno with @err */
int attend(const struct console *console, const struct attend_options *options, struct error **err);

#endif
