/* SPDX-License-Identifier: MIT */
#include "frontend/frontend.h"

#include "base/cleanup.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "lib/kept-log.h"
#include "opts/opts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &fake_chardev_class, &hub_class, NULL };
static const struct frontend_class *const devices[] = { &frontend_console_class, NULL };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct frontend_set *frontends;
	struct fake_chardev *guest, *world;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->set = chardev_set_new(f->loop, classes);
	f->frontends = frontend_set_new(f->loop, f->set, devices);
	f->guest = fake_chardev_add(f->set, "g");
	f->world = fake_chardev_add(f->set, "w");
	*state = f;
	return chardev_set_add_text(f->set, "hub,id=h,chardevs.0=w,window=64k", NULL, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	frontend_set_free(f->frontends);
	chardev_set_free(f->set);
	loop_free(f->loop);
	free(f);
	return 0;
}

static int add(struct fixture *f, const char *text, struct error **err)
{
	struct opts *opts = NULL;
	int r = opts_parse(text, "driver", &opts, err);

	if (r == 0)
		r = frontend_set_add(f->frontends, opts, NULL, err);
	opts_free(opts);
	run_idle(f->loop);
	return r;
}

static void misuse_has_its_text(void **state)
{
	static const char *const cases[][2] = {
		{ "nosuch,chardev=h", "'nosuch' is not a valid device model name" },
		{ "console,guest=g", "Parameter 'chardev' is missing" },
		{ "console,guest=nope,chardev=h",
			"Property 'console.guest' can't find value 'nope'" },
		{ "console,guest=g,chardev=nope",
			"Property 'console.chardev' can't find value 'nope'" },
		{ "console,guest=g,chardev=w", "Property 'console.chardev' can't take value 'w': "
					       "chardev 'w' is already in use" },
		{ "console,guest=h,chardev=h", "Property 'console.guest' can't take value 'h': "
					       "chardev 'h' is already in use" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ERROR struct error *err = NULL;

		assert_true(add(f, cases[i][0], &err) < 0);
		assert_string_equal(error_message(err), cases[i][1]);
	}
	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
}

static void either_chardev_may_be_freed_under_the_console(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	chardev_free(&f->guest->base);
	run_idle(f->loop);
	fake_chardev_type(f->world, "keys", 4);
	run_idle(f->loop);
	assert_int_equal(f->world->typed.len, 4);
	f->guest = fake_chardev_add(f->set, "g2");
	f->world = fake_chardev_add(f->set, "w2");
	assert_int_equal(add(f, "console,guest=g2,chardev=w2", NULL), 0);
	chardev_free(&f->world->base);
	fake_chardev_type(f->guest, "output", 6);
	run_idle(f->loop);
}

static void bytes_go_both_ways(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "console,guest=g,chardev=h,name=one", NULL), 0);
	fake_chardev_type(f->guest, "login: ", 7);
	assert_true(fake_chardev_out_is(f->world, "login: "));
	fake_chardev_type(f->world, "root\n", 5);
	assert_true(fake_chardev_out_is(f->guest, "root\n"));
}

static void slow_guest_gets_every_key_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	fake_chardev_set_accept(f->guest, 2);
	fake_chardev_type(f->world, "hello", 5);
	fake_chardev_type(f->world, " world", 6);
	assert_true(fake_chardev_out_is(f->guest, "he"));
	for (int i = 0; i < 9; i++)
		fake_chardev_set_accept(f->guest, 1);
	assert_true(fake_chardev_out_is(f->guest, "hello world"));
}

static void keys_wait_for_a_guest_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	fake_chardev_set_open(f->guest, false);
	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	fake_chardev_type(f->world, "early", 5);
	assert_true(fake_chardev_out_is(f->guest, ""));
	fake_chardev_set_open(f->guest, true);
	assert_true(fake_chardev_out_is(f->guest, "early"));
}

static void what_is_lost_is_told(void **state)
{
	struct fake_chardev *single;
	struct fixture *f = *state;
	struct kept_log log;

	single = fake_chardev_add(f->set, "s");
	assert_int_equal(add(f, "console,guest=g,chardev=s", NULL), 0);
	kept_log_begin(&log);
	/* A guest that dies with input before it. */
	fake_chardev_set_accept(f->guest, 2);
	fake_chardev_type(single, "hello", 5);
	fake_chardev_hang_up(f->guest);
	assert_non_null(strstr(log.text.data, "console 'g': 3 bytes of input for the guest are "
					      "lost"));
	/* Output while nobody is there. */
	fake_chardev_set_open(f->guest, true);
	fake_chardev_hang_up(single);
	fake_chardev_type(f->guest, "nobody", 6);
	assert_null(strstr(log.text.data, "went to nobody"));
	fake_chardev_set_open(single, true);
	assert_non_null(strstr(log.text.data, "console 'g': 6 bytes of the guest went to nobody"));
	kept_log_end(&log);
}

static void guest_is_told_size_and_break(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	fake_chardev_resize(f->world, 100, 30);
	assert_int_equal(f->guest->last.type, CHARDEV_RESIZE);
	assert_int_equal(f->guest->last.cols, 100);
	fake_chardev_break(f->world);
	assert_int_equal(f->guest->last.type, CHARDEV_BREAK);
	/* A guest that comes back is told its size anew. */
	fake_chardev_hang_up(f->guest);
	fake_chardev_set_open(f->guest, true);
	assert_int_equal(f->guest->last.type, CHARDEV_RESIZE);
	assert_int_equal(f->guest->events, 3);
}

