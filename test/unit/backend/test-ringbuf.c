/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "backend/ringbuf.h"
#include "lib/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_ringbuf_class,
	&backend_memory_class, &backend_null_class, NULL };

static int setup(void **state)
{
	*state = env_new(classes);
	return 0;
}

static int teardown(void **state)
{
	env_free(*state);
	return 0;
}

static void assert_holds(struct chardev *chardev, const char *text)
{
	char buf[512];
	size_t len = ringbuf_read(chardev, buf, sizeof(buf) - 1);

	buf[len] = 0;
	assert_string_equal(buf, text);
}

static void size_must_be_a_power_of_two(void **state)
{
	env_add_fails(
		*state, "ringbuf,id=r,size=5", "size of ringbuf chardev must be power of two");
	env_add_fails(
		*state, "ringbuf,id=r,size=0", "size of ringbuf chardev must be power of two");
	env_add_fails(*state, "ringbuf,id=r,size=4G", "must not be above 1G");
	env_add(*state, "memory,id=m,size=2");
}

static void newest_bytes_stay(void **state)
{
	struct env *env = *state;
	struct chardev *ring = env_add(env, "ringbuf,id=r,size=2");

	env_attach(env, ring);
	assert_int_equal(fake_holder_out(&env->holder, "buff", 4), 4);
	assert_holds(ring, "ff");
	assert_holds(ring, "");
}

static void bytes_wrap_around_the_end(void **state)
{
	struct env *env = *state;
	struct chardev *ring = env_add(env, "ringbuf,id=r,size=8");
	char two[2];

	env_attach(env, ring);
	assert_int_equal(fake_holder_out(&env->holder, "abcdef", 6), 6);
	assert_int_equal(ringbuf_read(ring, two, 2), 2);
	assert_memory_equal(two, "ab", 2);
	ringbuf_append(ring, "ghij", 4);
	assert_int_equal(ringbuf_used(ring), 8);
	assert_holds(ring, "cdefghij");
	ringbuf_append(ring, "0123456789", 10);
	assert_holds(ring, "23456789");
}

static void is_always_open(void **state)
{
	struct chardev *ring = env_add(*state, "ringbuf,id=r");

	assert_true(chardev_is_open(ring));
	assert_true(ringbuf_is(ring));
	assert_true(chardev_is_open(env_add(*state, "null,id=n")));
	assert_false(ringbuf_is(chardev_set_find(((struct env *)*state)->set, "n")));
}

static void null_swallows_and_takes_one_holder(void **state)
{
	struct env *env = *state;
	struct chardev *null = env_add(env, "null,id=label-null");
	struct fake_holder second;
	struct error *err = NULL;

	assert_null(chardev_set_find(env->set, "label-nothing"));
	assert_ptr_equal(chardev_set_find(env->set, "label-null"), null);
	env_attach(env, null);
	fake_holder_init(&second, env->loop);
	assert_true(fake_holder_attach(&second, null, FAKE_HOLDER_PLAIN, &err) < 0);
	assert_string_equal(error_message(err), "chardev 'label-null' is already in use");
	error_free(err);
	fake_holder_detach(&env->holder);
	env_attach(env, null);
	assert_int_equal(fake_holder_out(&env->holder, "buf", 4), 4);
	fake_holder_done(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(size_must_be_a_power_of_two, setup, teardown),
		cmocka_unit_test_setup_teardown(newest_bytes_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_wrap_around_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(is_always_open, setup, teardown),
		cmocka_unit_test_setup_teardown(
			null_swallows_and_takes_one_holder, setup, teardown),
	};

	return cmocka_run_group_tests_name("backend/ringbuf", tests, NULL, NULL);
}
