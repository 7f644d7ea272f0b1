/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/args.h"
#include "client/client.h"
#include "client/daemons.h"
#include "client/terminal.h"
#include "client/words.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What is told may be a peer's words. */
static int complain(struct error *err)
{
	AUTO_FREE char *text =
		err ? words_clean(error_message(err), strlen(error_message(err))) : NULL;

	if (text)
		fprintf(stderr, "charhub: %s\n", text);
	if (err && error_hint(err))
		fprintf(stderr, "%s\n", error_hint(err));
	error_free(err);
	return CLIENT_ERROR;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return terminal_is_tty() && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static int run(const struct args *args, struct error **err)
{
	const char *ssh = args_value(args, "ssh");
	struct daemons daemons = { .spare = { .fd = -1 } };
	struct client client = {
		.daemons = &daemons, .json = args_has(args, "json"), .colour = wants_colour()
	};
	int r;

	if (!ssh)
		ssh = getenv("CHARHUB_SSH");
	r = daemons_find(&daemons, args_value(args, "socket"), args_value(args, "host"),
		ssh && *ssh ? ssh : "ssh", err);
	if (r == 0)
		r = args->verb->run(&client, args, err);
	daemons_done(&daemons);
	return r;
}

/* What a script wants to keep is there, or it is told. */
static int finish(int r, struct error **err)
{
	int code = terminal_finish();

	if (r < 0 || *err || !code)
		return r;
	return error_set(err, -code, "cannot write to standard output: %s", strerror(-code));
}

static const struct verb *verb_named(const char *name)
{
	char *words[] = { (char *)(uintptr_t)name };
	unsigned used;

	return verb_find(words, 1, &used);
}

/* `charhub VERB --help` is `charhub help VERB`. */
static void ask_for_help(struct args *args)
{
	const struct verb *about = args->verb;

	args->n_words = 0;
	if (about && strcmp(about->name, "help") != 0)
		args->words[args->n_words++] = (char *)(uintptr_t)about->name;
	args->verb = verb_named("help");
}

int main(int argc, char **argv)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct error *err = NULL;
	struct args args;
	int r;

	(void)argc;
	terminal_hold_descriptors();
	setlocale(LC_CTYPE, "");
	sigaction(SIGPIPE, &ignore, NULL);
	r = args_parse(argv + 1, &args, &err);
	if (r < 0)
		return complain(err);
	if (args_has(&args, "help"))
		ask_for_help(&args);
	else if (!args.verb)
		args.verb = verb_named("list");
	if (args_has(&args, "version"))
		printf("charhub %s\n", CHARHUB_VERSION);
	else
		r = run(&args, &err);
	r = finish(r, &err);
	if (r < 0 || err)
		complain(err);
	return r < 0 ? CLIENT_ERROR : r;
}
