/* SPDX-License-Identifier: MIT */
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "lib/files.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &fake_chardev_class,
	&fake_reserve_chardev_class, NULL };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct fake_chardev *fake;
	struct fake_holder holder;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->set = chardev_set_new(f->loop, classes);
	f->fake = fake_chardev_add(f->set, "a");
	fake_holder_init(&f->holder, f->loop);
	*state = f;
	return fake_holder_attach(&f->holder, &f->fake->base, FAKE_HOLDER_PLAIN, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->holder.faults, 0);
	fake_holder_done(&f->holder);
	chardev_set_free(f->set);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void one_holder_at_a_time(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct fake_holder other;

	fake_holder_init(&other, f->loop);
	assert_int_equal(
		fake_holder_attach(&other, &f->fake->base, FAKE_HOLDER_PLAIN, &err), -EBUSY);
	assert_string_equal(error_message(err), "chardev 'a' is already in use");
	fake_holder_detach(&f->holder);
	assert_int_equal(fake_holder_attach(&other, &f->fake->base, FAKE_HOLDER_PLAIN, NULL), 0);
	assert_int_equal(f->fake->detached, 1);
	fake_holder_done(&other);
}

static void short_accept_then_one_room_event(void **state)
{
	struct fixture *f = *state;

	fake_chardev_set_accept(f->fake, 3);
	assert_int_equal(fake_holder_out(&f->holder, "hello", 5), 3);
	assert_int_equal(f->holder.room_calls, 0);
	fake_chardev_set_accept(f->fake, 10);
	fake_chardev_set_accept(f->fake, 20);
	assert_int_equal(f->holder.room_calls, 1);
	assert_int_equal(f->fake->base.out_bytes, 3);
}

static void room_that_was_promised_is_told_though_an_offer_found_it_before(void **state)
{
	struct fixture *f = *state;

	f->fake->accept = 3;
	assert_int_equal(fake_holder_out(&f->holder, "hello", 5), 3);
	f->fake->accept = SIZE_MAX;
	assert_int_equal(fake_holder_out(&f->holder, "lo", 2), 2);
	assert_int_equal(f->holder.room_calls, 0);
	run_idle(f->loop);
	assert_int_equal(f->holder.room_calls, 1);
}

static void no_room_event_without_a_short_accept(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fake_holder_out(&f->holder, "hello", 5), 5);
	fake_chardev_set_accept(f->fake, 1);
	assert_int_equal(f->holder.room_calls, 0);
}

static void input_is_at_most_the_room_and_goes_on_when_told(void **state)
{
	struct fixture *f = *state;

	fake_holder_set_room(&f->holder, 2);
	fake_chardev_type(f->fake, "hello", 5);
	assert_true(fake_holder_in_is(&f->holder, "he"));
	fake_holder_set_room(&f->holder, SIZE_MAX);
	assert_true(fake_holder_in_is(&f->holder, "hello"));
	assert_int_equal(f->fake->base.in_bytes, 5);
}

static void holders_memory_is_filled_directly(void **state)
{
	struct fixture *f = *state;

	fake_holder_detach(&f->holder);
	assert_int_equal(
		fake_holder_attach(&f->holder, &f->fake->base, FAKE_HOLDER_RESERVE, NULL), 0);
	fake_chardev_type(f->fake, "through two segments", 20);
	assert_true(fake_holder_in_is(&f->holder, "through two segments"));
}

static void chardevs_memory_is_filled_directly_and_logged_once(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev = NULL;
	struct fake_holder holder;
	struct iovec iov[2];

	assert_int_equal(chardev_set_add_text(
				 f->set, "fake-reserve,id=r,logfile=test-link.log", &chardev, NULL),
		0);
	fake_holder_init(&holder, f->loop);
	fake_holder_attach(&holder, chardev, FAKE_HOLDER_PLAIN, NULL);
	assert_true(chardev_link_out_reserve(&holder.link, iov) >= 1);
	memcpy(iov[0].iov_base, "abc", 3);
	chardev_link_out_commit(&holder.link, 3);
	chardev_link_out_commit(&holder.link, 3);
	assert_true(fake_chardev_out_is(fake_chardev_of(chardev), "abc"));
	wait_for_file(f->loop, "test-link.log", "abc");
	remove("test-link.log");
	assert_int_equal(chardev_link_out_reserve(&f->holder.link, iov), -ENOTSUP);
	fake_holder_done(&holder);
}

static void free_in_answer(struct fake_holder *holder)
{
	chardev_free(holder->hook_data);
}

static void let_go(struct fake_holder *holder)
{
	fake_holder_detach(holder);
}

static void assert_dead_link(struct fake_holder *holder)
{
	struct chardev_event event = { .type = CHARDEV_BREAK };
	struct iovec iov[2];

	assert_int_equal(fake_holder_out(holder, "x", 1), -EPIPE);
	assert_int_equal(chardev_link_out_reserve(&holder->link, iov), -EPIPE);
	chardev_link_out_commit(&holder->link, 1);
	chardev_link_in_resume(&holder->link);
	assert_int_equal(chardev_link_event(&holder->link, &event), -ENOTSUP);
	assert_int_equal(chardev_link_disconnect(&holder->link, NULL), -ENOTSUP);
	assert_false(chardev_link_is_open(&holder->link));
	assert_string_equal(chardev_link_id(&holder->link), "(removed)");
	chardev_link_detach(&holder->link);
}

