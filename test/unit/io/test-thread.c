/* SPDX-License-Identifier: MIT */
#include "io/thread.h"

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	sem_t seen;
	sigset_t mask;
} thread;

/* All that can be blocked: not SIGKILL, nor what an emulator of programs needs itself. */
static sigset_t full;

static void *look(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, &thread.mask);
	sem_post(&thread.seen);
	return arg;
}

static bool is_blocked(int number)
{
	return !sigismember(&full, number) || sigismember(&thread.mask, number) == 1;
}

static void a_thread_gets_no_signals_and_its_maker_the_same_as_before(void **state)
{
	sigset_t before, after;

	(void)state;
	sigfillset(&full);
	pthread_sigmask(SIG_SETMASK, &full, &before);
	pthread_sigmask(SIG_SETMASK, &before, &full);
	assert_int_equal(sigismember(&full, SIGTERM), 1);
	assert_int_equal(sem_init(&thread.seen, 0, 0), 0);
	assert_int_equal(thread_start(look, NULL), 0);
	sem_wait(&thread.seen);
	for (int number = 1; number < 32; number++) /* behind them are the C library's own */
		assert_true(is_blocked(number));
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		assert_true(is_blocked(number));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int number = 1; number < NSIG; number++)
		assert_int_equal(sigismember(&before, number), sigismember(&after, number));
	sem_destroy(&thread.seen);
}

static void *sleep_until_interrupted(void *arg)
{
	pause();
	return arg;
}

/* A library may not set a handler, and then there is no way to end such a thread. */
static void a_thread_is_interrupted_only_where_that_was_allowed(void **state)
{
	pthread_t sleeper;

	(void)state;
	assert_int_equal(thread_begin(sleep_until_interrupted, NULL, &sleeper), -ENOTSUP);
	thread_allow_interrupts();
	assert_int_equal(thread_begin(sleep_until_interrupted, NULL, &sleeper), 0);
	thread_end(sleeper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_gets_no_signals_and_its_maker_the_same_as_before),
		cmocka_unit_test(a_thread_is_interrupted_only_where_that_was_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
