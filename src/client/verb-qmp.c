/* SPDX-License-Identifier: MIT */
/* Talking to a daemon without a console, and about the client itself. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/blocking.h"
#include "client/print.h"
#include "client/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMNS = 79 };

/* ---- qmp ---- */

static int add_arg(json_t *object, const char *word, struct error **err)
{
	const char *equals = strchr(word, '=');
	AUTO_FREE char *key = equals ? strndup(word, (size_t)(equals - word)) : NULL;
	json_t *value;

	if (!key)
		return error_set(err, EINVAL, "'%s': an argument is KEY=VALUE", word);
	value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
	if (!value)
		value = json_string(equals + 1);
	if (json_object_set_new(object, key, value) < 0)
		return error_set(err, EINVAL, "'%s' is no text", word);
	return 0;
}

int verb_qmp(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *object = json_object();
	AUTO_JSON json_t *result = NULL;
	int r = 0;

	if (args->n_words == 2 && *args->words[1] == '{') {
		json_decref(object);
		object = json_loads(args->words[1], 0, NULL);
		if (!object)
			return error_set(err, EINVAL, "'%s' is no JSON", args->words[1]);
	} else {
		for (unsigned i = 1; i < args->n_words && r == 0; i++)
			r = add_arg(object, args->words[i], err);
	}
	if (r == 0)
		r = verb_open_only(client, &session, err);
	if (r == 0)
		r = session_call(&session, args->words[0],
			json_object_size(object) ? json_incref(object) : NULL, &result, err);
	if (r < 0)
		return r;
	print_json(result);
	return CLIENT_DONE;
}

/* ---- relay ---- */

static void say_hello(const struct daemons *daemons)
{
	AUTO_JSON json_t *list = json_array();
	AUTO_JSON json_t *hello = NULL;

	for (size_t i = 0; i < daemons->len; i++)
		json_array_append_new(list, json_string(daemons->items[i].path));
	hello = json_pack("{s:O}", "daemons", list);
	json_dumpf(hello, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
}

static const struct daemon *read_choice(const struct daemons *daemons)
{
	char line[1024];
	size_t len = blocking_read_line(STDIN_FILENO, line, sizeof(line));
	AUTO_JSON json_t *choice = json_loadb(line, len, 0, NULL);

	for (size_t i = 0; i < daemons->len; i++)
		if (!strcmp(daemons->items[i].path, json_text(choice, "daemon")))
			return &daemons->items[i];
	return NULL;
}

static int relay_one(const struct daemons *all, const char *pattern, bool view, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	struct daemons one = *all;
	const struct daemon *daemon;
	int r = consoles_find_one(all, pattern, &consoles, err);

	if (r < 0)
		return r;
	daemon = consoles.items[0].daemon;
	one.items = (struct daemon *)(uintptr_t)daemon;
	one.len = 1;
	say_hello(&one);
	if (!read_choice(&one))
		return CLIENT_DONE;
	r = session_open(daemon, &session, err);
	return r < 0 ? r : relay_only(&session, consoles.items[0].id, view, err);
}

int verb_relay(struct client *client, const struct args *args, struct error **err)
{
	struct connection connection = { .fd = -1 };
	const struct daemon *daemon;
	int r;

	if (args_has(args, "only"))
		return relay_one(
			client->daemons, args_value(args, "only"), args_has(args, "view"), err);
	say_hello(client->daemons);
	daemon = read_choice(client->daemons);
	if (!daemon)
		return CLIENT_DONE;
	r = daemon_connect(daemon, &connection, err);
	if (r < 0)
		return r;
	relay_pump(&connection);
	connection_close(&connection);
	return CLIENT_DONE;
}

/* ---- help ---- */

static void show_options(const struct verb_option *options)
{
	for (; options && options->name; options++) {
		char letter[8] = "    ", name[64];

		if (options->letter)
			snprintf(letter, sizeof(letter), "-%c, ", options->letter);
		snprintf(name, sizeof(name), "--%s%s%s", options->name, options->arg ? "=" : "",
			options->arg ? options->arg : "");
		printf("  %s%-22s %s\n", letter, name, options->help);
	}
}

/* In lines that a terminal does not break within a word. */
static void show_text(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column + len >= HELP_COLUMNS) {
			printf("\n");
			column = 0;
		}
		printf("%s%.*s", column ? " " : "", (int)len, text);
		column += (column > 0) + len;
		text += len + strspn(text + len, " ");
	}
	printf("\n");
}

static void show_verb(const struct verb *verb)
{
	printf("charhub %s%s%s\n\n%s.\n", verb->name, *verb->usage ? " " : "", verb->usage,
		verb->summary);
	if (verb->help) {
		printf("\n");
		show_text(verb->help);
	}
	if (verb->options) {
		printf("\n");
		show_options(verb->options);
	}
}

static void show_all(void)
{
	printf("Usage: charhub [OPTION...] [VERB [WORD...]]\n\n"
	       "Consoles of charhubd: see who is there, take part, steer. Without a verb: "
	       "list.\n\n");
	for (const struct verb *verb = verbs; verb->name; verb++)
		printf("  %-12s %s\n", verb->name, verb->summary);
	printf("\n");
	show_options(verb_common_options);
	printf("\n'charhub help VERB' says more. It ends with 0: done, 1: an error, 2: left by the "
	       "escape,\n3: the console is gone.\n");
}

int verb_help(struct client *client, const struct args *args, struct error **err)
{
	unsigned used = 0, shown = 0;
	const struct verb *verb;

	(void)client;
	if (!args->n_words) {
		show_all();
		return CLIENT_DONE;
	}
	verb = verb_find(args->words, args->n_words, &used);
	if (verb) {
		show_verb(verb);
		return CLIENT_DONE;
	}
	for (verb = verbs; verb->name && args->n_words == 1; verb++) {
		if (!verb_follows(verb, args->words[0]))
			continue;
		printf("%s", shown++ ? "\n" : "");
		show_verb(verb);
	}
	return shown ? CLIENT_DONE : verb_unknown(args->words[0], err);
}
