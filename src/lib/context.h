/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONTEXT_H
#define LIB_CONTEXT_H

#include <charhub.h>

#include "base/list.h"
#include "base/log-impl.h"
#include "lib/estate.h"

#include <signal.h>

struct event_listener;
struct foreign_class;
struct mailbox;

/**
 * struct charhub - a context
 * @config:   of its maker; pointers in it but callbacks and @data are not used later
 * @log:      what its thread logs to while it is in here; @sink: passes that on
 * @held:     for what the log holds back
 * @events:   NULL: nobody wants to hear of them
 * @classes:  NULL-terminated: ours and, last, those of @foreign
 * @consoles, @members, @calls: handles, and commands at work
 * @depth:    how many calls of the library are on the stack
 */
struct charhub {
	struct charhub_config config;
	struct loop *loop;
	struct estate estate;
	struct fdsets fdsets;
	struct activation activation;
	struct mailbox *mailbox;
	struct log log;
	struct log_sink sink;
	struct timer *held;
	struct event_listener *events;
	const struct chardev_class **classes;
	struct foreign_class *foreign;
	struct list consoles, members, calls;
	unsigned depth;
};

/** struct entry - what holds while the library is at work for somebody; see enter() */
struct entry {
	struct charhub *charhub;
	struct log *log;
	sigset_t signals;
	bool is_outermost, was_pending;
};

/**
 * enter() - what each function that others call does first, by ENTER()
 *
 * Messages of this thread go to the context. SIGPIPE and SIGXFSZ are held back; leave() throws away
 * what came meanwhile, as the write that raised one has seen its error.
 */
void enter(struct charhub *charhub, struct entry *entry);

/** leave() - as it was before */
void leave(struct entry *entry);

#define ENTER(of)                                                   \
	__attribute__((cleanup(leave))) struct entry entry_of_call; \
	enter(of, &entry_of_call)

/** error_out() - the library's errors are those of base */
static inline struct error **error_out(struct charhub_error **err)
{
	return (struct error **)err;
}

static inline const struct charhub_error *error_shown(const struct error *error)
{
	return (const struct charhub_error *)error;
}

/**
 * copy_config() - a struct of the caller's, which may be of another age
 * @size: of ours, at @ret; what the caller's does not have is zeroed
 *
 * Return: 0; -EINVAL with @err: it says no size that one could have.
 */
int copy_config(void *ret, size_t size, const void *config, struct error **err);

#endif
