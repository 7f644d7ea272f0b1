/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_VERB_H
#define CLIENT_VERB_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What `charhub` can be told to do. A verb is an entry in the table of verbs.c; the command line,
 * the help, the completions of the shells and the manual are made from it.
 */
struct args;
struct client;

/** How `charhub` ends. */
enum client_exit {
	CLIENT_DONE = 0,
	CLIENT_ERROR = 1,
	CLIENT_LEFT = 2, /* by the escape */
	CLIENT_GONE = 3, /* the console, or the way to it, is not there any more */
};

/**
 * struct verb_option - `--name`, `--name=ARG`, `-l ARG`
 * @letter: 0: none
 * @arg:    what its argument is called; NULL: it has none
 * @help:   one line without a full stop
 */
struct verb_option {
	const char *name;
	char letter;
	const char *arg;
	const char *help;
};

/**
 * struct verb - one of them
 * @name:    of one word, or of two: "hub add"
 * @usage:   its words: "CONSOLE [TEXT...]"
 * @summary: one line without a full stop
 * @help:    more of it, for the manual; NULL: there is no more
 * @options: besides those of every verb; ends with a NULL name; NULL: none
 * @words_min, @words_max: how many words it takes
 */
struct verb {
	const char *name, *usage, *summary, *help;
	const struct verb_option *options;
	unsigned words_min, words_max;

	/** Return: enum client_exit; -errno with @err. */
	int (*run)(struct client *client, const struct args *args, struct error **err);
};

enum { VERB_WORDS_MAX = 64 };

/** verbs - ends with a NULL name */
extern const struct verb verbs[];

/** verb_common_options - those that stand before or behind any verb; ends with a NULL name */
extern const struct verb_option verb_common_options[];

/** verb_find() - by the first word or the first two of @words; @ret_used: how many it was */
const struct verb *verb_find(char *const *words, unsigned n, unsigned *ret_used);

/** verb_follows() - is @verb of two words, of which the first is @word */
bool verb_follows(const struct verb *verb, const char *word);

/** verb_unknown() - there is none that begins so, or not without more. Return: -EINVAL with @err */
int verb_unknown(const char *word, struct error **err);

#endif
