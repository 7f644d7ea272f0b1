/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_TABLES_H
#define CLIENT_TABLES_H

#include "client/consoles.h"

/* What is told in rows. */

/** table_consoles() - one a row */
void table_consoles(struct strbuf *out, const struct consoles *consoles, bool colour);

/** table_who() - the members of a hub, of query-hubs; @me: is pointed out; NULL: nobody is */
void table_who(struct strbuf *out, const json_t *hub, const char *me, bool colour);

/** table_stats() - what they have been given, and what not */
void table_stats(struct strbuf *out, const json_t *hub, bool colour);

#endif
