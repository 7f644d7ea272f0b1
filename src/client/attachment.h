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

enum { ATTACHMENT_RETRY_MS = 300 }; /* a good while to wait in attachment_come_back() */

/**
 * struct attachment_ops - what one hears of a console; each may be NULL
 * @on_open:   the daemon has answered, see @again, @restarted, @missed; what follows comes after
 *             that
 * @on_output: @printed: the console has printed it, from @offset on; else it is for the terminal
 *             only: the screen, a notice
 * @on_missed: the console has printed so many bytes more here, which do not come: it was skipped.
 *             Each gap is told once, before the output behind it
 * @on_size:   of the console
 * @on_notice: a line for the person, and what it is about
 * @on_reply:  to attachment_wish(); @error: 0, or a positive errno and a line that says why
 */
struct attachment_ops {
	void (*on_open)(void *data);
	void (*on_output)(
		void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len);
	void (*on_missed)(void *data, uint64_t bytes);
	void (*on_size)(void *data, unsigned cols, unsigned rows);
	void (*on_notice)(void *data, enum attach_notice about, const char *text);
	void (*on_reply)(void *data, int error, const char *text);
};

/**
 * struct attachment - a client's end of doc/attach.md, and how to make it again
 * @console:  id of the hub
 * @view:     look only
 * @cols, @rows: of the terminal; 0: there is none
 * @instance, @offset: up to where the output is known; @instance "": not at all
 * @missed:   bytes before @offset that will not come, of the last attachment_open()
 * @again:    it was not the first
 * @restarted: it found another instance: nobody knows what is missing before that
 * @begun:    all output up to @offset is known: what the next leaves out is a gap
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
	bool may_type, is_screen, again, restarted, begun;
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

/**
 * attachment_come_back() - open one that was lost, as soon as that can be done
 * @wait: a moment, before it is tried again. Return: false: that is enough
 *
 * Return: 0; -EINTR: it was enough; -EREMOTE with @err: the daemon is there, and says why not.
 */
int attachment_come_back(
	struct attachment *attachment, bool (*wait)(void *data), void *data, struct error **err);

/**
 * attachment_know() - output before @offset is known from elsewhere
 *
 * on_output() tells no more of it, and on_missed() counts from there.
 */
void attachment_know(struct attachment *attachment, uint64_t offset);

/** attachment_tell_missed() - for a person, of the last attachment_open(). Return: @text */
const char *attachment_tell_missed(const struct attachment *attachment, char text[96]);

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
