/* SPDX-License-Identifier: MIT */
/*
 * With libxkbcommon the tables are those that every program of an X session has. Only a dead key or
 * Multi_key begins a sequence here. What is built in does for a keyboard of Western Europe.
 */
#include "display/compose.h"

#include "vt/keyboard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_XKBCOMMON
#include <xkbcommon/xkbcommon-compose.h>
#endif

enum {
	FIRST_DEAD = 0xfe50,
	LAST_DEAD = 0xfe93,
	MULTI_KEY = 0xff20,
	FIRST_ISO_LOCK = 0xfe01, /* .. the other level and group shifts */
	LAST_ISO_LOCK = 0xfe0f,
	MODE_SWITCH = 0xff7e,
};

bool composer_is_dead(uint32_t keysym)
{
	return keysym >= FIRST_DEAD && keysym <= LAST_DEAD;
}

static bool is_level_shift(uint32_t keysym)
{
	return (keysym >= FIRST_ISO_LOCK && keysym <= LAST_ISO_LOCK) || keysym == MODE_SWITCH ||
	       keysym == VT_KEY_NUM_LOCK;
}

static bool is_character(uint32_t keysym)
{
	return vt_keysym_to_unicode(keysym) != 0;
}

/* ---- what is built in ---- */

/* @alone: with a space; @twice: with itself; then letters and what they become. */
static const struct accent {
	uint32_t dead;
	const char *alone, *twice, *letters, *composed;
} accents[] = {
	{ 0xfe50, "`", "`", "AEIOUaeiou", "ÀÈÌÒÙàèìòù" },
	{ 0xfe51, "'", "´", "AEIOUYaeiouy", "ÁÉÍÓÚÝáéíóúý" },
	{ 0xfe52, "^", "^", "AEIOUaeiou", "ÂÊÎÔÛâêîôû" },
	{ 0xfe53, "~", "~", "ANOano", "ÃÑÕãñõ" },
	{ 0xfe57, "\"", "¨", "AEIOUaeiouy", "ÄËÏÖÜäëïöüÿ" },
	{ 0xfe58, "°", "°", "Aa", "Åå" },
	{ 0xfe5b, "¸", "¸", "Cc", "Çç" },
};

static const struct accent *find_accent(uint32_t dead)
{
	for (size_t i = 0; i < sizeof(accents) / sizeof(accents[0]); i++)
		if (accents[i].dead == dead)
			return &accents[i];
	return NULL;
}

/* All of @composed are two bytes of UTF-8. Return: whether there is such a sequence. */
static bool compose_built_in(uint32_t dead, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	const struct accent *accent = find_accent(dead);
	const char *at;

	if (!accent)
		return false;
	if (keysym == dead || keysym == ' ') {
		snprintf(ret_text, COMPOSE_TEXT_MAX, "%s",
			keysym == dead ? accent->twice : accent->alone);
		return true;
	}
	at = keysym < 0x80 ? strchr(accent->letters, (int)keysym) : NULL;
	if (!at)
		return false;
	memcpy(ret_text, accent->composed + 2 * (at - accent->letters), 2);
	ret_text[2] = 0;
	return true;
}

/* ---- libxkbcommon's ---- */

enum outcome { WAITING, COMPOSED, NO_SEQUENCE };

#ifdef HAVE_XKBCOMMON

struct compose_tables {
	struct xkb_context *context;
	struct xkb_compose_table *table;
};

static const char *session_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

/* The tables of "C" know no characters beyond ASCII. */
static struct xkb_compose_table *load(struct xkb_context *context)
{
	const char *locale = session_locale();
	struct xkb_compose_table *table = NULL;

	if (strcmp(locale, "C") && strcmp(locale, "POSIX"))
		table = xkb_compose_table_new_from_locale(
			context, locale, XKB_COMPOSE_COMPILE_NO_FLAGS);
	return table ? table
		     : xkb_compose_table_new_from_locale(
			       context, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS);
}

static void no_log(
	struct xkb_context *context, enum xkb_log_level level, const char *fmt, va_list ap)
{
	(void)context, (void)level, (void)fmt, (void)ap;
}

struct compose_tables *compose_tables_new(void)
{
	struct compose_tables *tables = calloc(1, sizeof(*tables));

