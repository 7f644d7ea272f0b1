/* SPDX-License-Identifier: MIT */
#include "io/signal-source.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <cmocka.h>

static void note(void *data, const struct signalfd_siginfo *info)
{
	*(unsigned *)data = info->ssi_signo;
}

static bool is_blocked(int number)
{
	sigset_t now;

	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	return sigismember(&now, number);
}

/* SIGWINCH is ignored by default: blocked, it comes nevertheless. */
static void signals_come_through_the_loop(void **state)
{
	struct loop *loop = loop_new();
	struct signal_source *source;
	unsigned seen = 0;
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGWINCH);
	assert_int_equal(signal_source_new(loop, &set, note, &seen, &source), 0);
	kill(getpid(), SIGWINCH);
	loop_step(loop, true);
	assert_int_equal(seen, SIGWINCH);
	kill(getpid(), SIGUSR1);
	loop_step(loop, true);
	assert_int_equal(seen, SIGUSR1);
	signal_source_free(source);
	loop_free(loop);
}

static void what_was_blocked_before_stays_blocked(void **state)
{
	struct loop *loop = loop_new();
	struct signal_source *source;
	unsigned seen = 0;
	sigset_t set, usr1;

	(void)state;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	set = usr1;
	sigaddset(&set, SIGUSR2);
	assert_int_equal(signal_source_new(loop, &set, note, &seen, &source), 0);
	assert_true(is_blocked(SIGUSR2));
	signal_source_free(source);
	assert_false(is_blocked(SIGUSR2));
	assert_true(is_blocked(SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_come_through_the_loop),
		cmocka_unit_test(what_was_blocked_before_stays_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
