/* SPDX-License-Identifier: MIT */
/*
 * Each function of the library that can fail, while one of the calls below it does: memory, a
 * descriptor. The first, the second, and so on, until all goes well. What comes back is an error
 * with words, nothing leaks or crashes, and the same thing done again works.
 */
#include <charhub.h>

#include "lib/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { FAULTS_MAX = 2000 };

static struct {
	struct charhub *hub;
	struct charhub_console *console;
	int answer_code;
} f;

static size_t on_bytes(void *data, const void *bytes, size_t len)
{
	(void)data;
	(void)bytes;
	return len;
}

static void on_answer(void *data, const char *json, const struct charhub_error *error)
{
	(void)data;
	(void)json;
	f.answer_code = error ? -charhub_error_code(error) : 0;
}

static void make_context(void)
{
	assert_int_equal(charhub_new(NULL, &f.hub, NULL), 0);
}

static void make_console(void)
{
	const struct charhub_console_config config = {
		.size = sizeof(config), .id = "con0", .options = "terminal=on", .on_input = on_bytes
	};

	make_context();
	assert_int_equal(charhub_console_new(f.hub, &config, &f.console, NULL), 0);
	charhub_console_write(f.console, "some text\r\n", 11);
}

/* ---- the calls; each undoes what it did ---- */

static int try_new(struct charhub_error **err)
{
	return charhub_new(NULL, &f.hub, err);
}

static int try_add(struct charhub_error **err)
{
	return charhub_add(f.hub, "chardev", "ringbuf,id=a", err);
}

static int try_add_options(struct charhub_error **err)
{
	const struct charhub_option options[] = { { "backend", "pty" }, { "id", "a" }, { 0 } };

	return charhub_add_options(f.hub, "chardev", options, err);
}

static int try_console(struct charhub_error **err)
{
	const struct charhub_console_config config = {
		.size = sizeof(config), .id = "con1", .options = "window=64k", .on_input = on_bytes
	};
	struct charhub_console *console;

	return charhub_console_new(f.hub, &config, &console, err);
}

static int try_find(struct charhub_error **err)
{
	struct charhub_console *console;

	return charhub_console_find(f.hub, "con0", &console, err);
}

static int try_member(struct charhub_error **err)
{
	const struct charhub_member_config config = { .size = sizeof(config),
		.on_output = on_bytes };
	struct charhub_member *member;

	return charhub_member_new(f.console, &config, &member, err);
}

static int try_fd(struct charhub_error **err)
{
	int ends[2], r;

	fault_hold(true);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	fault_hold(false);
	r = charhub_console_add_fd(f.console, ends[0], err);
	close(ends[1]);
	if (r < 0)
		assert_int_equal(close(ends[0]), 0);
	return r;
}

static int try_command(struct charhub_error **err)
{
	int r = charhub_command(f.hub, "query-hubs", "{\"id\":\"con0\"}", on_answer, NULL, err);

	return r < 0 ? r : f.answer_code;
}

static int try_screen(enum charhub_format format, struct charhub_error **err)
{
	char *data;
	size_t len;
	int r = charhub_console_screen(f.console, format, &data, &len, err);

	if (r == 0)
		charhub_free_data(data);
	return r;
}

static int try_text(struct charhub_error **err)
{
	return try_screen(CHARHUB_TEXT, err);
}

static int try_vt(struct charhub_error **err)
{
	return try_screen(CHARHUB_VT, err);
}

static int try_png(struct charhub_error **err)
{
	return try_screen(CHARHUB_PNG, err);
}

static int try_cells(struct charhub_error **err)
{
	struct charhub_cell cells[80];
	int r = charhub_console_cells(f.console, 0, cells, 80);

	(void)err;
	return r < 0 ? r : 0;
}

static void nothing(void *data)
{
	(void)data;
}

static int try_post(struct charhub_error **err)
{
	(void)err;
	return charhub_post(f.hub, nothing, NULL);
}

static const struct trial {
	const char *name;
	void (*before)(void);
	int (*call)(struct charhub_error **err);
	bool silent; /* it says why by its result alone */
} trials[] = {
	{ "charhub_new", NULL, try_new, false },
	{ "charhub_add", make_context, try_add, false },
	{ "charhub_add_options", make_context, try_add_options, false },
	{ "charhub_command", make_console, try_command, true },
	{ "charhub_post", make_context, try_post, true },
	{ "charhub_console_new", make_console, try_console, false },
	{ "charhub_console_find", make_console, try_find, false },
	{ "charhub_member_new", make_console, try_member, false },
	{ "charhub_console_add_fd", make_console, try_fd, false },
	{ "charhub_console_screen text", make_console, try_text, false },
	{ "charhub_console_screen vt", make_console, try_vt, false },
	{ "charhub_console_screen png", make_console, try_png, false },
	{ "charhub_console_cells", make_console, try_cells, true },
};

/* Return: did a call fail. */
static bool try_once(const struct trial *trial, unsigned n)
{
	struct charhub_error *err = NULL;
	bool failed;
	int r;

	if (trial->before)
		trial->before();
	fault_arm(n);
	r = trial->call(&err);
	failed = fault_disarm();
	if (r < 0 && !failed)
		fail_msg("%s fails by itself: %d", trial->name, r);
	if (r < 0 && !trial->silent)
		assert_non_null(charhub_error_message(err));
	if (r == 0)
		assert_null(err);
	charhub_error_free(err);
	if (r < 0)
		assert_int_equal(trial->call(NULL), 0);
	for (int i = 0; i < 3; i++)
		charhub_dispatch(f.hub);
	charhub_free(f.hub);
	return failed;
}

static void each_call_survives_each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		unsigned n = 1;

		while (n < FAULTS_MAX && try_once(&trials[i], n))
			n++;
		assert_in_range(n, 2, FAULTS_MAX - 1); /* the fault was met, and left behind */
		print_message("%s: %u faults\n", trials[i].name, n - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_call_survives_each_fault) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
