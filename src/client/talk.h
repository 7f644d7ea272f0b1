/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_TALK_H
#define CLIENT_TALK_H

#include "base/plain.h"
#include "client/attachment.h"
#include "client/client.h"
#include "client/consoles.h"
#include "client/history.h"
#include "client/paste.h"

/**
 * struct talk - being at a console without a person
 * @deaf:    the daemon was restarted, or with @fills has left something out: what it prints is not
 *           listened to, until the talker has seen to what it printed before, and clears this
 * @fills:   what is left out is read from what is held, from @gap_from on; 0: all that is
 * @show:    what is printed is for standard output, too
 * @text:    of what was printed; the talker takes it from there
 * @refused: why what was, or would be, typed does not count; NULL: it does
 * @dropped: some of it was
 * @replied: to the wish for the keyboard
 * @guest_wait_ms: how long to wait for a guest that is not there
 * @look_ms: when to look again whether it is, by CLOCK_MONOTONIC
 * @guest_by_ms: until when it must have come; 0: it is there
 */
struct talk {
	const struct console *console;
	struct attachment at;
	bool deaf, fills, show, dropped, replied;
	uint64_t gap_from;
	struct plain plain;
	struct strbuf text;
	char *refused;
	uint64_t guest_wait_ms, look_ms, guest_by_ms;
};

/* One that is not open, which talk_done() leaves alone. */
#define TALK_CLOSED ((struct talk){ .at = { .connection = { .fd = -1 } } })

/**
 * talk_open() - attach to the one console that @pattern means
 * @view: to look only; else it is an error where one may not type
 *
 * @consoles has it and outlives @talk.
 *
 * Return: 0; -errno with @err.
 */
int talk_open(struct client *client, const char *pattern, bool view, struct consoles *consoles,
	struct talk *talk, struct error **err);

/** talk_done() */
void talk_done(struct talk *talk);
#define AUTO_TALK __attribute__((cleanup(talk_done)))

/**
 * talk_step() - until something has come, or for @wait_ms; -1: for ever, or until interrupt_came()
 *
 * Return: 0; CLIENT_GONE with @err: the attachment has ended.
 */
int talk_step(struct talk *talk, int wait_ms, struct error **err);

/** talk_check() - does what was typed until now count. Return: 0; -EACCES with @err */
int talk_check(const struct talk *talk, struct error **err);

/** talk_take() - the keyboard, whoever has it. Return: 0; CLIENT_GONE, -EACCES with @err */
int talk_take(struct talk *talk, struct error **err);

/**
 * talk_type() - all of @paste, until the guest has taken it
 *
 * Return: 0; CLIENT_GONE with @err; -EACCES with @err: what was typed does not count; -ENOTCONN
 * with @err: there is no guest, nor did one come in time; as console_has_guest().
 */
int talk_type(struct talk *talk, struct paste *paste, struct error **err);

#endif
