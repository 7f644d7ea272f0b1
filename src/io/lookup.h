/* SPDX-License-Identifier: MIT */
#ifndef IO_LOOKUP_H
#define IO_LOOKUP_H

#include "io/loop.h"

struct addrinfo;

/** struct lookup - a name that is being looked up, in a thread of its own */
struct lookup;

/**
 * lookup_fn - what has become of it
 * @status: of getaddrinfo(): 0, or EAI_* for gai_strerror()
 * @list:   with 0: the callee's, for freeaddrinfo()
 *
 * The lookup frees itself after the call.
 */
typedef void lookup_fn(void *data, int status, struct addrinfo *list);

/**
 * lookup_new() - start getaddrinfo() of @host and @service, both copied
 * @hints: copied; its pointers are NULL
 * @fn:    called once from the loop, unless lookup_free() comes first
 *
 * Return: 0; -ENOMEM, -EMFILE, -EAGAIN: no thread could be started.
 */
int lookup_new(struct loop *loop, const char *host, const char *service,
	const struct addrinfo *hints, lookup_fn *fn, void *data, struct lookup **ret_lookup);

/** lookup_free() - do not call back; its thread ends by itself; NULL is fine */
void lookup_free(struct lookup *lookup);

#endif
