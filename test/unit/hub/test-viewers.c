/* SPDX-License-Identifier: MIT */
/* Clients of a screen, who are members as all are: f0 is the screen. */
#include "hub-fixture.h"

#include "base/cleanup.h"
#include "object/authz.h"

#include <string.h>

static struct fake_chardev *come(struct hub_fixture *f, const char *id, bool may_type)
{
	struct chardev *peer = chardev_new_peer(&f->fake[0]->base, &fake_viewer_chardev_class, id);
	struct fake_chardev *viewer = fake_chardev_of(peer);

	viewer->identity = "user:ann";
	viewer->may_type = may_type;
	viewer->accept = viewer->chunk = SIZE_MAX;
	fake_chardev_set_open(viewer, true);
	assert_int_equal(chardev_offer_peer(&f->fake[0]->base, peer, NULL), 0);
	return viewer;
}

static void a_viewer_is_given_nothing_and_keeps_up(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *viewer;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "before");
	viewer = come(f, "f0.1", true);
	assert_int_equal(fixture_fill(f, 1 << 20), 1 << 20);
	run_idle(f->loop);
	assert_int_equal(viewer->out_calls, 0);
	assert_int_equal(fixture_info(f, "f0.1").standing, HUB_MEMBER_GOOD);
	assert_int_equal(fixture_info(f, "f0.1").backlog, 0);
	assert_int_equal(fixture_info(f, "f0.1").skipped_bytes, 0);
	assert_string_equal(fixture_info(f, "f0.1").identity, "user:ann");
}

/* Nobody owes what all have spent: who cannot hold anybody up is not one of them. */
static void a_viewer_is_no_reader_to_be_waited_for(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *slow;

	fixture_fakes(f, 2);
	slow = f->fake[1];
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,grace-ms=1000", 0);
	come(f, "f0.1", true);
	fake_chardev_set_accept(slow, 0);
	assert_true(fixture_fill(f, 1 << 20) < 1 << 20);
	loop_advance(f->loop, 999);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	assert_int_equal(fixture_info(f, "f0.1").standing, HUB_MEMBER_GOOD);
}

static void who_is_judged_is_not_asked_about_again(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *viewer;

	fixture_rule(f, &authz_simple_class, "authz-simple,id=joe,identity=user:joe");
	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,view-authz=joe", 0);
	viewer = come(f, "f0.1", false);
	assert_int_equal(fixture_info(f, "f0.1").access, HUB_ACCESS_VIEW);
	fake_chardev_type(viewer, "x", 1);
	assert_true(fake_holder_in_is(&f->guest, ""));
	fake_chardev_judge(viewer, true);
	assert_int_equal(fixture_info(f, "f0.1").access, HUB_ACCESS_TYPE);
	fake_chardev_type(viewer, "y", 1);
	assert_true(fake_holder_in_is(&f->guest, "y"));
	assert_int_equal(viewer->disconnects, 0);
}

static void each_has_the_keyboard_for_himself(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *ann, *joe;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,typing=one", CHARDEV_LINK_CONSOLE);
	ann = come(f, "f0.1", true);
	joe = come(f, "f0.2", true);
	loop_advance(f->loop, 1000);
	fake_chardev_type(ann, "a", 1);
	fake_chardev_type(joe, "j", 1);
	assert_true(fake_holder_in_is(&f->guest, "a"));
	assert_true(fixture_info(f, "f0.1").has_keyboard);
	assert_int_equal(joe->last.type, CHARDEV_NOTICE);
	fake_chardev_judge(ann, false); /* may not any more */
	assert_false(fixture_info(f, "f0.1").has_keyboard);
	fake_chardev_type(joe, "j", 1);
	assert_true(fake_holder_in_is(&f->guest, "aj"));
}

static void what_a_server_may_its_clients_may(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_member_options options;
	struct fake_chardev *viewer;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	viewer = come(f, "f0.1", true);
	hub_member_defaults(f->hub, &options);
	options.access = HUB_ACCESS_VIEW;
	assert_int_equal(hub_set_member(f->hub, "f0", &options, NULL), 0);
	fake_chardev_type(viewer, "x", 1);
	assert_true(fake_holder_in_is(&f->guest, ""));
	options.access = HUB_ACCESS_TYPE;
	assert_int_equal(hub_set_member(f->hub, "f0.1", &options, NULL), 0);
	fake_chardev_type(viewer, "y", 1);
	assert_true(fake_holder_in_is(&f->guest, "y"));
}

static void who_goes_is_no_member(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	fake_chardev_hang_up(come(f, "f0.1", true));
	assert_int_equal(hub_member_count(f->hub), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(a_viewer_is_given_nothing_and_keeps_up),
		hub_test(a_viewer_is_no_reader_to_be_waited_for),
		hub_test(who_is_judged_is_not_asked_about_again),
		hub_test(each_has_the_keyboard_for_himself),
		hub_test(what_a_server_may_its_clients_may),
		hub_test(who_goes_is_no_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
