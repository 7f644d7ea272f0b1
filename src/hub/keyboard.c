/* SPDX-License-Identifier: MIT */
/*
 * With typing=one a console has one keyboard. Who types while it is free has it, and keeps it until
 * he has typed nothing for `typing-idle`. The keys of the others do nothing but ring, and tell them
 * who has it.
 *
 *	free	the first key takes it
 *	held	a key of somebody else's is dropped; the request key asks for it
 *	asked	the holder is told. The request key gives it, another one that comes later than
 *		KEYBOARD_SEE_MS, when he has had time to read, refuses; silence gives after
 *		KEYBOARD_ASK_MS
 *
 * Nothing of that is in the console's output: lines go to the person that they are for.
 */
#include "hub/keyboard.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX = 256 };

static void on_silence(void *data);

int keyboard_init(struct keyboard *keyboard)
{
	if (!keyboard->one)
		return 0;
	keyboard->timer = timer_new(keyboard->loop, on_silence, keyboard);
	return keyboard->timer ? 0 : -ENOMEM;
}

void keyboard_done(struct keyboard *keyboard)
{
	timer_free(keyboard->timer);
	keyboard->timer = NULL;
}

/* ---- words ---- */

/* "user:joe at 's0.1'", or the member's name alone where nobody is known there. */
static void put_name(const struct member *member, char *name, size_t size)
{
	if (member->who && strcmp(member->who, "anonymous"))
		snprintf(name, size, "%s at '%s'", member->who, member_id(member));
	else
		snprintf(name, size, "'%s'", member_id(member));
}

static void put_key(const struct keyboard *keyboard, char name[8])
{
	if (keyboard->key < 0x20)
		snprintf(name, 8, "Ctrl-%c", keyboard->key + '@');
	else
		snprintf(name, 8, "%c", keyboard->key);
}

/* In @format '@' stands for the name of @who, '#' for that of the key. */
static void tell(const struct keyboard *keyboard, struct member *to, enum chardev_notice about,
	const char *format, const struct member *who)
{
	char name[LINE_MAX / 2], key[8], line[LINE_MAX];
	const char *words = format;
	size_t len = 0;

	put_name(who, name, sizeof(name));
	put_key(keyboard, key);
	while (*words && len < sizeof(line) - 1) {
		const char *part = *words == '@' ? name : *words == '#' ? key : NULL;

		if (part)
			len += (size_t)snprintf(line + len, sizeof(line) - len, "%s", part);
		else
			line[len++] = *words;
		words++;
	}
	line[len < sizeof(line) ? len : sizeof(line) - 1] = '\0';
	keyboard->ops->tell(to, about, line);
}

static void publish(const struct keyboard *keyboard, enum hub_event_type type,
	const struct member *member, const char *by)
{
	const struct hub_event event = { .type = type,
		.member = member ? member_id(member) : NULL,
		.who = member ? member->who : NULL,
		.by = by };

	keyboard->members->ops->on_news(keyboard->members, &event);
}

/* ---- who has it ---- */

struct member *keyboard_holder(const struct keyboard *keyboard)
{
	const struct member *holder = keyboard->holder;

	if (!holder || loop_now_ms(keyboard->loop) - holder->typed_ms >= keyboard->idle_ms)
		return NULL;
	return keyboard->holder;
}

bool keyboard_is_open_to(const struct keyboard *keyboard, const struct member *member)
{
	const struct member *holder = keyboard->one ? keyboard_holder(keyboard) : NULL;

	return !holder || holder == member;
}

static void end_request(struct keyboard *keyboard)
{
	keyboard->asker = NULL;
	timer_stop(keyboard->timer);
}

/* @to: NULL: nobody. */
static void set_holder(struct keyboard *keyboard, struct member *to, const char *by)
{
	struct member *from = keyboard->holder;

	end_request(keyboard);
	if (from == to)
		return;
	keyboard->holder = to;
	if (to)
		to->typed_ms = loop_now_ms(keyboard->loop);
	if (from)
		keyboard->ops->lost(from);
	log_debug("hub '%s': the keyboard is %s's", keyboard->members->hub_id,
		to ? member_id(to) : "nobody");
	publish(keyboard, HUB_EVENT_KEYBOARD, to, by);
}

static void tell_yours(const struct keyboard *keyboard, struct member *to)
{
	keyboard->ops->tell(to, CHARDEV_NOTICE_YOURS, "the keyboard is yours");
}

static void hand_over(struct keyboard *keyboard, struct member *to, const char *by)
{
	struct member *from = keyboard_holder(keyboard);

	set_holder(keyboard, to, by);
	if (from && from != to)
		tell(keyboard, from, CHARDEV_NOTICE_LOST, "the keyboard is now of @; # asks for it",
			to);
	if (from != to)
		tell_yours(keyboard, to);
}