static void holder_of_a_freed_chardev_is_told_and_may_go_on(void **state)
{
	struct fixture *f = *state;

	chardev_free(&f->fake->base);
	assert_string_equal(f->holder.log.data, "CLOSED HANGUP removed ");
	assert_null(chardev_set_find(f->set, "a"));
	assert_dead_link(&f->holder);
	run_idle(f->loop);
	assert_dead_link(&f->holder);
}

static void holder_may_let_go_of_a_chardev_that_is_freed(void **state)
{
	struct fixture *f = *state;

	f->holder.removed_hook = let_go;
	chardev_free(&f->fake->base);
	assert_int_equal(f->holder.removed, 1);
	assert_dead_link(&f->holder);
	fake_holder_forget(&f->holder);
	f->fake = fake_chardev_add(f->set, "b");
	assert_int_equal(
		fake_holder_attach(&f->holder, &f->fake->base, FAKE_HOLDER_PLAIN, NULL), 0);
	f->holder.removed_hook = NULL;
	f->holder.event_hook = let_go;
	chardev_free(&f->fake->base);
	assert_string_equal(f->holder.log.data, "CLOSED ");
}

static void holder_may_free_a_chardev_that_is_freed(void **state)
{
	struct fixture *f = *state;

	f->holder.hook_data = &f->fake->base;
	f->holder.event_hook = f->holder.removed_hook = free_in_answer;
	chardev_free(&f->fake->base);
	run_idle(f->loop);
	assert_int_equal(f->holder.closed, 1);
	assert_dead_link(&f->holder);
}

static void set_may_go_before_the_holder(void **state)
{
	struct fixture *f = *state;

	chardev_set_free(f->set);
	assert_int_equal(f->holder.removed, 1);
	assert_dead_link(&f->holder);
	f->set = chardev_set_new(f->loop, classes);
}

static void class_asks_about_its_holder(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chardev_holder_flags(&f->fake->base), 0);
	chardev_link_set_flags(&f->holder.link, CHARDEV_LINK_CONSOLE);
	assert_int_equal(chardev_holder_flags(&f->fake->base), CHARDEV_LINK_CONSOLE);
	fake_holder_detach(&f->holder);
	assert_int_equal(chardev_holder_flags(&f->fake->base), 0);
}

static void open_state_is_told_on_changes_only(void **state)
{
	struct fixture *f = *state;

	assert_true(chardev_is_open(&f->fake->base));
	assert_int_equal(f->holder.opened, 0);
	chardev_set_open(&f->fake->base, true);
	assert_int_equal(f->holder.opened, 0);
	fake_chardev_half_close(f->fake);
	assert_int_equal(f->holder.closed, 1);
	fake_chardev_hang_up(f->fake);
	assert_int_equal(f->holder.closed, 1);
	assert_int_equal(f->holder.hangups, 1);
	assert_int_equal(fake_holder_out(&f->holder, "x", 1), -EPIPE);
}

static void detach_in_a_callback(struct fake_holder *holder)
{
	fake_holder_detach(holder);
}

static void holder_may_leave_inside_any_callback(void **state)
{
	struct fixture *f = *state;

	f->holder.in_hook = detach_in_a_callback;
	fake_chardev_type(f->fake, "x", 1);
	fake_chardev_type(f->fake, "y", 1);
	assert_true(fake_holder_in_is(&f->holder, "x"));
	assert_false(chardev_is_held(&f->fake->base));
}

static void events_for_the_peer_are_passed_on(void **state)
{
	struct fixture *f = *state;
	struct chardev_event event = { .type = CHARDEV_RESIZE, .cols = 100, .rows = 30 };

	assert_int_equal(chardev_link_event(&f->holder.link, &event), 0);
	assert_int_equal(f->fake->last.cols, 100);
	f->fake->event_result = -ENOTSUP;
	assert_int_equal(chardev_link_event(&f->holder.link, &event), -ENOTSUP);
}

#define link_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		link_test(one_holder_at_a_time),
		link_test(short_accept_then_one_room_event),
		link_test(room_that_was_promised_is_told_though_an_offer_found_it_before),
		link_test(no_room_event_without_a_short_accept),
		link_test(input_is_at_most_the_room_and_goes_on_when_told),
		link_test(holders_memory_is_filled_directly),
		link_test(chardevs_memory_is_filled_directly_and_logged_once),
		link_test(open_state_is_told_on_changes_only),
		link_test(holder_may_leave_inside_any_callback),
		link_test(events_for_the_peer_are_passed_on),
		link_test(holder_of_a_freed_chardev_is_told_and_may_go_on),
		link_test(holder_may_let_go_of_a_chardev_that_is_freed),
		link_test(holder_may_free_a_chardev_that_is_freed),
		link_test(set_may_go_before_the_holder),
		link_test(class_asks_about_its_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
