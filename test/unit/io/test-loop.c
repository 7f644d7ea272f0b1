/* SPDX-License-Identifier: MIT */
#include "io/loop.h"

#include "base/histogram.h"

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

static void restart(void *data)
{
	struct seen *seen = data;

	seen->calls++;
	timer_start(seen->timer, 0);
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

static void awake_timers_do_not_count_a_stop(void **state)
{
	struct seen *seen = *state, plain = { 0 };
	struct timer *awake, *timer;

	loop_fake_clock(seen->loop);
	awake = timer_new(seen->loop, record_call, seen);
	timer = timer_new(seen->loop, record_call, &plain);
	timer_start_awake(awake, 1000);
	timer_start(timer, 1000);
	loop_advance(seen->loop, 500);
	loop_fake_stop(seen->loop, 3000);
	assert_int_equal(plain.calls, 1);
	assert_int_equal(seen->calls, 0);
	loop_advance(seen->loop, 500 - LOOP_LATE_MS - 1);
	assert_int_equal(seen->calls, 0);
	loop_advance(seen->loop, 1);
	assert_int_equal(seen->calls, 1);
	timer_free(awake);
	timer_free(timer);
}

static void a_stop_is_no_time_awake(void **state)
{
	struct seen *seen = *state;
	uint64_t start_ms, start_awake_ms;

	loop_fake_clock(seen->loop);
	start_ms = loop_now_ms(seen->loop);
	start_awake_ms = loop_awake_ms(seen->loop);
	loop_advance(seen->loop, 700);
	loop_fake_stop(seen->loop, 3000);
	loop_advance(seen->loop, 300);
	assert_int_equal(loop_now_ms(seen->loop) - start_ms, 4000);
	assert_int_equal(loop_awake_ms(seen->loop) - start_awake_ms, 1000 + LOOP_LATE_MS);
}

/* What came first: the descriptor that was readable all the time, or the timer that is late. */
struct order {
	int fd;
	unsigned calls, read_as, timed_as;
};

static void note_read(void *data, unsigned events)
{
	struct order *order = data;
	char byte;

	(void)events;
	if (read(order->fd, &byte, 1) == 1)
		order->read_as = ++order->calls;
}

static void note_time(void *data)
{
	struct order *order = data;

	order->timed_as = ++order->calls;
}

static void a_late_timer_runs_after_descriptors_were_looked_at(void **state)
{
	struct seen *seen = *state;
	struct order order = { 0 };
	struct timer *timer;
	int fds[2];

	loop_fake_clock(seen->loop);
	timer = timer_new(seen->loop, note_time, &order);
	assert_int_equal(pipe(fds), 0);
	order.fd = fds[0];
	assert_int_equal(watch_new(seen->loop, fds[0], note_read, &order, &seen->watch), 0);
	watch_set(seen->watch, WATCH_READ);
	timer_start(timer, 1000);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_fake_stop(seen->loop, 3000);
	assert_int_equal(order.read_as, 1);
	assert_int_equal(order.timed_as, 2);
	watch_free(seen->watch);
	timer_free(timer);
	close(fds[0]);
	close(fds[1]);
}

/* More than are taken from the kernel at once. */
static void a_late_timer_waits_for_all_descriptors(void **state)
{
	enum { PIPES = 400 };
	struct seen *seen = *state;
	struct order order = { 0 };
	struct watch *watches[PIPES];
	struct timer *timer;
	int fds[2], copies[PIPES];

	loop_fake_clock(seen->loop);
	timer = timer_new(seen->loop, note_time, &order);
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	order.fd = fds[0];
	for (int i = 0; i < PIPES; i++) {
		assert_int_equal(write(fds[1], "x", 1), 1);
		copies[i] = dup(fds[0]);
		assert_true(copies[i] >= 0);
		assert_int_equal(
			watch_new(seen->loop, copies[i], note_read, &order, &watches[i]), 0);
		watch_set(watches[i], WATCH_READ);
	}
	timer_start(timer, 10);
	loop_fake_stop(seen->loop, 10);
	assert_int_equal(order.timed_as, PIPES + 1);
	for (int i = 0; i < PIPES; i++) {
		watch_free(watches[i]);
		close(copies[i]);
	}
	timer_free(timer);
	close(fds[0]);
	close(fds[1]);
}

struct resting {
	struct watch *watch;
	unsigned *calls;
};

static void rest(void *data, unsigned events)
{
	struct resting *resting = data;

	(void)events;
	watch_set(resting->watch, 0);
	++*resting->calls;
}

/* As many as are taken at once, and then nothing more: the round is over, whoever asked to wait. */
static void a_full_batch_is_not_waited_behind(void **state)
{
	enum { BATCH = 256 };
	struct seen *seen = *state;
	struct resting resting[BATCH];
	int fds[2], copies[BATCH];
	unsigned calls = 0;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	for (int i = 0; i < BATCH; i++) {
		copies[i] = dup(fds[0]);
		resting[i].calls = &calls;
		assert_int_equal(
			watch_new(seen->loop, copies[i], rest, &resting[i], &resting[i].watch), 0);
		watch_set(resting[i].watch, WATCH_READ);
	}
	loop_step(seen->loop, true);
	assert_int_equal(calls, BATCH);
	for (int i = 0; i < BATCH; i++) {
		watch_free(resting[i].watch);
		close(copies[i]);
	}
	close(fds[0]);
	close(fds[1]);
}

static void many_timers_run_in_order(void **state)
{
	enum { TIMERS = 100 };
	struct seen *seen = *state;
	struct order order[TIMERS] = { 0 };
	struct timer *timers[TIMERS];
	unsigned left = TIMERS;

	loop_fake_clock(seen->loop);
	for (unsigned i = 0; i < TIMERS; i++) {
		timers[i] = timer_new(seen->loop, note_time, &order[i]);
		assert_non_null(timers[i]);
		timer_start(timers[i], i * 37 % TIMERS + 1);
	}
	for (unsigned i = 0; i < TIMERS; i += 3, left--)
		timer_stop(timers[i]);
	for (unsigned ms = 1; ms <= TIMERS; ms++) {
		loop_advance(seen->loop, 1);
		for (unsigned i = 0; i < TIMERS; i++) {
			assert_int_equal(
				order[i].calls, i % 3 && i * 37 % TIMERS + 1 <= ms ? 1 : 0);
			left -= i % 3 && i * 37 % TIMERS + 1 == ms;
		}
	}
	assert_int_equal(left, 0);
	for (unsigned i = 0; i < TIMERS; i++)
		timer_free(timers[i]);
}

static void a_timer_started_for_at_once_leaves_the_round(void **state)
{
	struct seen *seen = *state;

	seen->timer = timer_new(seen->loop, restart, seen);
	timer_start(seen->timer, 0);
	loop_step(seen->loop, true);
	assert_int_equal(seen->calls, 1);
	loop_step(seen->loop, true);
	assert_int_equal(seen->calls, 2);
	timer_free(seen->timer);
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

/* Ready in the same round as the watch that frees it. */
static void free_other(void *data, unsigned events)
{
	struct seen *seen = data;

	(void)events;
	seen->calls++;
	watch_free(seen->watch);
	seen->watch = NULL;
}

static void watch_freed_by_another_is_silent(void **state)
{
	struct seen *seen = *state, *first = calloc(1, sizeof(*first));
	int fds[2], copy;

	/* Each frees the other: one of them is called. */
	assert_int_equal(pipe(fds), 0);
	copy = dup(fds[0]);
	assert_int_equal(watch_new(seen->loop, fds[0], free_other, seen, &first->watch), 0);
	assert_int_equal(watch_new(seen->loop, copy, free_other, first, &seen->watch), 0);
	watch_set(first->watch, WATCH_READ);
	watch_set(seen->watch, WATCH_READ);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_step(seen->loop, true);
	assert_int_equal(seen->calls + first->calls, 1);
	watch_free(first->watch);
	watch_free(seen->watch);
	free(first);
	close(copy);
	close(fds[0]);
	close(fds[1]);
}

static void resting_watch_of_a_dead_peer_lets_the_loop_sleep(void **state)
{
	struct seen *seen = *state;
	struct timer *timer = timer_new(seen->loop, record_call, seen);
	int fds[2], rounds = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(watch_new(seen->loop, fds[0], record_events, seen, &seen->watch), 0);
	watch_set(seen->watch, WATCH_READ | WATCH_WRITE);
	loop_step(seen->loop, true);
	watch_set(seen->watch, 0);
	close(fds[1]);
	seen->calls = 0;
	timer_start(timer, 10);
	while (!seen->calls) {
		loop_step(seen->loop, true);
		rounds++;
	}
	assert_in_range(rounds, 1, 4);
	watch_set(seen->watch, WATCH_READ);
	loop_step(seen->loop, true);
	assert_int_equal(seen->events, WATCH_READ);
	watch_free(seen->watch);
	timer_free(timer);
	close(fds[0]);
}

static void let_time_pass(void *data)
{
	loop_advance(((struct seen *)data)->loop, 3);
}

static void rounds_are_measured_while_somebody_asks(void **state)
{
	static const struct histogram_bounds bounds = { 2, { 2999, 3000 } };
	struct histogram rounds = { .bounds = &bounds };
	struct seen *seen = *state;

	loop_fake_clock(seen->loop);
	loop_measure(seen->loop, &rounds);
	task_post(seen->loop, &seen->task, let_time_pass, seen);
	loop_step(seen->loop, false);
	assert_int_equal(rounds.counts[1], 1);
	loop_step(seen->loop, false);
	assert_int_equal(rounds.counts[0], 1);
	loop_measure(seen->loop, NULL);
	loop_step(seen->loop, false);
	assert_int_equal(histogram_count(&rounds), 2);
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
		cmocka_unit_test_setup_teardown(awake_timers_do_not_count_a_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stop_is_no_time_awake, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_late_timer_runs_after_descriptors_were_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_late_timer_waits_for_all_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_batch_is_not_waited_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(many_timers_run_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_timer_started_for_at_once_leaves_the_round, setup, teardown),
		cmocka_unit_test_setup_teardown(watch_freed_by_another_is_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			rounds_are_measured_while_somebody_asks, setup, teardown),
		cmocka_unit_test_setup_teardown(
			resting_watch_of_a_dead_peer_lets_the_loop_sleep, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