	if (!tables)
		return NULL;
	tables->context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	if (!tables->context)
		return tables;
	xkb_context_set_log_fn(tables->context, no_log);
	tables->table = load(tables->context);
	return tables;
}

void compose_tables_free(struct compose_tables *tables)
{
	if (!tables)
		return;
	xkb_compose_table_unref(tables->table);
	xkb_context_unref(tables->context);
	free(tables);
}

void composer_init(struct composer *composer, const struct compose_tables *tables)
{
	*composer = (struct composer){ .tables = tables };
	if (tables && tables->table)
		composer->state = xkb_compose_state_new(tables->table, XKB_COMPOSE_STATE_NO_FLAGS);
}

void composer_done(struct composer *composer)
{
	xkb_compose_state_unref(composer->state);
	composer->state = NULL;
}

static enum outcome feed_state(
	struct xkb_compose_state *state, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	xkb_compose_state_feed(state, keysym);
	switch (xkb_compose_state_get_status(state)) {
	case XKB_COMPOSE_COMPOSING: return WAITING;
	case XKB_COMPOSE_COMPOSED:
		xkb_compose_state_get_utf8(state, ret_text, COMPOSE_TEXT_MAX);
		xkb_compose_state_reset(state);
		return COMPOSED;
	default: xkb_compose_state_reset(state); return NO_SEQUENCE;
	}
}

#else

struct compose_tables {
	char none;
};

struct compose_tables *compose_tables_new(void)
{
	return calloc(1, sizeof(struct compose_tables));
}

void compose_tables_free(struct compose_tables *tables)
{
	free(tables);
}

void composer_init(struct composer *composer, const struct compose_tables *tables)
{
	*composer = (struct composer){ .tables = tables };
}

void composer_done(struct composer *composer)
{
	(void)composer;
}

static void xkb_compose_state_reset(struct xkb_compose_state *state)
{
	(void)state;
}

static enum outcome feed_state(
	struct xkb_compose_state *state, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	(void)state, (void)keysym, (void)ret_text;
	return NO_SEQUENCE;
}

#endif

/* ---- either ---- */

static enum outcome feed(
	struct composer *composer, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	if (composer->state)
		return feed_state(composer->state, keysym, ret_text);
	if (!composer->n_keys)
		return find_accent(keysym) ? WAITING : NO_SEQUENCE;
	return compose_built_in(composer->keys[0], keysym, ret_text) ? COMPOSED : NO_SEQUENCE;
}

static void note(struct composer *composer, uint32_t keysym)
{
	if (composer->n_keys < COMPOSE_KEYS_MAX)
		composer->keys[composer->n_keys++] = keysym;
}

void composer_drop(struct composer *composer)
{
	composer->n_keys = 0;
	if (composer->state)
		xkb_compose_state_reset(composer->state);
}

/* A dead key by itself: what it makes of a space. */
static void put_alone(struct composer *composer, uint32_t dead, char ret_text[COMPOSE_TEXT_MAX])
{
	if (!composer_is_dead(dead))
		return;
	if (feed(composer, dead, ret_text) != WAITING)
		return;
	note(composer, dead);
	if (feed(composer, ' ', ret_text) != COMPOSED)
		ret_text[0] = 0;
	composer_drop(composer);
}

/* The key does not go on with the sequence. */
static bool end_sequence(
	struct composer *composer, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	uint32_t first = composer->keys[0];

	composer_drop(composer);
	if (keysym == VT_KEY_ESCAPE || keysym == VT_KEY_BACKSPACE)
		return true;
	if (!is_character(keysym) && !composer_is_dead(keysym))
		return false;
	put_alone(composer, first, ret_text);
	if (!composer_is_dead(keysym))
		return false;
	if (feed(composer, keysym, ret_text + strlen(ret_text)) == WAITING)
		note(composer, keysym);
	return true;
}

bool composer_feed(struct composer *composer, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX])
{
	ret_text[0] = 0;
	if (is_level_shift(keysym))
		return false;
	if (!composer->n_keys && !composer_is_dead(keysym) && keysym != MULTI_KEY)
		return false;
	switch (feed(composer, keysym, ret_text)) {
	case WAITING: note(composer, keysym); return true;
	case COMPOSED: composer->n_keys = 0; return true;
	case NO_SEQUENCE: break;
	}
	return composer->n_keys && end_sequence(composer, keysym, ret_text);
}
