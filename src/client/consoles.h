/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CONSOLES_H
#define CLIENT_CONSOLES_H

#include "base/strbuf.h"
#include "client/daemons.h"
#include "client/json.h"
#include "client/session.h"
#include "client/words.h"

/**
 * struct console - one that a daemon has
 * @name: as it is typed: the hub's id; "DAEMON/ID" where there are several daemons
 * @id:   of the hub; owned by @info
 * @info: of query-consoles
 */
struct console {
	const struct daemon *daemon;
	char *name;
	const char *id;
	json_t *info;
};

/**
 * struct consoles - some of them
 * @silent: a line each about the daemons that do not answer, where others do
 */
struct consoles {
	struct console *items;
	size_t len;
	struct strbuf silent;
};

/**
 * consoles_find() - ask all daemons
 * @pattern: name, beginning of one, or glob; what fits best is given; NULL: all
 *
 * Return: 0, there may be none; -errno with @err: no daemon answers.
 */
int consoles_find(const struct daemons *daemons, const char *pattern, struct consoles *consoles,
	struct error **err);

/** consoles_none() - that there is none like @pattern, or none. Return: -ENOENT with @err */
int consoles_none(const char *pattern, struct error **err);

/** consoles_complain() - tell on standard error which daemons do not answer */
void consoles_complain(const struct consoles *consoles);

/**
 * consoles_find_one() - the same, which complains
 *
 * Return: 0; -ENOENT, -ENOTUNIQ with @err where it is not one; as consoles_find().
 */
int consoles_find_one(const struct daemons *daemons, const char *pattern, struct consoles *consoles,
	struct error **err);

/**
 * console_has_guest() - is somebody there to take what is typed, by now
 *
 * Return: 1; 0: no; -ENOENT with @err: the console has gone; as session_open(), session_call().
 */
int console_has_guest(const struct console *console, struct error **err);

/** console_hub() - what query-hubs says of it. Return: 0; as session_open(), session_call() */
int console_hub(const struct console *console, json_t **ret_hub, struct error **err);

/** consoles_done() */
void consoles_done(struct consoles *consoles);
#define AUTO_CONSOLES __attribute__((cleanup(consoles_done)))

#endif
