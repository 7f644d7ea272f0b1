/* SPDX-License-Identifier: MIT */
#include <charhub/loop.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

struct seen {
	struct loop *loop;
	struct watch *watch;
	struct timer *timer;
	struct task task;
	unsigned events;
	int calls;
};

static int setup(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	seen->loop = loop_new();
	*state = seen;
	return seen->loop ? 0 : -1;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	loop_free(seen->loop);
	free(seen);
	return 0;
}

static void record_events(void *data, unsigned events)
{
	struct seen *seen = data;

	seen->events = events;
	seen->calls++;
}

static void record_call(void *data)
{
	((struct seen *)data)->calls++;
}

static void socket_reports_data_half_close_and_hangup(void **state)
{
	struct seen *seen = *state;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(watch_new(seen->loop, fds[0], record_events, seen, &seen->watch), 0);
	watch_set(seen->watch, WATCH_READ | WATCH_HANGUP);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_step(seen->loop, true);
	assert_int_equal(seen->events, WATCH_READ);
	watch_set(seen->watch, WATCH_HANGUP);
	seen->calls = 0;
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 0);
	shutdown(fds[1], SHUT_WR);
	loop_step(seen->loop, true);
	assert_int_equal(seen->events, WATCH_HANGUP);
	watch_free(seen->watch);
	close(fds[0]);
	close(fds[1]);
}

static void hangup_after_half_close_is_told_apart(void **state)
{
	struct seen *seen = *state;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(watch_new(seen->loop, fds[0], record_events, seen, &seen->watch), 0);
	shutdown(fds[1], SHUT_WR);
	watch_set(seen->watch, WATCH_GONE);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 0);
	close(fds[1]);
	loop_step(seen->loop, true);
	assert_int_equal(seen->events, WATCH_GONE);
	watch_free(seen->watch);
	close(fds[0]);
}

static void blocking_descriptors_stay_blocking(void **state)
{
	struct seen *seen = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(watch_new(seen->loop, fds[0], record_events, seen, &seen->watch), 0);
	assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	watch_free(seen->watch);
	close(fds[0]);
	close(fds[1]);
}

static void regular_file_cannot_be_watched(void **state)
{
	struct seen *seen = *state;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(watch_new(seen->loop, fd, record_events, seen, &seen->watch), -EPERM);
	close(fd);
	assert_int_equal(watch_new(seen->loop, fd, record_events, seen, &seen->watch), -EBADF);
}

static void fake_timers_run_in_order_of_time(void **state)
{
	struct seen *seen = *state;
	struct timer *late, *early;
	struct seen other = { 0 };

	loop_fake_clock(seen->loop);
	late = timer_new(seen->loop, record_call, seen);
	early = timer_new(seen->loop, record_call, &other);
	timer_start(late, 20);
	timer_start(early, 10);
	loop_advance(seen->loop, 9);
	assert_int_equal(other.calls, 0);
	loop_advance(seen->loop, 1);
	assert_int_equal(other.calls, 1);
	assert_int_equal(seen->calls, 0);
	timer_stop(late);
	loop_advance(seen->loop, 100);
	assert_int_equal(seen->calls, 0);
	timer_free(early);
	timer_free(late);
}

static void real_timer_runs_once(void **state)
{
	struct seen *seen = *state;
	struct timer *timer = timer_new(seen->loop, record_call, seen);

	timer_start(timer, 1);
	assert_true(timer_is_running(timer));
	while (!seen->calls)
		loop_step(seen->loop, true);
	assert_false(timer_is_running(timer));
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 1);
	timer_free(timer);
}

static void repost(void *data)
{
	struct seen *seen = data;

	if (++seen->calls < 3)
		task_post(seen->loop, &seen->task, repost, seen);
}

static void task_runs_once_a_round_and_may_post_itself(void **state)
{
	struct seen *seen = *state;

	task_post(seen->loop, &seen->task, repost, seen);
	task_post(seen->loop, &seen->task, repost, seen);
	assert_int_equal(seen->calls, 0);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 1);
	loop_step(seen->loop, false);
	loop_step(seen->loop, false);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 3);
	task_post(seen->loop, &seen->task, repost, seen);
	task_cancel(&seen->task);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 3);
}

static void free_itself(void *data, unsigned events)
{
	struct seen *seen = data;

	(void)events;
	watch_free(seen->watch);
	seen->watch = NULL;
	seen->calls++;
}

static void watch_may_be_freed_in_its_own_callback(void **state)
{
	struct seen *seen = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(watch_new(seen->loop, fds[0], free_itself, seen, &seen->watch), 0);
	watch_set(seen->watch, WATCH_READ);
	close(fds[1]);
	loop_step(seen->loop, true);
	loop_step(seen->loop, false);
	assert_int_equal(seen->calls, 1);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			socket_reports_data_half_close_and_hangup, setup, teardown),
		cmocka_unit_test_setup_teardown(
			hangup_after_half_close_is_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(
			blocking_descriptors_stay_blocking, setup, teardown),
		cmocka_unit_test_setup_teardown(regular_file_cannot_be_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(fake_timers_run_in_order_of_time, setup, teardown),
		cmocka_unit_test_setup_teardown(real_timer_runs_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			task_runs_once_a_round_and_may_post_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			watch_may_be_freed_in_its_own_callback, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
