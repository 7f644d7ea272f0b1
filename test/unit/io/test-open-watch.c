/* SPDX-License-Identifier: MIT */
#include "io/open-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { FILES = 3, MORE_THAN_THE_QUEUE = 17000 };

struct seen {
	struct loop *loop;
	char dir[32], path[FILES][48];
	struct open_watch *watch[FILES];
	unsigned calls[FILES];
	struct seen_one {
		struct seen *seen;
		int file;
	} one[FILES];
	bool free_all;
};

static void note_open(void *data)
{
	struct seen_one *one = data;
	struct seen *seen = one->seen;

	seen->calls[one->file]++;
	for (int i = 0; seen->free_all && i < FILES; i++) {
		open_watch_free(seen->watch[i]);
		seen->watch[i] = NULL;
	}
}

static int setup(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	seen->loop = loop_new();
	snprintf(seen->dir, sizeof(seen->dir), "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(seen->dir));
	for (int i = 0; i < FILES; i++) {
		snprintf(seen->path[i], sizeof(seen->path[i]), "%s/%d", seen->dir, i);
		close(open(seen->path[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		seen->one[i] = (struct seen_one){ seen, i };
		assert_int_equal(open_watch_new(seen->loop, seen->path[i], note_open, &seen->one[i],
					 &seen->watch[i]),
			0);
	}
	*state = seen;
	return 0;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	for (int i = 0; i < FILES; i++) {
		open_watch_free(seen->watch[i]);
		unlink(seen->path[i]);
	}
	rmdir(seen->dir);
	loop_free(seen->loop);
	free(seen);
	return 0;
}

static void open_file(struct seen *seen, int file)
{
	close(open(seen->path[file], O_RDONLY | O_CLOEXEC));
}

static void only_the_opened_file_is_told(void **state)
{
	struct seen *seen = *state;

	open_file(seen, 1);
	loop_step(seen->loop, true);
	assert_int_equal(seen->calls[0], 0);
	assert_int_equal(seen->calls[1], 1);
	assert_int_equal(seen->calls[2], 0);
}

static void lost_events_are_told_to_all(void **state)
{
	struct seen *seen = *state;

	for (int i = 0; i < MORE_THAN_THE_QUEUE; i++)
		open_file(seen, i % 2);
	while (!seen->calls[2])
		loop_step(seen->loop, true);
	assert_true(seen->calls[0] > 1000);
}

static void all_watches_may_go_inside_a_callback(void **state)
{
	struct seen *seen = *state;

	seen->free_all = true;
	open_file(seen, 0);
	open_file(seen, 1);
	loop_step(seen->loop, true);
	assert_int_equal(seen->calls[0] + seen->calls[1], 1);
}

static void all_watches_may_go_while_all_are_told(void **state)
{
	struct seen *seen = *state;

	/* The events of file 0 are lost with its watch; the queue is still full of them. */
	for (int i = 0; i < MORE_THAN_THE_QUEUE; i++)
		open_file(seen, i % 2);
	open_watch_free(seen->watch[0]);
	open_watch_free(seen->watch[1]);
	seen->watch[0] = seen->watch[1] = NULL;
	seen->free_all = true;
	while (!seen->calls[2])
		loop_step(seen->loop, true);
	assert_int_equal(seen->calls[0] + seen->calls[1], 0);
}

static void missing_file_is_an_error(void **state)
{
	struct seen *seen = *state;
	struct open_watch *watch;

	assert_int_equal(
		open_watch_new(seen->loop, "/nonexistent", note_open, NULL, &watch), -ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void another_program_goes_on_with_them(void **state)
{
	struct seen *seen = *state;
	struct loop *next = loop_new();
	struct open_watch *watch;

	assert_int_equal(open_watch_fd(next), -1);
	assert_int_equal(open_watch_adopt(next, 1, note_open, NULL, &watch), -ENOENT);
	assert_int_equal(open_watch_inherit(next, dup(open_watch_fd(seen->loop))), 0);
	assert_int_equal(open_watch_adopt(next, open_watch_number(seen->watch[1]), note_open,
				 &seen->one[1], &watch),
		0);
	open_watch_inherited(next);
	for (int i = 0; i < FILES; i++)
		close(open(seen->path[i], O_RDONLY | O_CLOEXEC));
	loop_step(next, true);
	assert_int_equal(seen->calls[1], 1);
	assert_int_equal(seen->calls[0] + seen->calls[2], 0);
	open_watch_free(watch);
	assert_int_equal(open_watch_fd(next), -1);
	loop_free(next);
}

static void those_that_nobody_adopts_are_let_go(void **state)
{
	struct seen *seen = *state;
	struct loop *next = loop_new();

	assert_int_equal(open_watch_inherit(next, dup(open_watch_fd(seen->loop))), 0);
	assert_true(open_watch_fd(next) >= 0);
	open_watch_inherited(next);
	assert_int_equal(open_watch_fd(next), -1);
	loop_free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_the_opened_file_is_told),
		CASE(lost_events_are_told_to_all),
		CASE(all_watches_may_go_inside_a_callback),
		CASE(all_watches_may_go_while_all_are_told),
		CASE(missing_file_is_an_error),
		CASE(another_program_goes_on_with_them),
		CASE(those_that_nobody_adopts_are_let_go),
	};

	return cmocka_run_group_tests_name("io/open-watch", tests, NULL, NULL);
}
