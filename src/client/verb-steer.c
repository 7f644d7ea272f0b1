/* SPDX-License-Identifier: MIT */
/* What an operator does to consoles and to who is there: a command of the daemon each. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int verb_kick(struct client *client, const struct args *args, struct error **err)
{
	const char *reason = args_value(args, "reason");

	return verb_call(client, args->words[0], "hub", "peer-disconnect",
		json_pack("{s:s,s:s*}", "chardev", args->words[1], "reason", reason), err);
}

int verb_take(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "console", "console-take",
		json_pack("{s:s}", "member", args->words[1]), err);
}

int verb_give(struct client *client, const struct args *args, struct error **err)
{
	const char *member = args->n_words > 1 ? args->words[1] : NULL;

	return verb_call(client, args->words[0], "console", "console-give",
		json_pack("{s:s*}", "member", member), err);
}

int verb_request(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "console", "console-request",
		json_pack("{s:s}", "member", args->words[1]), err);
}

int verb_refuse(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "console", "console-refuse", json_object(), err);
}

int verb_break(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "id", "chardev-send-break", json_object(), err);
}

/* ---- chardevs ---- */

/* What the human monitor says in front of what went wrong. */
static const char monitor_error[] = "Error: ";

/* "socket,id=s1,path=/run/s1" is what -chardev takes; the daemon's own line parser reads it. */
int verb_add(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *answer = NULL;
	AUTO_FREE char *line = NULL;
	const char *text;
	int r = verb_open_only(client, &session, err);

	if (r == 0 && asprintf(&line, "chardev-add %s", args->words[0]) < 0) {
		line = NULL;
		r = error_set(err, ENOMEM, "out of memory");
	}
	if (r == 0)
		r = session_call(&session, "human-monitor-command",
			json_pack("{s:s}", "command-line", line), &answer, err);
	if (r < 0)
		return r;
	/* The human monitor says nothing where all is well. */
	text = json_string_value(answer);
	if (!text || !*text)
		return CLIENT_DONE;
	text += strncmp(text, monitor_error, strlen(monitor_error)) ? 0 : strlen(monitor_error);
	error_set(err, EREMOTE, "%.*s", (int)strcspn(text, "\r\n"), text);
	error_set_hint(
		err, "DEFINITION is what charhubd's -chardev takes: TYPE,id=ID,OPTION=VALUE,...");
	return -EREMOTE;
}

int verb_remove(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r = verb_open_only(client, &session, err);

	if (r == 0)
		r = session_call(&session, "chardev-remove",
			json_pack("{s:s}", "id", args->words[0]), NULL, err);
	return r < 0 ? r : CLIENT_DONE;
}

/* ---- members ---- */

static json_t *member_args(const struct args *args)
{
	json_t *object = json_pack("{s:s}", "chardev", args->words[1]);

	for (const struct verb_option *at = args->verb->options; object && at->name; at++)
		if (args_has(args, at->name))
			json_object_set_new(
				object, at->name, json_string(args_value(args, at->name)));
	return object;
}

int verb_hub_add(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "hub", "hub-add-member", member_args(args), err);
}

int verb_hub_remove(struct client *client, const struct args *args, struct error **err)
{
	return verb_call(client, args->words[0], "hub", "hub-remove-member",
		json_pack("{s:s}", "chardev", args->words[1]), err);
}

int verb_hub_set(struct client *client, const struct args *args, struct error **err)
{
	json_t *given = member_args(args);

	if (json_object_size(given) == 1) {
		json_decref(given);
		error_set(err, EINVAL, "'hub set' needs an option that says what is to change");
		error_set_hint(err, "'charhub help hub set' shows them.");
		return -EINVAL;
	}
	return verb_call(client, args->words[0], "hub", "hub-set-member", given, err);
}
