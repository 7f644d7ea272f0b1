/* SPDX-License-Identifier: MIT */
#ifndef CHARHUB_RIG_H
#define CHARHUB_RIG_H

#include <charhub.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A program with one console, by the header of the library alone, that notes what it is told. */

enum { TEXT_BYTES = 1 << 16 };

/* What came, in order. */
struct text {
	char bytes[TEXT_BYTES];
	size_t len;
};

/**
 * struct fixture
 * @input_max, @output_max: how many bytes are taken at once
 * @gone, @member_gone: how often on_gone() came
 * @frees_itself: the console is freed while it is told of input
 */
extern struct fixture {
	struct charhub *hub;
	struct charhub_console *console;
	struct charhub_member *member;
	struct text input, output, events, log;
	size_t input_max, output_max;
	unsigned rooms, member_rooms, gone, member_gone, answers;
	int answer_code;
	char answer[4096];
	bool frees_itself;
} f;

/** append() - add to it; asserts that there is room */
void append(struct text *text, const void *bytes, size_t len);

/* Callbacks, which note in f that they came. */
void on_room(void *data);
void on_gone(void *data);
size_t on_output(void *data, const void *bytes, size_t len);
void on_member_gone(void *data);
void on_event(void *data, const char *name, const char *json);
void on_answer(void *data, const char *json, const struct charhub_error *error);

/** turn() - one round of somebody's own loop. Return: false: nothing happens any more */
bool turn(void);

/** settle() - turns until nothing happens */
void settle(void);

/** open_hub() - a context whose messages, events and answers come to f */
void open_hub(enum charhub_level level);

/** open_console() - the console con0, whose guest is f */
void open_console(const char *options);

/** join() - let f take part, as "me" */
void join(enum charhub_access access);

/** setup() - for a case: a context with a console */
int setup(void **state);

/** teardown() - free it */
int teardown(void **state);

/** print() - let the guest print what is taken at once */
void print(const char *text);

/* Wait for what comes from elsewhere. */
#define AWAIT(condition)                                                               \
	while (!(condition)) {                                                         \
		struct pollfd awaited = { .fd = charhub_fd(f.hub), .events = POLLIN }; \
		poll(&awaited, 1, charhub_timeout_ms(f.hub));                          \
		charhub_dispatch(f.hub);                                               \
	}

#endif
