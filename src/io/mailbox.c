/* SPDX-License-Identifier: MIT */
/*
 * A list that grows at its head, by compare and exchange, and is taken whole by the loop, which
 * turns it round. Who adds to it rings the bell, and may do so when the loop has called his
 * function already: that was the last one, and the mailbox goes. It waits for who is still in here.
 */
/* syscalls: close eventfd2 read sched_yield write */
#include "io/mailbox.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct letter {
	struct letter *next;
	void (*fn)(void *data);
	void *data;
};

/** struct mailbox - @posting: how many threads are in mailbox_post() */
struct mailbox {
	_Atomic(struct letter *) newest;
	atomic_uint posting;
	int bell;
	struct watch *watch;
};

static struct letter *take_all(struct mailbox *mailbox)
{
	struct letter *letter = atomic_exchange(&mailbox->newest, NULL), *first = NULL;

	while (letter) {
		struct letter *older = letter->next;

		letter->next = first;
		first = letter;
		letter = older;
	}
	return first;
}

static void deliver(struct mailbox *mailbox)
{
	struct letter *letter = take_all(mailbox);

	while (letter) {
		struct letter *next = letter->next;

		letter->fn(letter->data);
		free(letter);
		letter = next;
	}
}

static void on_bell(void *data, unsigned events)
{
	struct mailbox *mailbox = data;
	eventfd_t count;

	(void)events;
	if (eventfd_read(mailbox->bell, &count) == 0)
		deliver(mailbox);
}

int mailbox_new(struct loop *loop, struct mailbox **ret_mailbox)
{
	struct mailbox *mailbox = calloc(1, sizeof(*mailbox));
	int r;

	if (!mailbox)
		return -ENOMEM;
	mailbox->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = mailbox->bell < 0 ? -errno
			      : watch_new(loop, mailbox->bell, on_bell, mailbox, &mailbox->watch);
	if (r < 0) {
		mailbox_free(mailbox);
		return r;
	}
	watch_set(mailbox->watch, WATCH_READ);
	*ret_mailbox = mailbox;
	return 0;
}

int mailbox_post(struct mailbox *mailbox, void (*fn)(void *data), void *data)
{
	struct letter *letter = malloc(sizeof(*letter));

	if (!letter)
		return -ENOMEM;
	letter->fn = fn;
	letter->data = data;
	atomic_fetch_add(&mailbox->posting, 1);
	letter->next = atomic_load(&mailbox->newest);
	while (!atomic_compare_exchange_weak(&mailbox->newest, &letter->next, letter))
		;
	eventfd_write(mailbox->bell, 1);
	atomic_fetch_sub(&mailbox->posting, 1);
	return 0;
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	do
		deliver(mailbox);
	while ((atomic_load(&mailbox->posting) && sched_yield() == 0) ||
		atomic_load(&mailbox->newest));
	watch_free(mailbox->watch);
	if (mailbox->bell >= 0)
		close(mailbox->bell);
	free(mailbox);
}