static void chardev_that_is_no_hub_will_do(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *single = fake_chardev_add(f->set, "s");

	assert_int_equal(add(f, "console,guest=g,chardev=s", NULL), 0);
	fake_chardev_set_accept(single, 3);
	fake_chardev_type(f->guest, "hello", 5);
	fake_chardev_type(f->guest, "!", 1);
	fake_chardev_set_accept(single, SIZE_MAX);
	assert_true(fake_chardev_out_is(single, "hello!"));
}

static void guest_waits_for_nobody_who_has_gone(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *single = fake_chardev_add(f->set, "s");

	assert_int_equal(add(f, "console,guest=g,chardev=s", NULL), 0);
	fake_chardev_set_accept(single, 3);
	fake_chardev_type(f->guest, "hello", 5);
	fake_chardev_type(f->guest, "nobody", 6);
	assert_int_equal(f->guest->typed.len, 6);
	fake_chardev_hang_up(single);
	run_idle(f->loop);
	assert_int_equal(f->guest->typed.len, 0);
	fake_chardev_set_open(single, true);
	fake_chardev_set_accept(single, SIZE_MAX);
	fake_chardev_type(f->guest, " again", 6);
	assert_true(fake_chardev_out_is(single, "hel again"));
}

/* ---- a server of several clients as the guest's end ---- */

static struct fake_chardev *come(struct fixture *f, const char *id, const char *identity)
{
	struct chardev *peer = chardev_new_peer(&f->guest->base, &fake_chardev_class, id);

	fake_chardev_of(peer)->accept = fake_chardev_of(peer)->chunk = SIZE_MAX;
	fake_chardev_of(peer)->identity = identity;
	chardev_set_open(peer, true);
	assert_int_equal(chardev_offer_peer(&f->guest->base, peer, NULL), 0);
	run_idle(f->loop);
	return fake_chardev_of(peer);
}

static void first_client_is_the_guest_and_others_take_part(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *vmm, *person;

	fake_chardev_set_open(f->guest, false);
	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	vmm = come(f, "g.1", "user:vmm");
	person = come(f, "g.2", "user:vmm");
	fake_chardev_type(vmm, "login: ", 7);
	assert_true(fake_chardev_out_is(f->world, "login: "));
	assert_non_null(strstr(person->out.data, "login: "));
	fake_chardev_type(person, "root\n", 5);
	assert_true(fake_chardev_out_is(vmm, "root\n"));
	fake_chardev_hang_up(person);
	run_idle(f->loop);
	fake_chardev_type(f->world, "x", 1);
	assert_true(fake_chardev_out_is(vmm, "root\nx"));
}

static void guest_may_come_again(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *vmm;

	fake_chardev_set_open(f->guest, false);
	assert_int_equal(add(f, "console,guest=g,chardev=h", NULL), 0);
	fake_chardev_hang_up(come(f, "g.1", "user:vmm"));
	run_idle(f->loop);
	/* Another user who comes meanwhile is none. */
	come(f, "g.2", "user:root");
	fake_chardev_type(f->world, "early", 5);
	assert_int_equal(f->world->typed.len, 5);
	vmm = come(f, "g.3", "user:vmm");
	assert_true(fake_chardev_out_is(vmm, "early"));
}

static void who_is_another_user_is_not_the_guest(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *person;

	fake_chardev_set_open(f->guest, false);
	assert_int_equal(add(f, "console,guest=g,chardev=h,guest-user=vmm", NULL), 0);
	person = come(f, "g.1", "user:root");
	fake_chardev_type(person, "typed", 5);
	assert_int_equal(f->world->out.len, 0);
	assert_int_equal(person->typed.len, 5); /* waits for a guest */
}

static void without_a_hub_there_is_one_client(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct chardev *second;

	fake_chardev_add(f->set, "s");
	fake_chardev_set_open(f->guest, false);
	assert_int_equal(add(f, "console,guest=g,chardev=s", NULL), 0);
	come(f, "g.1", "user:vmm");
	second = chardev_new_peer(&f->guest->base, &fake_chardev_class, "g.2");
	assert_int_equal(chardev_offer_peer(&f->guest->base, second, &err), -ENOTSUP);
	assert_string_equal(error_message(err), "chardev 's' is not shared: it is no hub");
	chardev_free(second);
}

#define console_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		console_test(misuse_has_its_text),
		console_test(bytes_go_both_ways),
		console_test(either_chardev_may_be_freed_under_the_console),
		console_test(slow_guest_gets_every_key_once),
		console_test(keys_wait_for_a_guest_that_is_not_there),
		console_test(what_is_lost_is_told),
		console_test(guest_is_told_size_and_break),
		console_test(chardev_that_is_no_hub_will_do),
		console_test(guest_waits_for_nobody_who_has_gone),
		console_test(first_client_is_the_guest_and_others_take_part),
		console_test(guest_may_come_again),
		console_test(who_is_another_user_is_not_the_guest),
		console_test(without_a_hub_there_is_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
