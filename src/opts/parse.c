/* SPDX-License-Identifier: MIT */
/*
 * The grammar of QEMU's -chardev and -device arguments:
 *
 *	text    = [ element *( "," element ) [ "," ] ]
 *	element = key "=" value | flag | first
 *
 * A key ends at '=' or ','. A value ends at a single ','; ",," in it is one comma. `first` is the
 * value of the implied key and exists at the start only. Any text at all is read without an error
 * but for the limits; what a key means is looked at later, by opts_check().
 */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"

#include <errno.h>
#include <string.h>

/* Read a value up to its single comma; *@text is then at that comma or at the end. */
static char *take_value(const char **text)
{
	struct strbuf value = { 0 };
	const char *p = *text;

	while (*p) {
		size_t run = strcspn(p, ",");

		strbuf_append(&value, p, run);
		p += run;
		if (p[0] != ',' || p[1] != ',')
			break;
		strbuf_putc(&value, ',');
		p += 2;
	}
	*text = p;
	return strbuf_take(&value);
}

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "?");
}

static void warn_of_flag(const char *flag, const char *key, const char *value)
{
	bool off = !strcmp(value, "off");

	log_warning("short-form boolean option '%s' deprecated", flag);
	if (!strcmp(key, "delay"))
		log_hint("Please use nodelay=%s instead", off ? "on" : "off");
	else
		log_hint("Please use %s=%s instead", key, value);
}

/* `foo` is foo=on; `nofoo` is foo=off whatever foo is. */
static int add_flag(struct opts *opts, const char *flag)
{
	bool off = !strncmp(flag, "no", 2);
	const char *key = off ? flag + 2 : flag, *value = off ? "off" : "on";

	if (is_help(flag)) {
		opts->wants_help = true;
		return 0;
	}
	warn_of_flag(flag, key, value);
	return opts_append(opts, key, value);
}

static int add_pair(struct opts *opts, const char *key, const char *value)
{
	if (!strcmp(key, "id") && opts_text(opts, "id"))
		return 0;
	return opts_append(opts, key, value);
}

/* Read the element at *@text and step over it and its comma. */
static int parse_element(const char **text, const char *implied, struct opts *opts)
{
	size_t len = strcspn(*text, "=,");
	bool has_value = (*text)[len] == '=';
	AUTO_FREE char *key = NULL;
	AUTO_FREE char *value = NULL;
	int r;

	key = implied && !has_value ? strdup(implied) : strndup(*text, len);
	if (!implied || has_value)
		*text += len + has_value;
	if (implied || has_value) {
		value = take_value(text);
		r = key && value ? add_pair(opts, key, value) : -ENOMEM;
	} else {
		r = key ? add_flag(opts, key) : -ENOMEM;
	}
	if (**text == ',')
		(*text)++;
	return r;
}

int opts_parse(const char *text, const char *implied, struct opts **ret_opts, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;

	if (*text == '{')
		return opts_parse_json(text, ret_opts, err);
	if (strnlen(text, OPTS_TEXT_MAX) == OPTS_TEXT_MAX)
		return error_set(err, EINVAL, "Options of more than %d bytes", OPTS_TEXT_MAX);
	opts = opts_new();
	if (!opts)
		return opts_append_error(-ENOMEM, err);
	for (; *text; implied = NULL) {
		int r = parse_element(&text, implied, opts);

		if (r < 0)
			return opts_append_error(r, err);
	}
	*ret_opts = TAKE_PTR(opts);
	return 0;
}
