/* SPDX-License-Identifier: MIT */
#include "io/waiter.h"

#include "io/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
	struct loop *loop;
	struct waiter *waiter;
	int ends[2];
	unsigned calls;
	int error;
	bool frees_itself;
};

/* A byte is what is waited for, the end of the file an error. */
static int await_byte(int fd)
{
	char byte;
	ssize_t n = read(fd, &byte, 1);

	return n == 1 ? 0 : n < 0 ? -errno : -EIO;
}

static void note(void *data, int error)
{
	struct fixture *f = data;

	f->calls++;
	f->error = error;
	if (f->frees_itself)
		waiter_free(f->waiter);
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .loop = loop_new() };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f.ends), 0);
	assert_int_equal(waiter_new(f.loop, f.ends[0], await_byte, note, &f, &f.waiter), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (!f->frees_itself)
		waiter_free(f->waiter);
	close(f->ends[0]);
	if (f->ends[1] >= 0)
		close(f->ends[1]);
	loop_free(f->loop);
	return 0;
}

static void happen(struct fixture *f)
{
	unsigned before = f->calls;

	assert_int_equal(write(f->ends[1], "x", 1), 1);
	while (f->calls == before)
		loop_step(f->loop, true);
}

static void what_happens_comes_through_the_loop(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		happen(f);
	assert_int_equal(f->error, 0);
}

static void an_error_is_the_last_call(void **state)
{
	struct fixture *f = *state;

	happen(f);
	close(f->ends[1]);
	f->ends[1] = -1;
	while (!f->error)
		loop_step(f->loop, true);
	assert_int_equal(f->error, -EIO);
}

static void may_be_freed_in_its_own_callback(void **state)
{
	struct fixture *f = *state;

	f->frees_itself = true;
	happen(f);
}

/* The end of each test waits for a thread that is in the middle of its call, or before it. */
static void ends_while_nothing_happens(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 100; i++) {
		struct waiter *waiter;

		assert_int_equal(waiter_new(f->loop, f->ends[0], await_byte, note, f, &waiter), 0);
		waiter_free(waiter);
	}
	assert_int_equal(f->calls, 0);
}

/* First of all: a library may set no handler. */
static void a_program_has_to_allow_it(void **state)
{
	struct loop *loop = loop_new();
	struct waiter *waiter;

	(void)state;
	assert_int_equal(waiter_new(loop, 0, await_byte, note, NULL, &waiter), -ENOTSUP);
	loop_free(loop);
	thread_allow_interrupts();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_has_to_allow_it),
		CASE(what_happens_comes_through_the_loop),
		CASE(an_error_is_the_last_call),
		CASE(may_be_freed_in_its_own_callback),
		CASE(ends_while_nothing_happens),
	};

	return cmocka_run_group_tests_name("waiter", tests, NULL, NULL);
}
