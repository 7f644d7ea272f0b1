/* SPDX-License-Identifier: MIT */
/*
 * What consoles have in common is said once. A value can be told in two forms, as it is and with %n
 * where the console's name stands in it; the form that most consoles share goes into a template,
 * and these consoles do not say it again. There are two layers of templates: "default" has what is
 * true of consoles of all kinds (a kind is the word before the colon of guest=), and one a kind
 * what is special to that. A key is in a template only if all consoles that the template is for
 * have it: there is no way to take it back.
 */
#include "client/import.h"

#include "base/cleanup.h"
#include "base/list.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHARED_BY = 2, /* consoles, at least */
	KINDS_MAX = 8,
	WIDTH = 100,
	PLAIN_NAME = 3, /* so long a name is looked for within words, too */
};

/* What a console is when nobody says otherwise. */
static const struct {
	const char *key, *value;
} presets[] = {
	{ "log", "off" },
	{ "logtimestamp", "off" },
	{ "guest.databits", "8" },
	{ "guest.parity", "none" },
	{ "guest.stopbits", "1" },
	{ "guest.flow", "none" },
	{ "guest.restart", "no" },
};

/**
 * struct layer - a template
 * @name:  "default", or the kind that it is for
 * @outer: what it stands on; NULL: nothing
 * @forms: values of keys, owned; a preset is not printed
 */
struct layer {
	char name[16];
	const struct layer *outer;
	struct import_setting forms[IMPORT_SETTINGS_MAX];
	unsigned n_forms;
	size_t consoles;
};

static const char *preset(const char *key)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (!strcmp(presets[i].key, key))
			return presets[i].value;
	return NULL;
}

static const char *value_of(const struct import_setting *settings, unsigned n, const char *key)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(settings[i].key, key))
			return settings[i].value;
	return NULL;
}

static const char *console_value(const struct import_console *console, const char *key)
{
	return value_of(console->settings, console->n_settings, key);
}

/* What holds where a console says nothing; NULL: nothing does. */
static const char *form_of(const struct layer *layer, const char *key)
{
	const char *form = NULL;

	for (; layer && !form; layer = layer->outer)
		form = value_of(layer->forms, layer->n_forms, key);
	return form ? form : preset(key);
}

/* ---- forms ---- */

static bool is_name_at(const char *value, const char *at, const char *id, size_t len)
{
	if (strncmp(at, id, len))
		return false;
	return len >= PLAIN_NAME || ((at == value || !isalnum((unsigned char)at[-1])) &&
					    !isalnum((unsigned char)at[len]));
}

/* With %n for the name. Return: to be freed; NULL: memory ran out. */
static char *general_form(const char *id, const char *value)
{
	struct strbuf form = { 0 };
	size_t len = strlen(id);

	strbuf_puts(&form, "");
	for (const char *p = value; *p;) {
		if (is_name_at(value, p, id, len)) {
			strbuf_puts(&form, "%n");
			p += len;
		} else {
			strbuf_putc(&form, *p++);
		}
	}
	return strbuf_take(&form);
}

/* Does a form mean this value for this console? */
static bool form_fits(const char *form, const char *id, const char *value)
{
	size_t len = strlen(id);

	while (*form) {
		if (form[0] == '%' && form[1] == 'n') {
			if (strncmp(value, id, len))
				return false;
			form += 2;
			value += len;
		} else if (form[0] == '%') {
			if (strncmp(value, form, 2))
				return false;
			form += 2;
			value += 2;
		} else if (*form++ != *value++) {
			return false;
		}
	}
	return !*value;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The text that is there most often, at least SHARED_BY times; NULL: none. @texts: sorted by it */
static const char *most_common(char **texts, size_t n)
{
	const char *best = NULL;
	size_t most = SHARED_BY - 1;

	qsort(texts, n, sizeof(*texts), compare_texts);
	for (size_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n && !strcmp(texts[i], texts[i + same]);)
			same++;
		if (same > most) {
			most = same;
			best = texts[i];
		}
	}
	return best;
}

/* ---- templates ---- */

static bool is_kind(const struct import_console *console, const char *kind)
{
	const char *guest = console_value(console, "guest");
	size_t len = strlen(kind);

	return !kind[0] || (guest && !strncmp(guest, kind, len) && guest[len] == ':');
}

/*
 * Let a layer say @key as most of its consoles do. @texts has place for two forms of each console.
 * The caller frees what is in it.
 */
static bool add_form(const struct import *import, struct layer *layer, const char *kind,
	const char *key, char **texts, size_t *n)
{
	const char *outer = layer->outer ? form_of(layer->outer, key) : NULL, *best;
	char *copy;

	for (size_t i = 0; i < import->len; i++) {
		const struct import_console *console = import->consoles[i];
		const char *value = console_value(console, key);
		char *general;

		if (!is_kind(console, kind))
			continue;
		if (!value)
			return true;
		general = general_form(console->id, value);
		texts[*n] = strdup(value);
		if (!general || !texts[*n]) {
			free(general);
			free(texts[*n]);
			return false;
		}
		(*n)++;
		if (strcmp(general, value))
			texts[(*n)++] = general;
		else
			free(general);
	}
	best = most_common(texts, *n);
	if (!best || (outer && !strcmp(best, outer)) || layer->n_forms == IMPORT_SETTINGS_MAX)
		return true;
	copy = strdup(best);
	if (!copy)
		return false;
	layer->forms[layer->n_forms++] = (struct import_setting){ key, copy };
	return true;
}

