/* SPDX-License-Identifier: MIT */
#ifndef IO_MAILBOX_H
#define IO_MAILBOX_H

#include "io/loop.h"

/** struct mailbox - how other threads let the loop's thread do something */
struct mailbox;

/** mailbox_new() - Return: 0; -ENOMEM, -EMFILE */
int mailbox_new(struct loop *loop, struct mailbox **ret_mailbox);

/**
 * mailbox_post() - let @fn(@data) be called by the loop; from any thread
 *
 * Calls come in order. One that posts again is called again in the next round.
 *
 * Return: 0; -ENOMEM.
 */
int mailbox_post(struct mailbox *mailbox, void (*fn)(void *data), void *data);

/**
 * mailbox_free() - what was posted is called first, by this thread; NULL is fine
 *
 * Nobody may begin to post any more; who has called mailbox_post() may be on his way out of it.
 */
void mailbox_free(struct mailbox *mailbox);

#endif
