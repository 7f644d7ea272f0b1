/* SPDX-License-Identifier: MIT */
#include "client/import.h"

#include "base/cleanup.h"
#include "base/console-parts.h"
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 400 }; /* bytes of a comment */

struct import_chunk {
	struct import_chunk *next;
	max_align_t bytes[];
};

struct rules {
	struct name name;
	char id[32];
};

/* ---- memory ---- */

void *import_alloc(struct import *import, size_t size)
{
	struct import_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk) {
		import->failed = true;
		return NULL;
	}
	chunk->next = import->pool;
	import->pool = chunk;
	return chunk->bytes;
}

char *import_copy(struct import *import, const char *text, size_t len)
{
	char *copy = import_alloc(import, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static void console_free(struct import_console *console)
{
	names_remove(&console->in_ids);
	for (unsigned i = 0; i < console->n_settings; i++)
		free(console->settings[i].value);
	strbuf_done(&console->remarks);
	free(console->id);
	free(console);
}

void import_done(struct import *import)
{
	while (import->len)
		console_free(import->consoles[--import->len]);
	free(import->consoles);
	names_done(&import->ids);
	strbuf_done(&import->notes);
	strbuf_done(&import->objects);
	names_done(&import->rules);
	while (import->pool) {
		struct import_chunk *chunk = import->pool;

		import->pool = chunk->next;
		free(chunk);
	}
	*import = (struct import){ 0 };
}

/* ---- what is told ---- */

/* Text of a stranger's file: on one line, and no terminal obeys it. */
static void put_tame(struct strbuf *out, const char *text)
{
	for (size_t i = 0; text[i] && i < NOTE_MAX; i++)
		strbuf_putc(out, iscntrl((unsigned char)text[i]) ? '?' : text[i]);
}

int import_error(struct error **err, const struct import_place *place, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	AUTO_STRBUF struct strbuf tame = { 0 };
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	put_tame(&tame, text ? text : "out of memory");
	return error_set(err, EINVAL, "%s:%u: %s", place->path, place->line,
		tame.failed ? "out of memory" : tame.data);
}

void import_remark(struct import_console *console, const char *text)
{
	strbuf_puts(&console->remarks, "# ");
	put_tame(&console->remarks, text);
	strbuf_putc(&console->remarks, '\n');
}

void import_note(struct import *import, struct import_console *console,
	const struct import_place *place, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text) {
		import->failed = true;
		return;
	}
	strbuf_printf(&import->notes, "%s:%u: ", place->path, place->line);
	put_tame(&import->notes, text);
	strbuf_putc(&import->notes, '\n');
	if (console)
		import_remark(console, text);
}

/* ---- consoles ---- */

/* What is called so would be taken for a part of another console [doc/config.md]. */
static void avoid_part(char *id)
{
	char *dot = id ? strrchr(id, '.') : NULL;

	for (const char *const *suffix = console_suffixes; dot && *suffix; suffix++)
		if (!strcmp(dot, *suffix))
			*dot = '_';
}

/* An id begins with a letter. Return: to be freed; NULL: out of memory. */
static char *make_id(const struct import *import, const char *name)
{
	struct strbuf id = { 0 };
	size_t len;

	if (!isalpha((unsigned char)*name) || (unsigned char)*name > 127)
		strbuf_puts(&id, "c");
	for (; *name; name++) {
		bool fits = isalnum((unsigned char)*name) || strchr("-._", *name);

		strbuf_putc(&id, fits && (unsigned char)*name < 128 ? *name : '_');
	}
	avoid_part(id.data);
	len = id.len;
	for (unsigned n = 2; !id.failed && names_find(&import->ids, id.data); n++) {
		strbuf_truncate(&id, len);
		strbuf_printf(&id, "-%u", n);
	}
	return strbuf_take(&id);
}

static bool reserve(struct import *import)
{
	size_t size = import->size ? import->size * 2 : 64;
	struct import_console **consoles;

	if (import->len < import->size)
		return true;
	consoles = reallocarray(import->consoles, size, sizeof(struct import_console *));
	if (!consoles)
		return false;
	import->consoles = consoles;
	import->size = size;
	return true;
}

struct import_console *import_add_console(struct import *import, const char *name,
	const struct import_place *place, struct error **err)
{
	struct import_console *console;

	if (import->len == IMPORT_CONSOLES_MAX) {
		import_error(err, place, "more than %d consoles", IMPORT_CONSOLES_MAX);
		return NULL;
	}
	console = calloc(1, sizeof(*console));
	if (console)
		console->id = make_id(import, name);
	if (!console || !console->id || !reserve(import)) {
		if (console)
			console_free(console);
		error_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	names_add(&import->ids, &console->in_ids, console->id);
	import->consoles[import->len++] = console;
	if (strcmp(console->id, name))
		import_note(import, console, place,
			"console '%s' is called '%s' here: a name "
			"begins with a letter; letters, digits, '-', '.' and '_' follow",
			name, console->id);
	return console;
}

void import_drop_console(struct import *import)
{
	console_free(import->consoles[--import->len]);
}

bool import_set(struct import *import, struct import_console *console, const char *key,
	const char *value, const struct import_place *place)
{
	AUTO_STRBUF struct strbuf text = { 0 }, quoted = { 0 };

	strbuf_puts(&text, "");
	for (; *value; value++) {
		strbuf_putc(&text, *value);
		if (*value == '%')
			strbuf_putc(&text, '%');
	}
	if (text.failed || console->n_settings == IMPORT_SETTINGS_MAX) {
		import->failed = true;
		return true;
	}
	if (!import_quote(&quoted, text.data)) {
		import_note(import, console, place,
			"console '%s': %s= cannot be written: a value has "
			"not both kinds of quotes, no control characters and at most %d bytes",
			console->id, key, IMPORT_WORD_MAX);
		return false;
	}
	console->settings[console->n_settings++] =
		(struct import_setting){ key, strbuf_take(&text) };
	return true;
}

const char *import_add_rules(struct import *import, const char *body)
{
	struct name *name = names_find(&import->rules, body);
	struct rules *rules;
	char *copy;

	if (name)
		return ((struct rules *)(void *)name)->id;
	rules = import_alloc(import, sizeof(*rules));
	copy = import_copy(import, body, strlen(body));
	if (!rules || !copy)
		return NULL;
	snprintf(rules->id, sizeof(rules->id), "people%u", ++import->n_rules);
	names_add(&import->rules, &rules->name, copy);
	strbuf_printf(&import->objects, "[object \"%s\"] qom-type = \"authz-list\", %s\n",
		rules->id, body);
	return rules->id;
}

/* ---- words ---- */

bool import_quote(struct strbuf *out, const char *value)
{
	char quote = strchr(value, '"') ? '\'' : '"';

	if (strchr(value, quote) || strlen(value) > IMPORT_WORD_MAX)
		return false;
	for (const char *p = value; *p; p++)
		if (iscntrl((unsigned char)*p) && *p != '\t')
			return false;
	strbuf_putc(out, quote);
	strbuf_puts(out, value);
	strbuf_putc(out, quote);
	return true;
}

void import_quote_word(struct strbuf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:@%+=,-";

	if (*word && !word[strspn(word, plain)]) {
		strbuf_puts(out, word);
		return;
	}
	strbuf_putc(out, '\'');
	for (; *word; word++)
		strbuf_puts(out, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	strbuf_putc(out, '\'');
}

static void put_argument(struct strbuf *command, const char *option, const char *value)
{
	if (!value)
		return;
	strbuf_printf(command, " %s ", option);
	import_quote_word(command, value);
}

const char *import_ipmi_key_file(
	struct import *import, struct import_console *console, const struct import_place *place)
{
	AUTO_STRBUF struct strbuf path = { 0 };

	strbuf_printf(&path, "/etc/charhub/%s.ipmi", console->id);
	import_note(import, console, place,
		"console '%s': the password is not written here, since all can see the arguments "
		"of a "
		"command; put it into /etc/charhub/%s.ipmi, with mode 0400",
		console->id, console->id);
	return path.failed ? NULL : import_copy(import, path.data, path.len);
}

bool import_set_ipmi(struct import *import, struct import_console *console,
	const struct import_ipmi *ipmi, const struct import_place *place)
{
	AUTO_STRBUF struct strbuf command = { 0 };

	strbuf_puts(&command, "exec:ipmitool -I lanplus");
	put_argument(&command, "-H", ipmi->host);
	put_argument(&command, "-U", ipmi->user);
	put_argument(&command, "-f", ipmi->key_file);
	put_argument(&command, "-C", ipmi->cipher);
	put_argument(&command, "-L", ipmi->level);
	strbuf_puts(&command, " sol activate");
	if (command.failed) {
		import->failed = true;
		return true;
	}
	return import_set(import, console, "guest", command.data, place) &&
	       import_set(import, console, "guest.restart", "always", place);
}
