/* SPDX-License-Identifier: MIT */
#ifndef HUB_KEYBOARD_H
#define HUB_KEYBOARD_H

#include "hub/member.h"

enum {
	KEYBOARD_ASK_MS = 10000, /* who does not answer a request gives */
	KEYBOARD_SEE_MS = 2000,	 /* keys in this time after a request are no answer to it */
	KEYBOARD_TELL_MS = 2000, /* between two lines that say why a key did nothing */
};

/**
 * struct keyboard_ops - what a keyboard asks of its hub
 * @tell: show a line to the person at a member, and to nobody else, with what it is about, for a
 *        program there; @ring: ring there
 * @lost: it has the keyboard no more, in the middle of whatever it typed
 */
struct keyboard_ops {
	void (*tell)(struct member *member, enum chardev_notice about, const char *line);
	void (*ring)(struct member *member);
	void (*lost)(struct member *member);
};

/**
 * struct keyboard - whose keys count, with typing=one; see keyboard.c
 * @one:     there is such a one; false: everybody types
 * @idle_ms: it is free once its holder has not typed for so long
 * @key:     the byte by which a person asks for it, or gives it
 * @holder:  has it, or had it last; NULL: nobody
 * @asker:   has asked for it; NULL: nobody
 * @asked_ms: when; @timer: until that is answered
 */
struct keyboard {
	const struct keyboard_ops *ops;
	struct members *members;
	struct loop *loop;
	bool one;
	uint64_t idle_ms;
	unsigned char key;
	struct member *holder, *asker;
	uint64_t asked_ms;
	struct timer *timer;
};

/**
 * keyboard_init() - what is above @holder is filled in already
 *
 * Return: 0, -ENOMEM.
 */
int keyboard_init(struct keyboard *keyboard);

void keyboard_done(struct keyboard *keyboard);

/** keyboard_holder() - who has it now; NULL: it is free */
struct member *keyboard_holder(const struct keyboard *keyboard);

/** keyboard_is_open_to() - would a key of this member count */
bool keyboard_is_open_to(const struct keyboard *keyboard, const struct member *member);

/**
 * keyboard_admit() - a member that may type has typed
 *
 * Return: how many bytes at the end of @buf are for the guest: @len, or less where the first of
 * them was an answer to a request; 0: none, it was rung and told why.
 */
size_t keyboard_admit(
	struct keyboard *keyboard, struct member *member, const void *buf, size_t len);

/** keyboard_turn_down() - what a member has typed does not count: ring, and say why now and then */
void keyboard_turn_down(struct keyboard *keyboard, struct member *member);

/** keyboard_take() - it is the member's now; @by: whose doing it is, for who loses it */
void keyboard_take(struct keyboard *keyboard, struct member *member, const char *by);

/** keyboard_give() - to a member; NULL: to whoever types next; @by: as above */
void keyboard_give(struct keyboard *keyboard, struct member *to, const char *by);

/** keyboard_ask() - the member would like to have it; gets it at once where it is free */
void keyboard_ask(struct keyboard *keyboard, struct member *member);

/** keyboard_refuse() - the one who asks does not get it */
void keyboard_refuse(struct keyboard *keyboard);

/** keyboard_go_on() - another program was asked by @asker, NULL: who is not there any more */
void keyboard_go_on(struct keyboard *keyboard, struct member *asker, uint64_t asked_ms);

/** keyboard_forget() - the member has gone, or may type no more */
void keyboard_forget(struct keyboard *keyboard, struct member *member);

#endif
