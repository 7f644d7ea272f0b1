/* SPDX-License-Identifier: MIT */
#include "client/args.h"

#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct verb_option *find_in(
	const struct verb_option *options, const char *name, size_t len, char letter)
{
	for (; options && options->name; options++)
		if (letter ? options->letter == letter
			   : strlen(options->name) == len && !strncmp(options->name, name, len))
			return options;
	return NULL;
}

static const struct verb_option *find(
	const struct verb *verb, const char *name, size_t len, char letter)
{
	const struct verb_option *found = find_in(verb_common_options, name, len, letter);

	return found || !verb ? found : find_in(verb->options, name, len, letter);
}

const struct verb_option *args_find_option(
	const struct verb *verb, const char *word, const char **ret_value)
{
	const char *name = word + 1, *value;

	if (*name != '-') {
		*ret_value = *name && name[1] ? name + 1 : NULL;
		return find(verb, NULL, 0, *name);
	}
	name++;
	value = strchr(name, '=');
	*ret_value = value ? value + 1 : NULL;
	return find(verb, name, value ? (size_t)(value - name) : strlen(name), 0);
}

static int unknown(const struct args *args, const char *word, struct error **err)
{
	error_set(err, EINVAL, "there is no option '%s'", word);
	if (args->verb)
		error_set_hint(err, "Try 'charhub help %s'.", args->verb->name);
	else
		error_set_hint(err, "Options of a verb stand behind it: charhub VERB %s", word);
	return -EINVAL;
}

/* Where @choices are words that are separated by '|'. */
static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value), next;

	if (!strchr(choices, '|'))
		return true;
	for (; *choices; choices += next + (choices[next] == '|')) {
		next = strcspn(choices, "|");
		if (next == len && !strncmp(choices, value, len))
			return true;
	}
	return false;
}

/* Return: how many words were used; -EINVAL. */
static int take_option(struct args *args, char *const *at, struct error **err)
{
	const char *value;
	const struct verb_option *option = args_find_option(args->verb, at[0], &value);
	int used = 1;

	if (!option)
		return unknown(args, at[0], err);
	if (args->n_options == ARGS_OPTIONS_MAX)
		return error_set(err, EINVAL, "too many options");
	if (!option->arg && value)
		return error_set(err, EINVAL, "'--%s' takes no value", option->name);
	if (option->arg && !value) {
		value = at[used++];
		if (!value)
			return error_set(err, EINVAL, "'%s' needs a value: %s", at[0], option->arg);
	}
	if (option->arg && !is_choice(option->arg, value))
		return error_set(err, EINVAL, "'--%s=%s': it is one of %s", option->name, value,
			option->arg);
	args->options[args->n_options].option = option;
	args->options[args->n_options++].value = value ? value : "";
	return used;
}

/* The verb comes with the first word, so that the options behind it are known as its own. */
static int take_word(struct args *args, char *const *at, struct error **err)
{
	unsigned n = 0, used = 0;

	if (args->verb) {
		if (args->n_words == VERB_WORDS_MAX)
			return error_set(err, EINVAL, "too many words");
		args->words[args->n_words++] = at[0];
		return 1;
	}
	while (at[n] && n < 2)
		n++;
	args->verb = verb_find(at, n, &used);
	return args->verb ? (int)used : verb_unknown(at[0], err);
}

static int check_words(const struct args *args, struct error **err)
{
	const struct verb *verb = args->verb;
	bool few;

	if (!verb || args_has(args, "help"))
		return 0;
	few = args->n_words < verb->words_min;
	if (!few && args->n_words <= verb->words_max)
		return 0;
	error_set(err, EINVAL, "'%s' %s: it is 'charhub %s%s%s'",
		few ? verb->name : args->words[verb->words_max],
		few ? "needs more words" : "is a word too many", verb->name,
		*verb->usage ? " " : "", verb->usage);
	error_set_hint(err, "'charhub help %s' says more.", verb->name);
	return -EINVAL;
}

int args_parse(char **argv, struct args *args, struct error **err)
{
	bool words_only = false;

	*args = (struct args){ 0 };
	while (*argv) {
		int used;

		if (!words_only && !strcmp(*argv, "--")) {
			words_only = true;
			used = 1;
		} else if (!words_only && argv[0][0] == '-' && argv[0][1]) {
			used = take_option(args, argv, err);
		} else {
			used = take_word(args, argv, err);
		}
		if (used < 0)
			return used;
		argv += used;
	}
	return check_words(args, err);
}

const char *args_value(const struct args *args, const char *name)
{
	for (unsigned i = args->n_options; i--;)
		if (!strcmp(args->options[i].option->name, name))
			return args->options[i].value;
	return NULL;
}

bool args_has(const struct args *args, const char *name)
{
	return args_value(args, name);
}

int args_number(const struct args *args, const char *name, uint64_t preset, uint64_t max,
	uint64_t *ret_value, struct error **err)
{
	const char *text = args_value(args, name);
	uint64_t value = preset;

	if (text && (parse_u64(text, &value) < 0 || value > max))
		return error_set(err, EINVAL, "'--%s=%s': it is a number from 0 to %" PRIu64, name,
			text, max);
	*ret_value = value;
	return 0;
}
