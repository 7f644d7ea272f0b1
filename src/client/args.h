/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_ARGS_H
#define CLIENT_ARGS_H

#include "client/verb.h"

#include <stdint.h>

enum { ARGS_OPTIONS_MAX = 16 };

/**
 * struct args - a command line, understood
 * @verb:  NULL: none was named
 * @words: what follows the verb and is no option
 */
struct args {
	const struct verb *verb;
	char *words[VERB_WORDS_MAX];
	unsigned n_words;
	struct {
		const struct verb_option *option;
		const char *value;
	} options[ARGS_OPTIONS_MAX];
	unsigned n_options;
};

/**
 * args_parse() - understand what `charhub` was called with
 * @argv: NULL-terminated, without the program's name; must outlive @args
 *
 * Options may stand anywhere; behind `--` all are words.
 *
 * Return: 0; -EINVAL with @err.
 */
int args_parse(char **argv, struct args *args, struct error **err);

/**
 * args_find_option() - which one a word is
 * @verb: may be NULL
 * @word: begins with '-'
 * @ret_value: what is behind it in the same word, "--name=value", "-lvalue"; NULL: nothing is
 *
 * Return: NULL: none.
 */
const struct verb_option *args_find_option(
	const struct verb *verb, const char *word, const char **ret_value);

/** args_has() - was --@name given */
bool args_has(const struct args *args, const char *name);

/** args_value() - of the last --@name; NULL: not given */
const char *args_value(const struct args *args, const char *name);

/** args_number() - @preset where it was not given. Return: 0; -EINVAL with @err */
int args_number(const struct args *args, const char *name, uint64_t preset, uint64_t max,
	uint64_t *ret_value, struct error **err);

#endif
