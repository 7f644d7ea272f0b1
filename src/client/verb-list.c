/* SPDX-License-Identifier: MIT */
/* What there is, and who is there. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/print.h"
#include "client/tables.h"

#include <errno.h>
#include <stdio.h>

static int show(struct strbuf *out, struct error **err)
{
	if (out->failed)
		return error_set(err, ENOMEM, "out of memory");
	fwrite(out->data, 1, out->len, stdout);
	return CLIENT_DONE;
}

/* ---- list ---- */

static int print_consoles(const struct consoles *consoles)
{
	AUTO_JSON json_t *list = json_array();

	for (size_t i = 0; i < consoles->len; i++) {
		json_t *info = json_copy(consoles->items[i].info);

		json_object_set_new(info, "daemon", json_string(consoles->items[i].daemon->path));
		json_array_append_new(list, info);
	}
	print_json(list);
	return CLIENT_DONE;
}

int verb_list(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_STRBUF struct strbuf out = { 0 };
	const char *pattern = args->n_words ? args->words[0] : NULL;
	int r = consoles_find(client->daemons, pattern, &consoles, err);

	consoles_complain(&consoles);
	if (r < 0)
		return r;
	if (pattern && !consoles.len)
		return consoles_none(pattern, err);
	if (client->json)
		return print_consoles(&consoles);
	table_consoles(&out, &consoles, client->colour);
	return show(&out, err);
}

/* ---- who, stats ---- */

typedef void put_fn(struct strbuf *out, const json_t *hub, bool colour);

static int show_hubs(struct client *client, const char *pattern, put_fn *put, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *list = json_array();
	AUTO_STRBUF struct strbuf out = { 0 };
	int r = consoles_find(client->daemons, pattern, &consoles, err);

	consoles_complain(&consoles);
	for (size_t i = 0; i < consoles.len && r == 0; i++) {
		json_t *hub = NULL;

		r = console_hub(&consoles.items[i], &hub, err);
		if (r < 0)
			break;
		if (consoles.len > 1 && !client->json)
			strbuf_printf(&out, "%s%s:\n", i ? "\n" : "", consoles.items[i].name);
		put(&out, hub, client->colour);
		json_array_append_new(list, hub);
	}
	if (r < 0)
		return r;
	if (!consoles.len)
		return consoles_none(pattern, err);
	if (!client->json)
		return show(&out, err);
	print_json(list);
	return CLIENT_DONE;
}

static void put_who(struct strbuf *out, const json_t *hub, bool colour)
{
	table_who(out, hub, NULL, colour);
}

int verb_who(struct client *client, const struct args *args, struct error **err)
{
	return show_hubs(client, args->n_words ? args->words[0] : NULL, put_who, err);
}

int verb_stats(struct client *client, const struct args *args, struct error **err)
{
	return show_hubs(client, args->n_words ? args->words[0] : NULL, table_stats, err);
}
