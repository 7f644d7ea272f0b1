/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "base/error.h"
#include "base/strbuf.h"
#include "client/connection.h"
#include "client/json.h"

struct daemon;

/**
 * struct session - QMP with a daemon; what is asked is waited for
 * @held:   what came and was not read yet, from @held_at on; up to @held_seen no line ends there
 * @events: array of those that came meanwhile; @events_bytes: of them as text, since it was empty
 */
struct session {
	struct connection connection;
	struct strbuf held;
	size_t held_at, held_seen;
	json_t *events;
	size_t events_bytes;
};

/* One that is not open, which session_close() leaves alone. */
#define SESSION_CLOSED ((struct session){ .connection = { .fd = -1 } })

/** session_open() - connect, and negotiate. Return: 0; -errno with @err */
int session_open(const struct daemon *daemon, struct session *session, struct error **err);

/** session_close() */
void session_close(struct session *session);
#define AUTO_SESSION __attribute__((cleanup(session_close)))

/**
 * session_call() - run a command
 * @args:       an object, the session's from now on; NULL: none
 * @ret_result: the caller's; NULL: of no interest
 *
 * Return: 0; -EREMOTE: the daemon says in @err why not; -EPIPE, -ETIMEDOUT and the like: the
 * session is of no use any more.
 */
int session_call(struct session *session, const char *command, json_t *args, json_t **ret_result,
	struct error **err);

/** session_hub() - what query-hubs says of a console. Return: 0; as session_call() */
int session_hub(struct session *session, const char *console, json_t **ret_hub, struct error **err);

/**
 * session_event() - the oldest event that has not been taken
 * @timeout_ms: how long to wait for one; -1: for ever
 *
 * Return: 0, *@ret_event is the caller's; -ETIMEDOUT: none came; -EPIPE and the like with @err.
 */
int session_event(struct session *session, int timeout_ms, json_t **ret_event, struct error **err);

#endif
