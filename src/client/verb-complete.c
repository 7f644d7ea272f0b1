/* SPDX-License-Identifier: MIT */
/*
 * What may stand where the cursor is in a command line of charhub, for the completion of shells. It
 * follows from the table of verbs: what a word or the value of an option is called there says whose
 * names it may be.
 */
#include "client/verb-run.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct line - a command line up to the cursor
 * @words:  those that are no options; the first @verb_words are the verb's
 * @verb:   NULL: none is named yet
 * @option: wants @last as its value; NULL: none does
 * @last:   what stands before the cursor; all that is proposed begins so
 * @value:  the part of it behind "--option="
 */
struct line {
	const char *words[VERB_WORDS_MAX];
	unsigned n_words, verb_words;
	const struct verb *verb;
	const struct verb_option *option;
	bool words_only;
	const char *last, *value;
	const char *host, *ssh, *socket;
};

/* ---- reading the line ---- */

static void learn(struct line *line, const struct verb_option *option, const char *value)
{
	if (!strcmp(option->name, "host"))
		line->host = value;
	else if (!strcmp(option->name, "ssh"))
		line->ssh = value;
	else if (!strcmp(option->name, "socket"))
		line->socket = value;
}

static void read_word(struct line *line, const char *word)
{
	if (line->n_words == VERB_WORDS_MAX)
		return;
	line->words[line->n_words++] = word;
	if (!line->verb)
		line->verb = verb_find(
			(char *const *)(uintptr_t)line->words, line->n_words, &line->verb_words);
}

/* @next: what stands behind it; NULL: the cursor. Return: was that its value. */
static bool read_option(struct line *line, const char *word, const char *next)
{
	const char *value;
	const struct verb_option *option = args_find_option(line->verb, word, &value);

	if (!option || !option->arg)
		return false;
	if (value || next)
		learn(line, option, value ? value : next);
	else
		line->option = option;
	return !value;
}

static bool is_option(const struct line *line, const char *word)
{
	return !line->words_only && word[0] == '-';
}

static void read_line(struct line *line, char *const *words, unsigned n)
{
	const struct verb_option *option;
	const char *value = NULL;

	line->last = line->value = words[n - 1];
	for (unsigned i = 0; i + 1 < n; i++) {
		if (!is_option(line, words[i]))
			read_word(line, words[i]);
		else if (!strcmp(words[i], "--"))
			line->words_only = true;
		else
			i += read_option(line, words[i], i + 2 < n ? words[i + 1] : NULL);
	}
	if (line->option || !is_option(line, line->last) || !strchr(line->last, '='))
		return;
	option = args_find_option(line->verb, line->last, &value);
	if (option && option->arg && value) {
		line->option = option;
		line->value = value;
	}
}

/* ---- proposals ---- */

/* The word, and what is said about it; what belongs before both is in @line. */
static void propose(const struct line *line, const char *word, size_t len, const char *about)
{
	AUTO_FREE char *clean = words_clean(about, strlen(about));
	size_t typed = strlen(line->value);

	if (len >= typed && !strncmp(word, line->value, typed))
		printf("%.*s%.*s\t%s\n", (int)(line->value - line->last), line->last, (int)len,
			word, clean ? clean : "");
}

static void propose_options(const struct line *line, const struct verb_option *options)
{
	for (; options && options->name; options++) {
		char name[64];
		int len = snprintf(
			name, sizeof(name), "--%s%s", options->name, options->arg ? "=" : "");

		propose(line, name, (size_t)len, options->help);
	}
}

/* The first words of verbs, each once; behind one of them those that may follow it. */
static void propose_verbs(const struct line *line, const char *first)
{
	size_t told = 0;

	for (const struct verb *verb = verbs; verb->name; verb++) {
		size_t len = strcspn(verb->name, " ");
		bool again = told == len && !strncmp(verb->name, verb[-1].name, len);

		if (!first && !again)
			propose(line, verb->name, len, verb->summary);
		if (first && verb->name[len] && strlen(first) == len &&
			!strncmp(verb->name, first, len))
			propose(line, verb->name + len + 1, strlen(verb->name + len + 1),
				verb->summary);
		told = len;
	}
}

/* Of words that are separated by '|'. */
static void propose_choices(const struct line *line, const char *choices)
{
	while (*choices) {
		size_t len = strcspn(choices, "|");

		propose(line, choices, len, "");
		choices += len + (choices[len] == '|');
	}
}

