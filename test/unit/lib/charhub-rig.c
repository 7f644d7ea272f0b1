/* SPDX-License-Identifier: MIT */
#include "charhub-rig.h"

#include <stdio.h>
#include <string.h>

struct fixture f;

void append(struct text *text, const void *bytes, size_t len)
{
	assert_true(text->len + len < sizeof(text->bytes));
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

/* ---- the callbacks ---- */

static size_t on_input(void *data, const void *bytes, size_t len)
{
	assert_ptr_equal(data, &f);
	len = len < f.input_max ? len : f.input_max;
	append(&f.input, bytes, len);
	if (f.frees_itself) {
		charhub_console_free(f.console);
		f.console = NULL;
	}
	return len;
}

void on_room(void *data)
{
	((struct fixture *)data)->rooms++;
}

static void on_resize(void *data, unsigned cols, unsigned rows)
{
	char size[32];

	append(&((struct fixture *)data)->input, size,
		(size_t)snprintf(size, sizeof(size), "<%ux%u>", cols, rows));
}

static void on_break(void *data)
{
	append(&((struct fixture *)data)->input, "<break>", 7);
}

void on_gone(void *data)
{
	((struct fixture *)data)->gone++;
}

size_t on_output(void *data, const void *bytes, size_t len)
{
	assert_ptr_equal(data, &f);
	len = len < f.output_max ? len : f.output_max;
	append(&f.output, bytes, len);
	return len;
}

static void on_member_room(void *data)
{
	((struct fixture *)data)->member_rooms++;
}

void on_member_gone(void *data)
{
	((struct fixture *)data)->member_gone++;
}

void on_event(void *data, const char *name, const char *json)
{
	assert_ptr_equal(data, &f);
	append(&f.events, name, strlen(name));
	append(&f.events, json, strlen(json));
}

static void on_log(void *data, enum charhub_level level, const char *folder, const char *line)
{
	char text[4096];

	assert_ptr_equal(data, &f);
	append(&f.log, text,
		(size_t)snprintf(text, sizeof(text), "%d %s %s\n", (int)level, folder, line));
}

void on_answer(void *data, const char *json, const struct charhub_error *error)
{
	assert_ptr_equal(data, &f);
	f.answers++;
	f.answer_code = error ? charhub_error_code(error) : 0;
	snprintf(f.answer, sizeof(f.answer), "%s", error ? charhub_error_message(error) : json);
}

/* ---- the rig ---- */

/* One round of somebody's own loop; false: nothing happens any more. */
bool turn(void)
{
	struct pollfd fd = { .fd = charhub_fd(f.hub), .events = POLLIN };
	int wait_ms = charhub_timeout_ms(f.hub);
	bool due = wait_ms == 0 || poll(&fd, 1, 0) > 0;

	if (due)
		charhub_dispatch(f.hub);
	return due;
}

void settle(void)
{
	while (turn())
		;
}

void open_hub(enum charhub_level level)
{
	const struct charhub_config config = { .size = sizeof(config),
		.log_level = level,
		.on_log = on_log,
		.on_event = on_event,
		.data = &f };

	memset(&f, 0, sizeof(f));
	f.input_max = f.output_max = SIZE_MAX;
	assert_int_equal(charhub_new(&config, &f.hub, NULL), 0);
}

void open_console(const char *options)
{
	const struct charhub_console_config config = { .size = sizeof(config),
		.id = "con0",
		.options = options,
		.on_input = on_input,
		.on_room = on_room,
		.on_resize = on_resize,
		.on_break = on_break,
		.on_gone = on_gone,
		.data = &f };

	assert_int_equal(charhub_console_new(f.hub, &config, &f.console, NULL), 0);
}

void join(enum charhub_access access)
{
	const struct charhub_member_config config = { .size = sizeof(config),
		.id = "me",
		.on_output = on_output,
		.on_room = on_member_room,
		.on_gone = on_member_gone,
		.data = &f,
		.access = access,
		.replay = CHARHUB_REPLAY_NONE };

	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), 0);
	settle();
}

int setup(void **state)
{
	(void)state;
	open_hub(CHARHUB_LOG_INFO);
	open_console(NULL);
	return 0;
}

int teardown(void **state)
{
	(void)state;
	charhub_free(f.hub);
	return 0;
}

void print(const char *text)
{
	assert_int_equal(charhub_console_write(f.console, text, strlen(text)), strlen(text));
}
