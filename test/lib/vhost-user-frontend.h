/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_VHOST_USER_FRONTEND_H
#define TEST_LIB_VHOST_USER_FRONTEND_H

#include "vhost-user/protocol.h"
#include "virtio-driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/*
 * A VMM for tests: speaks the frontend's side of vhost-user over one end of a socket, in any order,
 * well or badly, and drives queues in a guest memory of its own.
 */
enum { FRONTEND_QUEUES = 10, FRONTEND_NUM = 16 };

struct frontend {
	struct loop *loop; /* the backend's; NULL: another process, its replies are waited for */
	int fd;		   /* -1: closed */
	int backend_fd;	   /* our end of the backend's channel; -1: none */
	bool acks;	   /* ask for an acknowledgement of every request */
	struct driver_memory dm;
	struct driver_queue queues[FRONTEND_QUEUES];
	int kick_fds[FRONTEND_QUEUES], call_fds[FRONTEND_QUEUES];
};

/** frontend_init() - @fd is our end of the socket, taken over */
void frontend_init(struct frontend *frontend, struct loop *loop, int fd);
void frontend_done(struct frontend *frontend);

/** frontend_send() - send a request with file descriptors, without waiting */
void frontend_send(struct frontend *frontend, uint32_t request, uint32_t flags, const void *payload,
	size_t size, const int *fds, unsigned n_fds);

/** frontend_settle() - let the backend act on what was sent */
void frontend_settle(struct frontend *frontend);

/** frontend_reply() - Return: size of the reply's payload (-1: none came); @ret_fd may be NULL */
int frontend_reply(
	struct frontend *frontend, uint32_t request, void *payload, size_t size, int *ret_fd);

/** frontend_is_dismissed() - has the backend closed the connection */
bool frontend_is_dismissed(struct frontend *frontend);

/** frontend_request() - send, and take the acknowledgement if asked for; Return: its value, or 0 */
uint64_t frontend_request(
	struct frontend *frontend, uint32_t request, const void *payload, size_t size, int fd);

/** frontend_ask() - a request without payload that is answered by a number */
uint64_t frontend_ask(struct frontend *frontend, uint32_t request);

/** frontend_state() - a request about a queue and a number */
uint64_t frontend_state(struct frontend *frontend, uint32_t request, uint32_t queue, uint32_t num);

/** frontend_negotiate() - owner, features, protocol features; with BACKEND_REQ its channel */
void frontend_negotiate(struct frontend *frontend, uint64_t features, uint64_t protocol_features);

/** frontend_use_inflight() - have what is in flight noted in a region, of @queues of @num each */
void frontend_use_inflight(struct frontend *frontend, unsigned queues, unsigned num);

/** frontend_share_memory() - SET_MEM_TABLE with the one region, as User-Mode Linux sends it */
void frontend_share_memory(struct frontend *frontend);

/** frontend_set_queue() - NUM, BASE, ADDR of a queue; @fresh: lay the ring out anew */
void frontend_set_queue(struct frontend *frontend, unsigned queue, uint64_t features, bool fresh);

/** frontend_set_fds() - KICK and CALL of a queue, eventfds */
void frontend_set_fds(struct frontend *frontend, unsigned queue);

/** frontend_kick() - signal a queue's kick */
void frontend_kick(struct frontend *frontend, unsigned queue);

/** frontend_calls() - how often a queue's call was signalled since the last time */
uint64_t frontend_calls(struct frontend *frontend, unsigned queue);

#endif
