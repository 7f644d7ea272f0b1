/* SPDX-License-Identifier: MIT */
#include "metrics/exposition.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REAL_BYTES = 40 };

/* ---- a family ---- */

/* In the plain form a counter is called what its figures are called. */
static const char *suffix_of_family(const struct exposition *exposition)
{
	bool total = exposition->form == EXPOSITION_PLAIN &&
		     exposition->family->type == EXPOSITION_COUNTER;

	return total ? "_total" : "";
}

static void put_comment(struct exposition *exposition, const char *word, const char *text)
{
	strbuf_printf(&exposition->text, "# %s %s%s %s\n", word, exposition->family->name,
		suffix_of_family(exposition), text);
}

void exposition_begin(struct exposition *exposition, const struct exposition_family *family)
{
	static const char *const types[] = { "gauge", "counter", "histogram" };

	exposition->family = family;
	put_comment(exposition, "HELP", family->help);
	put_comment(exposition, "TYPE", types[family->type]);
	if (family->unit && exposition->form == EXPOSITION_OPENMETRICS)
		put_comment(exposition, "UNIT", family->unit);
}

/* ---- figures ---- */

/* What is no UTF-8 would make the whole text none. */
static void put_quoted(struct strbuf *text, const char *value)
{
	for (size_t left = strlen(value), len; left; value += len, left -= len) {
		int character = utf8_character(value, left);

		len = character > 0 ? (size_t)character : 1;
		if (character <= 0)
			strbuf_putc(text, '?');
		else if (*value == '\n')
			strbuf_puts(text, "\\n");
		else if (*value == '"' || *value == '\\')
			strbuf_printf(text, "\\%c", *value);
		else
			strbuf_append(text, value, len);
	}
}

static void put_label(struct strbuf *text, const char *name, const char *value, bool first)
{
	strbuf_printf(text, "%s%s=\"", first ? "{" : ",", name);
	put_quoted(text, value);
	strbuf_putc(text, '"');
}

/* @le: one more label; NULL: none. */
static void put_name(struct exposition *exposition, const char *suffix,
	const struct exposition_label *labels, const char *le)
{
	static const struct exposition_label none = { 0 };
	struct strbuf *text = &exposition->text;
	const struct exposition_label *label = labels ? labels : &none;
	bool first = true;

	strbuf_printf(text, "%s%s", exposition->family->name, suffix);
	for (; label->name; label++, first = false)
		put_label(text, label->name, label->value, first);
	if (le)
		put_label(text, "le", le, first);
	strbuf_puts(text, first && !le ? " " : "} ");
}

static const char *suffix_of_figure(const struct exposition *exposition)
{
	return exposition->family->type == EXPOSITION_COUNTER ? "_total" : "";
}

static void put_whole(struct exposition *exposition, const char *suffix,
	const struct exposition_label *labels, const char *le, uint64_t value)
{
	put_name(exposition, suffix, labels, le);
	strbuf_printf(&exposition->text, "%" PRIu64 "\n", value);
}

static void put_real(struct exposition *exposition, const char *suffix,
	const struct exposition_label *labels, double value)
{
	put_name(exposition, suffix, labels, NULL);
	strbuf_printf(&exposition->text, "%.15g\n", value);
}

void exposition_put(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value)
{
	put_whole(exposition, suffix_of_figure(exposition), labels, NULL, value);
}

void exposition_put_real(
	struct exposition *exposition, const struct exposition_label *labels, double value)
{
	put_real(exposition, suffix_of_figure(exposition), labels, value);
}

/* "1.0": a bound is a real number, and is always written in one way [OpenMetrics 1.0, le]. */
static void write_bound(char text[REAL_BYTES], double bound)
{
	int len = snprintf(text, REAL_BYTES, "%.9g", bound);

	if (!strpbrk(text, ".e"))
		snprintf(text + len, REAL_BYTES - (size_t)len, ".0");
}

void exposition_put_histogram(struct exposition *exposition, const struct exposition_label *labels,
	const struct histogram *histogram, double per_unit)
{
	const struct histogram_bounds *bounds = histogram->bounds;
	char le[REAL_BYTES];
	uint64_t count = 0;

	for (size_t i = 0; i < bounds->n; i++) {
		count += histogram->counts[i];
		write_bound(le, (double)bounds->at[i] / per_unit);
		put_whole(exposition, "_bucket", labels, le, count);
	}
	count += histogram->counts[bounds->n];
	put_whole(exposition, "_bucket", labels, "+Inf", count);
	put_whole(exposition, "_count", labels, NULL, count);
	put_real(exposition, "_sum", labels, (double)histogram->sum / per_unit);
}

/* ---- the whole ---- */

void exposition_end(struct exposition *exposition)
{
	if (exposition->form == EXPOSITION_OPENMETRICS)
		strbuf_puts(&exposition->text, "# EOF\n");
}

const char *exposition_media_type(enum exposition_form form)
{
	return form == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