/* The first console of a kind has all keys that all of them have. */
static bool fill_layer(const struct import *import, struct layer *layer, const char *kind)
{
	const struct import_console *first = NULL;
	char **texts = reallocarray(NULL, import->len * 2 + 1, sizeof(*texts));
	bool done = texts;

	for (size_t i = 0; i < import->len; i++)
		if (is_kind(import->consoles[i], kind)) {
			first = first ? first : import->consoles[i];
			layer->consoles++;
		}
	for (unsigned i = 0; first && done && i < first->n_settings; i++) {
		size_t n = 0;

		done = add_form(import, layer, kind, first->settings[i].key, texts, &n);
		while (n)
			free(texts[--n]);
	}
	free(texts);
	return done;
}

static void layer_done(struct layer *layer)
{
	while (layer->n_forms)
		free(layer->forms[--layer->n_forms].value);
}

static bool says_something(const struct layer *layer)
{
	for (unsigned i = 0; i < layer->n_forms; i++) {
		const char *outer = form_of(layer->outer, layer->forms[i].key);

		if (!outer || strcmp(outer, layer->forms[i].value))
			return true;
	}
	return false;
}

/* ---- printing ---- */

/* Options of a section, behind its name; @used: columns of the line so far. */
static void put_option(
	struct strbuf *out, size_t *start, bool *first, const char *key, const char *value)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, "%s = ", key);
	import_quote(&text, value);
	if (text.failed) {
		out->failed = true;
		return;
	}
	if (out->len - *start + text.len + 2 > WIDTH && out->len > *start + 2) {
		strbuf_puts(out, "\n  ");
		*start = out->len - 2;
	} else {
		strbuf_puts(out, *first ? " " : ", ");
	}
	*first = false;
	strbuf_puts(out, text.data);
}

static void put_template(struct strbuf *out, const struct layer *layer)
{
	size_t start = out->len;
	bool first = true;

	if (!says_something(layer))
		return;
	strbuf_printf(out, "[template \"%s\"]", layer->name);
	if (layer->outer && says_something(layer->outer))
		put_option(out, &start, &first, "template", layer->outer->name);
	for (unsigned i = 0; i < layer->n_forms; i++) {
		const char *key = layer->forms[i].key, *outer = form_of(layer->outer, key);

		if (!outer || strcmp(outer, layer->forms[i].value))
			put_option(out, &start, &first, key, layer->forms[i].value);
	}
	strbuf_putc(out, '\n');
}

static void put_console(
	struct strbuf *out, const struct import_console *console, const struct layer *layer)
{
	size_t start;
	bool first = true;

	if (console->remarks.len)
		strbuf_puts(out, console->remarks.data);
	start = out->len;
	strbuf_printf(out, "[console \"%s\"]", console->id);
	if (layer->outer && says_something(layer))
		put_option(out, &start, &first, "template", layer->name);
	for (unsigned i = 0; i < console->n_settings; i++) {
		const struct import_setting *setting = &console->settings[i];
		const char *form = form_of(layer, setting->key);

		if (!form || !form_fits(form, console->id, setting->value))
			put_option(out, &start, &first, setting->key, setting->value);
	}
	strbuf_putc(out, '\n');
}

/* The layer of its kind. */
static const struct layer *layer_of(
	const struct import_console *console, const struct layer *layers, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		if (is_kind(console, layers[i].name))
			return &layers[i];
	return &layers[0];
}

/* The layers of all kinds there are, behind that of all. Return: false: out of memory. */
static bool make_layers(const struct import *import, struct layer *layers, unsigned *ret_n)
{
	unsigned n = 1;

	snprintf(layers[0].name, sizeof(layers[0].name), "default");
	*ret_n = n;
	if (!fill_layer(import, &layers[0], ""))
		return false;
	for (size_t i = 0; i < import->len && n < KINDS_MAX; i++) {
		const char *guest = console_value(import->consoles[i], "guest");
		size_t len = guest ? strcspn(guest, ":") : 0;

		if (!len || len >= sizeof(layers[n].name) ||
			layer_of(import->consoles[i], layers, n) != &layers[0])
			continue;
		memcpy(layers[n].name, guest, len);
		layers[n].outer = &layers[0];
		*ret_n = n + 1;
		if (!fill_layer(import, &layers[n], layers[n].name))
			return false;
		n++;
	}
	return true;
}

int import_print(struct import *import, const char *from, const char *control, struct strbuf *out,
	struct error **err)
{
	struct layer layers[KINDS_MAX] = { 0 };
	unsigned n = 0;
	size_t start;
	bool first = true, done = make_layers(import, layers, &n);

	strbuf_printf(out, "# Made of %s.\n", from);
	if (control && import->n_rules)
		strbuf_puts(out, "# Rules say who may take part in a console. Who may use this "
				 "socket may run every command.\n");
	if (control) {
		start = out->len;
		strbuf_puts(out, "[control]");
		put_option(out, &start, &first, "path", control);
		strbuf_putc(out, '\n');
	}
	if (import->objects.len)
		strbuf_puts(out, import->objects.data);
	for (unsigned i = 0; i < n; i++)
		put_template(out, &layers[i]);
	for (size_t i = 0; i < import->len; i++)
		put_console(out, import->consoles[i], layer_of(import->consoles[i], layers, n));
	for (unsigned i = 0; i < n; i++)
		layer_done(&layers[i]);
	if (!done || out->failed || import->failed || import->objects.failed ||
		import->notes.failed)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}
