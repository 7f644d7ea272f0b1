/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_HISTORY_H
#define CLIENT_HISTORY_H

#include "client/consoles.h"

/**
 * struct history - what a console has printed; starts zeroed
 * @bytes:  of it. Where some are missing a line ends, whatever stood there
 * @end:    offset of what follows
 * @missed: so many between the first and the last of them are not held any more; where all that is
 *          held was asked for, also before the first, but for @kept of the very first ones, which
 *          are held, and not among @bytes
 */
struct history {
	struct strbuf bytes;
	uint64_t end, missed, kept;
};

/**
 * history_read() - what is held of it
 * @range: arguments of console-history that say from where on, borrowed; NULL: all that is held in
 *         one piece with the newest
 *
 * That is what has been printed by now. Of a console that prints faster than it is read something
 * may go meanwhile; what is held then follows.
 *
 * Return: 0; -EREMOTE with @err: the daemon says why not; another -errno with @err: the connection
 * is lost.
 */
int history_read(struct session *session, const char *console, const json_t *range,
	struct history *history, struct error **err);

/**
 * history_behind() - what was printed from @offset on, by a session of its own
 *
 * Where that is not held any more it is what is held, and @history tells what is missing before it.
 *
 * Return: as history_of().
 */
int history_behind(const struct console *console, uint64_t offset, struct history *history,
	struct error **err);

/** history_of() - the same, by a session of its own. Return: as session_open(), history_read() */
int history_of(const struct console *console, const json_t *range, struct history *history,
	struct error **err);

/** history_complain() - tell on standard error what is missing; @name: of the console */
void history_complain(const struct history *history, const char *name);

/** history_done() */
void history_done(struct history *history);
#define AUTO_HISTORY __attribute__((cleanup(history_done)))

#endif
