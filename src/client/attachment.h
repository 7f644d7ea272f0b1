/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_ATTACHMENT_H
#define CLIENT_ATTACHMENT_H

#include "attach/frame.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "client/connection.h"

#include <stdbool.h>
#include <stdint.h>

struct daemon;

/**
 * struct attachment_ops - what one hears of a console; each may be NULL
 * @on_output: @printed: the console has printed it, from @offset on; else it is for the terminal
 *             only: the screen, a notice
 * @on_size:   of the console
 * @on_notice, @on_reply: a line for the person; @error: 0 or a positive errno
 */
struct attachment_ops {
	void (*on_output)(
		void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len);
	void (*on_size)(void *data, unsigned cols, unsigned rows);
	void (*on_notice)(void *data, const char *text);
	void (*on_reply)(void *data, int error, const char *text);
};

/**
 * struct attachment - a client's end of doc/attach.md, and how to make it again
 * @console:  id of the hub
 * @view:     look only
 * @cols, @rows: of the terminal; 0: there is none
 * @instance, @offset: up to where the output is known; @instance "": not at all
 * @missed:   bytes before @offset that will not come, of the last attachment_open()
 * @member:   name at the hub
 * @is_screen: the console is a terminal
 * @credit:   bytes of input that the daemon takes
 * @to_send:  frames for it
 * @gone:     the daemon has said why it ends
 */
struct attachment {
	const struct daemon *daemon;
	const char *console;
	bool view;
	unsigned cols, rows;
	const struct attachment_ops *ops;
	void *data;

	struct connection connection;
	struct attach_decoder decoder;
	char instance[32];
	uint64_t offset, missed;
	char member[64];
	bool may_type, is_screen, restarted;
	size_t credit;
	struct strbuf to_send;
	char *gone;
};

/** attachment_init() - not attached; @daemon, @console outlive it */
void attachment_init(struct attachment *attachment, const struct daemon *daemon,
	const char *console, const struct attachment_ops *ops, void *data);

/** attachment_done() */
void attachment_done(struct attachment *attachment);

/**
 * attachment_open() - attach, or attach again and go on
 *
 * Return: 0; -EREMOTE with @err: the daemon says why not; another -errno with @err: no daemon.
 */
int attachment_open(struct attachment *attachment, struct error **err);

/** attachment_close() - what is known of the console stays */
void attachment_close(struct attachment *attachment);

/**
 * attachment_read() - tell what has come; does not wait
 *
 * Return: 0; -EPIPE: the connection has ended, see @gone; another -errno.
 */
int attachment_read(struct attachment *attachment);

/** attachment_type() - input; Return: how much of it was taken, see @credit */
size_t attachment_type(struct attachment *attachment, const void *bytes, size_t len);

/** attachment_ask_credit() - all input so far is to be acknowledged once the guest has it */
void attachment_ask_credit(struct attachment *attachment);

/** attachment_all_taken() - has the guest taken all input */
bool attachment_all_taken(const struct attachment *attachment);

void attachment_break(struct attachment *attachment);

/** attachment_show() - the terminal has lost the picture: show it again */
void attachment_show(struct attachment *attachment);

/** attachment_resize() - the terminal has this size now */
void attachment_resize(struct attachment *attachment, unsigned cols, unsigned rows);

/** attachment_wish() - on_reply() comes; @text: NULL: none */
void attachment_wish(struct attachment *attachment, enum attach_wish wish, const char *text);

/** attachment_send() - what is to be sent and goes at once. Return: 0; -EPIPE and the like */
int attachment_send(struct attachment *attachment);

#endif
