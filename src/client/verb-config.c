/* SPDX-License-Identifier: MIT */
/* The configuration of a daemon. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESSOR_MS = 60 * 1000 };

/* ---- config check ---- */

/* Return: the program of that name in the folder of this one, to be freed; NULL: there is none. */
static char *beside_us(const char *name)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *path;

	if (len < 0)
		return NULL;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash || asprintf(&path, "%.*s/%s", (int)(slash - self), self, name) < 0)
		return NULL;
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

int verb_config_check(struct client *client, const struct args *args, struct error **err)
{
	const char *told = getenv("CHARHUBD");
	AUTO_FREE char *own = beside_us("charhubd");
	const char *program = told && *told ? told : own ? own : "charhubd";

	(void)client;
	fflush(stdout);
	execlp(program, "charhubd", "-check", "-config", args->words[0], (char *)NULL);
	error_set(err, errno, "could not run %s: %s", program, strerror(errno));
	error_set_hint(err, "$CHARHUBD says where it is.");
	return -ENOENT;
}

/* ---- config show ---- */

int verb_config_show(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *list = NULL;
	json_t *given = args->n_words ? json_pack("{s:s}", "id", args->words[0]) : NULL, *thing;
	int r = verb_open_only(client, &session, err);
	size_t i;

	if (r < 0) {
		json_decref(given);
		return r;
	}
	r = session_call(&session, "query-config", given, &list, err);
	if (r < 0)
		return r;
	if (args->n_words && !json_array_size(list))
		return error_set(err, ENOENT, "no configuration has made '%s'", args->words[0]);
	if (client->json) {
		print_json(list);
		return CLIENT_DONE;
	}
	json_array_foreach(list, i, thing)
		printf("-%s %s\n", json_text(thing, "option"), json_text(thing, "arg"));
	return CLIENT_DONE;
}

/* ---- reload ---- */

/* Return: could it be done. */
static bool show_step(const json_t *step)
{
	const char *error = json_text(step, "error");

	printf("%-9s %s %s%s%s\n", json_text(step, "action"), json_text(step, "option"),
		json_text(step, "id"), *error ? ": " : "", error);
	return !*error;
}

int verb_reload(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *steps = NULL;
	bool done = true;
	json_t *step;
	size_t i;
	int r = verb_open_only(client, &session, err);

	if (r == 0)
		r = session_call(&session, "config-reload",
			json_pack("{s:b}", "dry-run", args_has(args, "dry-run")), &steps, err);
	if (r < 0)
		return r;
	if (client->json) {
		print_json(steps);
		return CLIENT_DONE;
	}
	json_array_foreach(steps, i, step) done &= show_step(step);
	return done ? CLIENT_DONE : CLIENT_ERROR;
}

/* ---- upgrade ---- */

static void show_fate(const json_t *step)
{
	const char *why = json_text(step, "why");

	printf("%-9s %s %s%s%s\n", json_text(step, "fate"), json_text(step, "what"),
		json_text(step, "id"), *why ? ": " : "", why);
}

/* The old one has gone when it closes the session behind its answer; else it says why not. */
static int wait_for_successor(struct session *session, struct error **err)
{
	for (;;) {
		AUTO_JSON json_t *event = NULL;
		struct error *end = NULL;
		int r = session_event(session, SUCCESSOR_MS, &event, &end);

		if (r == -ETIMEDOUT)
			return error_set(err, ETIMEDOUT,
				"the daemon does not say whether another one goes on");
		if (r == -EPROTO || r == -ENOMEM)
			return error_move(err, &end);
		error_free(end);
		if (r < 0)
			return 0;
		if (!strcmp(json_text(event, "event"), "UPGRADE_FAILED"))
			return error_set(err, EREMOTE, "no upgrade, all goes on as before: %s",
				json_text(json_object_get(event, "data"), "error"));
	}
}

int verb_upgrade(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = { .connection = { .fd = -1 } };
	AUTO_JSON json_t *steps = NULL;
	json_t *step;
	size_t i;
	int r = verb_open_only(client, &session, err);

	if (r == 0)
		r = session_call(&session, "upgrade",
			json_pack("{s:b,s:b}", "dry-run", args_has(args, "dry-run"), "force",
				args_has(args, "force")),
			&steps, err);
	if (r == 0 && !args_has(args, "dry-run"))
		r = wait_for_successor(&session, err);
	if (r < 0)
		return r;
	if (client->json) {
		print_json(steps);
		return CLIENT_DONE;
	}
	json_array_foreach(steps, i, step) show_fate(step);
	return CLIENT_DONE;
}
