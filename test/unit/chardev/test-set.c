/* SPDX-License-Identifier: MIT */
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"

#include "base/cleanup.h"
#include "opts/opts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &fake_chardev_class, NULL };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->set = chardev_set_new(f->loop, classes);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chardev_set_free(f->set);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void expect_failure(struct fixture *f, const char *text, const char *message)
{
	AUTO_ERROR struct error *err = NULL;

	assert_true(chardev_set_add_text(f->set, text, NULL, &err) < 0);
	assert_string_equal(error_message(err), message);
}

static void misuse_has_qemus_texts(void **state)
{
	struct fixture *f = *state;

	expect_failure(f, "fake", "chardev: no id specified");
	expect_failure(f, "id=a", "chardev: \"a\" missing backend");
	expect_failure(f, "nosuch,id=a", "'nosuch' is not a valid char driver name");
	expect_failure(f, "fake,id=1a", "Parameter 'id' expects an identifier");
	expect_failure(f, "fake,id=a,foo=1", "Invalid parameter 'foo'");
	assert_int_equal(chardev_set_add_text(f->set, "fake,id=a", NULL, NULL), 0);
	expect_failure(f, "fake,id=a", "Duplicate ID 'a' for chardev");
	expect_failure(f, "fake,id=b,logfile=/nonexistent/x",
		"Could not create '/nonexistent/x': No such file or directory");
}

static void failing_open_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	expect_failure(f, "fake,id=a,fail=on,logfile=/dev/null", "fake 'a': told to fail");
	assert_null(chardev_set_find(f->set, "a"));
	assert_int_equal(chardev_set_add_text(f->set, "fake,id=a", NULL, NULL), 0);
}

static void found_walked_and_removed_by_id(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct chardev *a = NULL, *b = NULL;

	assert_int_equal(chardev_set_add_text(f->set, "fake,id=a", &a, NULL), 0);
	assert_int_equal(chardev_set_add_text(f->set, "fake,id=b", &b, NULL), 0);
	assert_ptr_equal(chardev_set_find(f->set, "b"), b);
	assert_ptr_equal(chardev_set_next(f->set, NULL), a);
	assert_ptr_equal(chardev_set_next(f->set, a), b);
	assert_null(chardev_set_next(f->set, b));
	assert_int_equal(chardev_set_remove(f->set, "a", NULL), 0);
	assert_null(chardev_set_find(f->set, "a"));
	assert_ptr_equal(chardev_set_next(f->set, NULL), b);
	assert_int_equal(chardev_set_remove(f->set, "a", &err), -ENOENT);
	assert_string_equal(error_message(err), "Chardev 'a' not found");
}

static void held_chardev_is_busy_until_it_is_let_go(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct fake_chardev *fake = fake_chardev_add(f->set, "a");
	struct fake_holder holder;

	fake_holder_init(&holder, f->loop);
	assert_int_equal(fake_holder_attach(&holder, &fake->base, FAKE_HOLDER_PLAIN, NULL), 0);
	assert_true(chardev_is_held(&fake->base));
	assert_int_equal(chardev_set_remove(f->set, "a", &err), -EBUSY);
	assert_string_equal(error_message(err), "Chardev 'a' is busy");
	fake_holder_detach(&holder);
	assert_int_equal(chardev_set_remove(f->set, "a", NULL), 0);
	fake_holder_done(&holder);
}

static void break_goes_to_the_holder(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct fake_chardev *fake = fake_chardev_add(f->set, "a");
	struct fake_holder holder;

	assert_int_equal(chardev_set_send_break(f->set, "a", NULL), 0);
	fake_holder_init(&holder, f->loop);
	fake_holder_attach(&holder, &fake->base, FAKE_HOLDER_PLAIN, NULL);
	assert_int_equal(chardev_set_send_break(f->set, "nope", &err), -ENOENT);
	assert_int_equal(holder.breaks, 0);
	assert_int_equal(chardev_set_send_break(f->set, "a", NULL), 0);
	assert_int_equal(holder.breaks, 1);
	fake_holder_done(&holder);
}

static void describes_itself(void **state)
{
	struct fixture *f = *state;
	struct fake_chardev *fake = fake_chardev_add(f->set, "a");
	AUTO_FREE char *text = chardev_describe(&fake->base);

	assert_string_equal(text, "fake");
	assert_string_equal(chardev_id(&fake->base), "a");
	assert_string_equal(chardev_class_name(&fake->base), "fake");
}

#define set_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- another one in its place ---- */

static int change(struct fixture *f, const char *text, struct chardev **ret, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "backend", &opts, NULL), 0);
	return chardev_set_change(f->set, "a", opts, ret, err);
}

static void a_holder_sees_one_peer_go_and_another_come(void **state)
{
	struct fixture *f = *state;
	struct fake_holder holder;
	struct fake_chardev *old = fake_chardev_add(f->set, "a");
	struct chardev *after = &fake_chardev_add(f->set, "b")->base, *now;

	fake_holder_init(&holder, f->loop);
	fake_holder_attach(&holder, &old->base, FAKE_HOLDER_PLAIN, NULL);
	chardev_link_set_flags(&holder.link, CHARDEV_LINK_SWAPS);
	fake_chardev_set_accept(old, 1);
	assert_int_equal(fake_holder_out(&holder, "xy", 2), 1);

	assert_int_equal(change(f, "fake,id=a", &now, NULL), 0);
	assert_string_equal(holder.log.data, "CLOSED HANGUP OPENED room ");
	assert_ptr_equal(chardev_set_find(f->set, "a"), now);
	assert_ptr_equal(chardev_set_next(f->set, now), after);
	assert_int_equal(fake_holder_out(&holder, "y", 1), 1);
	assert_true(fake_chardev_out_is(fake_chardev_of(now), "y"));
	fake_chardev_type(fake_chardev_of(now), "z", 1);
	assert_int_equal(holder.in.len, 1);
	assert_int_equal(holder.removed, 0);
	assert_int_equal(holder.faults, 0);
	fake_holder_done(&holder);
}

static void where_it_fails_the_old_one_stays(void **state)
{
	struct fixture *f = *state;
	struct fake_holder holder;
	struct fake_chardev *old = fake_chardev_add(f->set, "a");
	AUTO_ERROR struct error *err = NULL;
	AUTO_ERROR struct error *why = NULL;

	fake_holder_init(&holder, f->loop);
	fake_holder_attach(&holder, &old->base, FAKE_HOLDER_PLAIN, NULL);
	assert_int_equal(change(f, "fake,id=a", NULL, &err), -EBUSY);
	assert_string_equal(error_message(err), "Chardev user does not support chardev hotswap");
	chardev_link_set_flags(&holder.link, CHARDEV_LINK_SWAPS);
	assert_int_equal(change(f, "fake,id=a,logfile=/nonexistent/x", NULL, &why), -ENOENT);
	assert_string_equal(holder.log.data ? holder.log.data : "", "");
	assert_ptr_equal(chardev_set_find(f->set, "a"), &old->base);
	assert_int_equal(fake_holder_out(&holder, "x", 1), 1);
	fake_holder_done(&holder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		set_test(misuse_has_qemus_texts),
		set_test(failing_open_leaves_nothing_behind),
		set_test(found_walked_and_removed_by_id),
		set_test(held_chardev_is_busy_until_it_is_let_go),
		set_test(break_goes_to_the_holder),
		set_test(describes_itself),
		set_test(a_holder_sees_one_peer_go_and_another_come),
		set_test(where_it_fails_the_old_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
