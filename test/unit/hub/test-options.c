/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void misuse_has_its_text(void **state)
{
	static const char *const cases[][2] = {
		{ "stall=skip", "hub: 'chardevs' list is not defined" },
		{ "chardevs.1=f0", "Parameter 'chardevs.0' missing" },
		{ "chardevs.0=f0,chardevs.2=f1", "Parameter 'chardevs.1' missing" },
		{ "chardevs.0=nope", "hub: chardev can't be found by id 'nope'" },
		{ "chardevs.0=h", "hub: chardev can't be found by id 'h'" },
		{ "chardevs.0=", "hub: chardev can't be found by id ''" },
		{ "chardevs.0=f0,chardevs.1=f0", "chardev 'f0' is already in use" },
		{ "chardevs.0=f0,members.0.chardev=f1",
			"hub 'h': give either 'chardevs' or 'members', not both" },
		{ "chardevs.0=f0,size=80", "Parameter 'size' expects COLSxROWS (1..1000 each), "
					   "'writer', 'smallest', 'largest' or 'guest', not '80'" },
	};
	struct hub_fixture *f = *state;

	fixture_fakes(f, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fixture_fail(f, cases[i][0], cases[i][1]);
	/* Failing half way through has released the members. */
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,chardevs.2=f2", 0);
}

static void there_is_no_limit_of_four_and_order_is_free(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 8);
	fixture_hub(f,
		"chardevs.7=f7,chardevs.0=f0,chardevs.2=f2,chardevs.1=f1,chardevs.3=f3,"
		"chardevs.4=f4,chardevs.5=f5,chardevs.6=f6",
		0);
	fixture_out(f, "hello");
	for (int i = 0; i < 8; i++)
		assert_true(fake_chardev_out_is(f->fake[i], "hello"));
	assert_int_equal(hub_member_count(f->hub), 8);
}

static void members_have_options_of_their_own(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f,
		"members.0.chardev=f0,members.0.access=view,members.1.chardev=f1,"
		"members.1.stall=close,stall=wait",
		0);
	assert_int_equal(fixture_info(f, "f0").options.access, HUB_ACCESS_VIEW);
	assert_int_equal(fixture_info(f, "f0").options.stall, HUB_STALL_WAIT);
	assert_int_equal(fixture_info(f, "f1").options.access, HUB_ACCESS_TYPE);
	assert_int_equal(fixture_info(f, "f1").options.stall, HUB_STALL_CLOSE);
}

static void busy_things_cannot_be_removed_or_held_twice(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_holder other;
	struct error *err = NULL;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	fake_holder_init(&other, f->loop);
	assert_int_equal(fake_holder_attach(&other, f->hub, FAKE_HOLDER_PLAIN, &err), -EBUSY);
	assert_string_equal(error_message(err), "chardev 'h' is already in use");
	error_free(err);
	err = NULL;
	assert_int_equal(chardev_set_remove(f->set, "f0", &err), -EBUSY);
	assert_string_equal(error_message(err), "Chardev 'f0' is busy");
	error_free(err);
	err = NULL;
	assert_int_equal(chardev_set_remove(f->set, "h", &err), -EBUSY);
	assert_string_equal(error_message(err), "Chardev 'h' is busy");
	error_free(err);
	fake_holder_detach(&f->guest);
	assert_int_equal(chardev_set_remove(f->set, "h", NULL), 0);
	assert_int_equal(chardev_set_remove(f->set, "f0", NULL), 0);
	fake_holder_done(&other);
}

static void hubs_stack_but_never_in_a_circle(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *inner = NULL;
	struct error *err = NULL;

	fixture_fakes(f, 2);
	assert_int_equal(chardev_set_add_text(f->set, "hub,id=i,chardevs.0=f0", &inner, NULL), 0);
	fixture_hub(f, "chardevs.0=i,chardevs.1=f1", 0);
	fixture_out(f, "both");
	assert_true(fake_chardev_out_is(f->fake[0], "both"));
	assert_true(fake_chardev_out_is(f->fake[1], "both"));
	fake_chardev_type(f->fake[0], "up", 2);
	assert_true(fake_holder_in_is(&f->guest, "up"));
	assert_int_equal(hub_add_member(inner, f->hub, NULL, &err), -ELOOP);
	assert_string_equal(error_message(err), "hub 'i' would contain itself through chardev 'h'");
	error_free(err);
}

static void guest_that_cannot_wait_refuses_members_that_make_it(void **state)
{
	static const struct hub_member_options waiting = { .stall = HUB_STALL_WAIT };
	struct hub_fixture *f = *state;
	struct error *err = NULL;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_NEVER_WAIT);
	assert_int_equal(hub_add_member(f->hub, &f->fake[1]->base, &waiting, &err), -EINVAL);
	assert_string_equal(error_message(err),
		"hub 'h': member 'f1' has stall=wait, but this guest cannot wait");
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(misuse_has_its_text),
		hub_test(there_is_no_limit_of_four_and_order_is_free),
		hub_test(members_have_options_of_their_own),
		hub_test(busy_things_cannot_be_removed_or_held_twice),
		hub_test(hubs_stack_but_never_in_a_circle),
		hub_test(guest_that_cannot_wait_refuses_members_that_make_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
