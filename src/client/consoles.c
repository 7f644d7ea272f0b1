/* SPDX-License-Identifier: MIT */
#include "client/consoles.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct consoles *consoles, const struct daemon *daemon, json_t *info)
{
	struct console *items =
		reallocarray(consoles->items, consoles->len + 1, sizeof(*consoles->items));
	struct console *added;

	if (!items)
		return -ENOMEM;
	consoles->items = items;
	added = &items[consoles->len];
	*added = (struct console){ .daemon = daemon, .id = json_text(info, "name") };
	if (daemon->all->len == 1)
		added->name = strdup(added->id);
	else if (asprintf(&added->name, "%s/%s", daemon->name, added->id) < 0)
		added->name = NULL;
	if (!added->name)
		return -ENOMEM;
	added->info = json_incref(info);
	consoles->len++;
	return 0;
}

static int ask(const struct daemon *daemon, struct consoles *consoles, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *hubs = NULL;
	json_t *hub;
	size_t i;
	int r = session_open(daemon, &session, err);

	if (r == 0)
		r = session_call(&session, "query-consoles", NULL, &hubs, err);
	if (r < 0)
		return r;
	json_array_foreach(hubs, i, hub)
	{
		r = add(consoles, daemon, hub);
		if (r < 0)
			return error_set(err, -r, "out of memory");
	}
	return 0;
}

static int ask_all(const struct daemons *daemons, struct consoles *consoles, struct error **err)
{
	size_t answers = 0;
	int r = daemons_check(daemons, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < daemons->len; i++) {
		AUTO_ERROR struct error *why = NULL;

		if (ask(&daemons->items[i], consoles, &why) == 0) {
			answers++;
			continue;
		}
		if (daemons->len == 1)
			return error_move(err, &why);
		strbuf_printf(
			&consoles->silent, "%s: %s\n", daemons->items[i].name, error_message(why));
	}
	return answers ? 0 : error_set(err, ECONNREFUSED, "no daemon answers");
}

/* ---- what fits ---- */

static enum words_fit fit_of(const struct console *console, const char *pattern)
{
	enum words_fit full = words_match(pattern, console->name);
	enum words_fit id = words_match(pattern, console->id);

	return full > id ? full : id;
}

static void forget(struct console *console)
{
	free(console->name);
	json_decref(console->info);
}

static void keep_best(struct consoles *consoles, const char *pattern)
{
	enum words_fit best = WORDS_PREFIX;
	size_t kept = 0;

	for (size_t i = 0; i < consoles->len; i++) {
		enum words_fit fit = fit_of(&consoles->items[i], pattern);

		best = fit > best ? fit : best;
	}
	for (size_t i = 0; i < consoles->len; i++) {
		if (fit_of(&consoles->items[i], pattern) == best)
			consoles->items[kept++] = consoles->items[i];
		else
			forget(&consoles->items[i]);
	}
	consoles->len = kept;
}

int consoles_find(const struct daemons *daemons, const char *pattern, struct consoles *consoles,
	struct error **err)
{
	int r;

	*consoles = (struct consoles){ 0 };
	r = ask_all(daemons, consoles, err);
	if (r < 0)
		consoles_done(consoles);
	else if (pattern)
		keep_best(consoles, pattern);
	return r;
}

void consoles_complain(const struct consoles *consoles)
{
	if (consoles->silent.data)
		fprintf(stderr, "%s", consoles->silent.data);
}

int consoles_none(const char *pattern, struct error **err)
{
	if (!pattern)
		return error_set(err, ENOENT, "there are no consoles");
	error_set(err, ENOENT, "there is no console '%s'", pattern);
	error_set_hint(err, "'charhub list' shows what there is.");
	return -ENOENT;
}

static int not_one(const struct consoles *consoles, const char *pattern, struct error **err)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	if (!consoles->len)
		return consoles_none(pattern, err);
	for (size_t i = 0; i < consoles->len; i++)
		strbuf_printf(&names, "%s%s", i ? ", " : "", consoles->items[i].name);
	return error_set(err, ENOTUNIQ, "'%s' may be %s", pattern, names.data ? names.data : "");
}

int consoles_find_one(const struct daemons *daemons, const char *pattern, struct consoles *consoles,
	struct error **err)
{
	int r = consoles_find(daemons, pattern, consoles, err);

	consoles_complain(consoles);
	if (r < 0 || consoles->len == 1)
		return r;
	r = not_one(consoles, pattern, err);
	consoles_done(consoles);
	return r;
}

int console_has_guest(const struct console *console, struct error **err)
{
	struct consoles all = { 0 };
	const struct console *now = NULL;
	int r = ask(console->daemon, &all, err);

	for (size_t i = 0; i < all.len && r == 0; i++)
		if (!strcmp(all.items[i].id, console->id))
			now = &all.items[i];
	if (now)
		r = json_flag(now->info, "guest-open");
	else if (r == 0)
		r = error_set(err, ENOENT, "console '%s' has gone", console->name);
	consoles_done(&all);
	return r;
}

int console_hub(const struct console *console, json_t **ret_hub, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r = session_open(console->daemon, &session, err);

	return r < 0 ? r : session_hub(&session, console->id, ret_hub, err);
}

void consoles_done(struct consoles *consoles)
{
	for (size_t i = 0; i < consoles->len; i++)
		forget(&consoles->items[i]);
	free(consoles->items);
	strbuf_done(&consoles->silent);
	*consoles = (struct consoles){ 0 };
}
