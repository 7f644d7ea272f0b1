/* SPDX-License-Identifier: MIT */
#include "client/verb-run.h"

#include <errno.h>

int verb_open(struct client *client, const char *pattern, struct consoles *consoles,
	struct session *session, struct error **err)
{
	int r = consoles_find_one(client->daemons, pattern, consoles, err);

	return r < 0 ? r : session_open(consoles->items[0].daemon, session, err);
}

int verb_open_only(struct client *client, struct session *session, struct error **err)
{
	const struct daemons *daemons = client->daemons;
	int r = daemons_check(daemons, err);

	if (r < 0)
		return r;
	if (daemons->len > 1) {
		error_set(err, ENOTUNIQ, "several daemons run here");
		error_set_hint(err, "--socket=PATH says which one.");
		return -ENOTUNIQ;
	}
	return session_open(&daemons->items[0], session, err);
}

int verb_call(struct client *client, const char *pattern, const char *key, const char *command,
	json_t *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *given = args;
	int r = verb_open(client, pattern, &consoles, &session, err);

	if (r == 0 && !given)
		r = error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		return r;
	json_object_set_new(given, key, json_string(consoles.items[0].id));
	r = session_call(&session, command, json_incref(given), NULL, err);
	return r < 0 ? r : CLIENT_DONE;
}
