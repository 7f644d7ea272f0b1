/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo() waits for name servers, up to half a minute, and cannot be interrupted. The struct
 * belongs to the thread and to the loop's side: the one that is done last frees it. Nothing is
 * written by both; the loop reads what the thread has written when it has read the bell.
 */
/* syscalls: close connect eventfd2 read socket write */
#include "io/lookup.h"

#include "io/thread.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lookup {
	atomic_int owners;
	char *host, *service;
	struct addrinfo hints, *list;
	int status, bell;
	struct watch *watch;
	lookup_fn *fn;
	void *data;
};

static void disown(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->owners, 1) > 1)
		return;
	if (lookup->list)
		freeaddrinfo(lookup->list);
	if (lookup->bell >= 0)
		close(lookup->bell);
	free(lookup->host);
	free(lookup->service);
	free(lookup);
}

static void *look_up(void *arg)
{
	struct lookup *lookup = arg;

	lookup->status = getaddrinfo(lookup->host, lookup->service, &lookup->hints, &lookup->list);
	if (lookup->status)
		lookup->list = NULL;
	eventfd_write(lookup->bell, 1);
	disown(lookup);
	return NULL;
}

static void on_bell(void *data, unsigned events)
{
	struct lookup *lookup = data;
	struct addrinfo *list;
	eventfd_t count;

	(void)events;
	if (eventfd_read(lookup->bell, &count) < 0)
		return;
	list = lookup->list;
	lookup->list = NULL;
	lookup->fn(lookup->data, lookup->status, list);
	lookup_free(lookup);
}

int lookup_new(struct loop *loop, const char *host, const char *service,
	const struct addrinfo *hints, lookup_fn *fn, void *data, struct lookup **ret_lookup)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int r = 0;

	if (!lookup)
		return -ENOMEM;
	*lookup = (struct lookup){ .owners = 2, .hints = *hints, .fn = fn, .data = data };
	lookup->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	lookup->host = strdup(host);
	lookup->service = strdup(service);
	if (lookup->bell < 0)
		r = -errno;
	else if (!lookup->host || !lookup->service)
		r = -ENOMEM;
	if (r == 0)
		r = watch_new(loop, lookup->bell, on_bell, lookup, &lookup->watch);
	if (r == 0)
		r = thread_start(look_up, lookup);
	if (r < 0) {
		atomic_store(&lookup->owners, 1);
		lookup_free(lookup);
		return r;
	}
	watch_set(lookup->watch, WATCH_READ);
	*ret_lookup = lookup;
	return 0;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	watch_free(lookup->watch);
	disown(lookup);
}
