/* SPDX-License-Identifier: MIT */
#ifndef IO_SIGNAL_SOURCE_H
#define IO_SIGNAL_SOURCE_H

#include "io/loop.h"

#include <signal.h>

/**
 * struct signal_source - signals that come through the loop
 *
 * They are blocked for this process and its threads; children start without (io/child.h).
 */
struct signal_source;

struct signalfd_siginfo;
typedef void signal_source_fn(void *data, const struct signalfd_siginfo *info);

/**
 * signal_source_new() - block the signals of @set, call @fn(@data) when one has come
 *
 * One that is already pending counts. A signal that is ignored never comes.
 *
 * Return: 0; -ENOMEM, -EMFILE.
 */
int signal_source_new(struct loop *loop, const sigset_t *set, signal_source_fn *fn, void *data,
	struct signal_source **ret_source);

/** signal_source_free() - unblock those that it has blocked; NULL is fine */
void signal_source_free(struct signal_source *source);

#endif