void keyboard_take(struct keyboard *keyboard, struct member *member, const char *by)
{
	struct member *from = keyboard_holder(keyboard);
	char line[LINE_MAX];

	set_holder(keyboard, member, by);
	if (from == member)
		return;
	snprintf(line, sizeof(line), "%s has taken the keyboard", by);
	if (from)
		keyboard->ops->tell(from, CHARDEV_NOTICE_LOST, line);
	tell_yours(keyboard, member);
}

void keyboard_give(struct keyboard *keyboard, struct member *to, const char *by)
{
	struct member *from = keyboard_holder(keyboard);

	if (!to)
		to = keyboard->asker;
	if (to) {
		hand_over(keyboard, to, by);
		return;
	}
	set_holder(keyboard, NULL, by);
	if (from)
		keyboard->ops->tell(from, CHARDEV_NOTICE_LOST,
			"the keyboard is free: whoever types first has it");
}

/* ---- requests ---- */

void keyboard_ask(struct keyboard *keyboard, struct member *member)
{
	struct member *holder = keyboard_holder(keyboard);

	if (!holder || holder == member) {
		set_holder(keyboard, member, NULL);
		return;
	}
	if (keyboard->asker) {
		tell(keyboard, member, CHARDEV_NOTICE_REFUSED, "@ has asked for it already",
			keyboard->asker);
		return;
	}
	keyboard->asker = member;
	keyboard->asked_ms = loop_now_ms(keyboard->loop);
	timer_start(keyboard->timer, KEYBOARD_ASK_MS);
	tell(keyboard, holder, CHARDEV_NOTICE_ASKED, "@ asks to type: # or silence allows it",
		member);
	tell(keyboard, member, CHARDEV_NOTICE_REFUSED, "@ has been asked for the keyboard", holder);
	publish(keyboard, HUB_EVENT_ASKED, member, NULL);
}

void keyboard_refuse(struct keyboard *keyboard)
{
	struct member *asker = keyboard->asker;

	if (!asker)
		return;
	end_request(keyboard);
	if (keyboard->holder)
		tell(keyboard, asker, CHARDEV_NOTICE_REFUSED, "@ keeps the keyboard",
			keyboard->holder);
	publish(keyboard, HUB_EVENT_KEPT, asker, NULL);
}

static void on_silence(void *data)
{
	struct keyboard *keyboard = data;

	if (keyboard->asker)
		hand_over(keyboard, keyboard->asker, NULL);
}

/* The holder has typed: is that an answer? Return: how many bytes were one. */
static size_t answer(struct keyboard *keyboard, const unsigned char *buf)
{
	if (buf[0] == keyboard->key) {
		keyboard_give(keyboard, NULL, NULL);
		return 1;
	}
	if (loop_now_ms(keyboard->loop) - keyboard->asked_ms > KEYBOARD_SEE_MS)
		keyboard_refuse(keyboard);
	return 0;
}

void keyboard_turn_down(struct keyboard *keyboard, struct member *member)
{
	uint64_t now = loop_now_ms(keyboard->loop);

	keyboard->ops->ring(member);
	if (member->turned_down_ms && now - member->turned_down_ms < KEYBOARD_TELL_MS)
		return;
	member->turned_down_ms = now;
	if (member->access != HUB_ACCESS_TYPE)
		keyboard->ops->tell(member, CHARDEV_NOTICE_REFUSED, "this is to look only");
	else
		tell(keyboard, member, CHARDEV_NOTICE_REFUSED, "@ has the keyboard: # asks for it",
			keyboard->holder);
}

size_t keyboard_admit(struct keyboard *keyboard, struct member *member, const void *buf, size_t len)
{
	const unsigned char *bytes = buf;
	struct member *holder;

	if (!keyboard->one)
		return len;
	holder = keyboard_holder(keyboard);
	if (holder && holder != member) {
		member->refused_bytes += len;
		if (memchr(bytes, keyboard->key, len))
			keyboard_ask(keyboard, member);
		else
			keyboard_turn_down(keyboard, member);
		return 0;
	}
	if (keyboard->asker && holder == member) {
		size_t used = answer(keyboard, bytes);

		return keyboard->holder == member ? len - used : 0;
	}
	set_holder(keyboard, member, NULL);
	return len;
}

void keyboard_go_on(struct keyboard *keyboard, struct member *asker, uint64_t asked_ms)
{
	if (!asker)
		return;
	keyboard->asker = asker;
	keyboard->asked_ms = asked_ms;
	timer_start(keyboard->timer, KEYBOARD_ASK_MS);
}

void keyboard_forget(struct keyboard *keyboard, struct member *member)
{
	if (keyboard->asker == member)
		end_request(keyboard);
	if (keyboard->holder != member)
		return;
	keyboard->holder = NULL;
	if (keyboard->asker)
		hand_over(keyboard, keyboard->asker, NULL);
	else
		publish(keyboard, HUB_EVENT_KEYBOARD, NULL, NULL);
}