static void propose_items(
	const struct line *line, const json_t *list, const char *name, const char *about)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *word = json_text(item, name);

		propose(line, word, strlen(word), json_text(item, about));
	}
}

/* ---- names of what a daemon has ---- */

static void propose_consoles(const struct line *line, struct client *client)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };

	consoles_find(client->daemons, NULL, &consoles, NULL);
	for (size_t i = 0; i < consoles.len; i++)
		propose(line, consoles.items[i].name, strlen(consoles.items[i].name),
			json_text(consoles.items[i].info, "last-line"));
}

/* With the daemon of the console that was named, or with the only one. */
static int open_session(const struct line *line, struct client *client, struct consoles *consoles,
	struct session *session)
{
	if (line->n_words == line->verb_words)
		return verb_open_only(client, session, NULL);
	return verb_open(client, line->words[line->verb_words], consoles, session, NULL);
}

static void propose_members(const struct line *line, struct client *client)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *hub = NULL;

	if (open_session(line, client, &consoles, &session) == 0 && consoles.len &&
		session_hub(&session, consoles.items[0].id, &hub, NULL) == 0)
		propose_items(line, json_object_get(hub, "members"), "id", "identity");
}

static void propose_answer(const struct line *line, struct client *client, const char *command,
	const char *name, const char *about)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *list = NULL;

	if (open_session(line, client, &consoles, &session) == 0 &&
		session_call(&session, command, NULL, &list, NULL) == 0)
		propose_items(line, list, name, about);
}

/* ---- what may stand there ---- */

static bool is_called(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && !strncmp(name, wanted, len);
}

static void propose_called(
	const struct line *line, struct client *client, const char *name, size_t len)
{
	if (is_called(name, len, "CONSOLE"))
		propose_consoles(line, client);
	else if (is_called(name, len, "MEMBER"))
		propose_members(line, client);
	else if (is_called(name, len, "CHARDEV"))
		propose_answer(line, client, "query-chardev", "label", "filename");
	else if (is_called(name, len, "COMMAND"))
		propose_answer(line, client, "query-commands", "name", "");
	else if (is_called(name, len, "VERB"))
		propose_verbs(line,
			line->n_words > line->verb_words ? line->words[line->verb_words] : NULL);
	else if (is_called(name, len, "FILE") || is_called(name, len, "PATH"))
		printf(":files\n");
}

/* "CONSOLE [TEXT...]": the name of the word at the cursor, without what stands around it. */
static void propose_word(const struct line *line, struct client *client)
{
	const char *at = line->verb->usage;

	for (unsigned left = line->n_words - line->verb_words;; left--) {
		size_t name;

		at += *at == '[';
		name = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (!left || at[name] == '.') {
			propose_called(line, client, at, name);
			return;
		}
		at += strcspn(at, " ");
		if (!*at++)
			return;
	}
}

static void propose_all(const struct line *line, struct client *client)
{
	if (line->option && strchr(line->option->arg, '|')) {
		propose_choices(line, line->option->arg);
	} else if (line->option) {
		propose_called(line, client, line->option->arg, strlen(line->option->arg));
	} else if (is_option(line, line->last)) {
		propose_options(line, verb_common_options);
		propose_options(line, line->verb ? line->verb->options : NULL);
	} else if (line->verb) {
		propose_word(line, client);
	} else {
		propose_verbs(line, line->n_words ? line->words[0] : NULL);
	}
}

int verb_complete(struct client *client, const struct args *args, struct error **err)
{
	/* Nobody could answer a question of ssh's here, or would wait for long. */
	static const char ssh[] = "ssh -o BatchMode=yes -o ConnectTimeout=2";
	struct daemons daemons = { .spare = { .fd = -1 } };
	struct client there = { .daemons = &daemons };
	struct line line = { 0 };

	(void)client;
	(void)err;
	read_line(&line, args->words, args->n_words);
	if (!line.ssh)
		line.ssh = getenv("CHARHUB_SSH");
	/* A shell wants no words on why there are none. */
	daemons_find(
		&daemons, line.socket, line.host, line.ssh && *line.ssh ? line.ssh : ssh, NULL);
	propose_all(&line, &there);
	daemons_done(&daemons);
	return CLIENT_DONE;
}
