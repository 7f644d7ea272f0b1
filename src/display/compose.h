/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_COMPOSE_H
#define DISPLAY_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Dead keys and Compose: several keys that make one character. Viewers send them as they are
 * pressed, since it is the receiving side of X that puts them together.
 */
struct compose_tables;
struct xkb_compose_state;

/* Bytes of what a sequence becomes, UTF-8 with a NUL. */
#define COMPOSE_TEXT_MAX 64u

/**
 * compose_tables_new() - the tables of the session's locale, else those of en_US.UTF-8
 *
 * Reads files of libX11 (Compose). Where there are none, or without libxkbcommon, dead keys know
 * the letters of Latin-1 and Multi_key means nothing. Return: NULL if memory ran out.
 */
struct compose_tables *compose_tables_new(void);
void compose_tables_free(struct compose_tables *tables);

/* Keys of a sequence that are known to be so; one of more is no less put together. */
enum { COMPOSE_KEYS_MAX = 16 };

/**
 * struct composer - one keyboard
 * @keys: the keysyms of the sequence that was begun, @n_keys; none: there is none
 */
struct composer {
	const struct compose_tables *tables;
	struct xkb_compose_state *state;
	uint32_t keys[COMPOSE_KEYS_MAX];
	unsigned n_keys;
};

/** composer_init() - @tables outlive it; NULL: those that are built in */
void composer_init(struct composer *composer, const struct compose_tables *tables);
void composer_done(struct composer *composer);

/**
 * composer_feed() - a key went down that is no modifier
 * @ret_text: what is to be typed; "": nothing
 *
 * A dead key and a character that do not go together are typed one after the other; any other key
 * ends a sequence, and Escape and BackSpace do nothing else then.
 *
 * Return: whether the key was used; if not it is to be typed after the text.
 */
bool composer_feed(struct composer *composer, uint32_t keysym, char ret_text[COMPOSE_TEXT_MAX]);

/** composer_is_dead() - whether it is a dead key */
bool composer_is_dead(uint32_t keysym);

/** composer_drop() - forget a sequence that was begun */
void composer_drop(struct composer *composer);

#endif
