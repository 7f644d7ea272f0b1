/* SPDX-License-Identifier: MIT */
/* What the daemons record by themselves. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/print.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* ---- list ---- */

/* Add what one daemon says. */
static int ask(const struct daemon *daemon, json_t *all, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *list = NULL;
	int r = session_open(daemon, &session, err);

	if (r == 0)
		r = session_call(&session, "query-recordings", NULL, &list, err);
	if (r < 0)
		return r;
	return json_array_extend(all, list) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

static void put_row(struct sheet *sheet, const json_t *recording)
{
	int64_t since = (int64_t)json_number(recording, "since");
	char bytes[16], missing[16], ago[16];

	sheet_put(sheet, PRINT_BOLD, "%s", json_text(recording, "console"));
	sheet_put(sheet, PRINT_PLAIN, "%s", json_text(recording, "record"));
	sheet_put(sheet, PRINT_PLAIN, "%s", print_ago(time(NULL) - since, ago));
	sheet_put(sheet, PRINT_PLAIN, "%s",
		print_bytes((uint64_t)json_number(recording, "bytes"), bytes));
	sheet_put(sheet, json_number(recording, "missing-bytes") ? PRINT_BAD : PRINT_PLAIN, "%s",
		print_bytes((uint64_t)json_number(recording, "missing-bytes"), missing));
	sheet_put(sheet, PRINT_PLAIN, "%s", json_text(recording, "path"));
}

static int show(const json_t *all, bool colour, struct error **err)
{
	static const char *const titles[] = { "CONSOLE", "RECORD", "SINCE", "BYTES", "MISSING",
		"FILE", NULL };
	AUTO_STRBUF struct strbuf out = { 0 };
	const json_t *recording;
	struct sheet sheet;
	size_t i;

	sheet_init(&sheet, titles, colour);
	json_array_foreach(all, i, recording) put_row(&sheet, recording);
	sheet_show(&sheet, &out);
	if (out.failed)
		return error_set(err, ENOMEM, "out of memory");
	fwrite(out.data, 1, out.len, stdout);
	return CLIENT_DONE;
}

int verb_recording_list(struct client *client, const struct args *args, struct error **err)
{
	const struct daemons *daemons = client->daemons;
	AUTO_JSON json_t *all = json_array();
	int r = daemons_check(daemons, err);

	(void)args;
	for (size_t i = 0; i < daemons->len && r == 0; i++)
		r = ask(&daemons->items[i], all, err);
	if (r < 0)
		return r;
	if (!client->json)
		return show(all, client->colour, err);
	print_json(all);
	return CLIENT_DONE;
}

/* ---- by hand ---- */

int verb_recording_start(struct client *client, const struct args *args, struct error **err)
{
	const char *path = args->n_words > 1 ? args->words[1] : NULL;

	return verb_call(client, args->words[0], "console", "recording-start",
		json_pack("{s:s*,s:b}", "path", path, "input", args_has(args, "input")), err);
}

int verb_recording_stop(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "console", "recording-stop", json_object(), err);
}
