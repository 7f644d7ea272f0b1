/* SPDX-License-Identifier: MIT */
/* Somebody of whom it takes time to find out what he may: neither let in nor refused meanwhile. */
#include "hub-fixture.h"

#include "base/cleanup.h"
#include "lib/fake-pam.h"
#include "object/authz.h"

#include <errno.h>
#include <string.h>

/* A hub that knows whom to let in by PAM, and nobody is there yet. */
static int setup(void **state)
{
	struct hub_fixture *f;

	hub_setup(state);
	f = *state;
	fake_pam_reset();
	fake_pam_hold(true);
	fixture_rule(f, &authz_pam_class, "authz-pam,id=accounts,service=open");
	fixture_rule(f, &authz_pam_class, "authz-pam,id=closed,service=closed");
	fixture_fakes(f, 1);
	fake_chardev_set_open(f->fake[0], false);
	return 0;
}

static int teardown(void **state)
{
	fake_pam_hold(false);
	return hub_teardown(state);
}

static void come(struct hub_fixture *f, const char *who)
{
	f->fake[0]->identity = who;
	fake_chardev_set_open(f->fake[0], true);
	run_idle(f->loop);
}

/* Let PAM answer, and wait until it has. */
static void be_answered(struct hub_fixture *f)
{
	fake_pam_wait(1);
	fake_pam_hold(false);
	while (fixture_info(f, "f0").access == HUB_ACCESS_NONE && !f->fake[0]->disconnects)
		loop_step(f->loop, true);
	run_idle(f->loop);
}

static void nothing_happens_before_the_answer(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts,replay=window", 0);
	fixture_out(f, "before ");
	come(f, "user:ann");
	fixture_out(f, "meanwhile ");
	fake_chardev_resize(f->fake[0], 100, 30);
	fake_chardev_type(f->fake[0], "ls", 2);
	run_idle(f->loop);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_NONE);
	assert_string_equal(fixture_info(f, "f0").identity, "user:ann");
	assert_int_equal(f->fake[0]->out.len + f->guest.in.len, 0);
	assert_int_equal(f->guest.opened + f->guest.resizes, 0);
	be_answered(f);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_TYPE);
	assert_non_null(strstr(f->fake[0]->out.data, "before meanwhile "));
	assert_int_equal(f->guest.in.len, 2);
	assert_memory_equal(f->guest.in.data, "ls", 2);
	assert_int_equal(f->guest.resizes, 1);
	assert_int_equal(f->guest.opened, 1);
}

static void answer_may_be_no(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	come(f, "user:eve");
	fake_chardev_type(f->fake[0], "rm", 2);
	be_answered(f);
	assert_string_equal(f->fake[0]->reason, "console 'h' is not for user:eve");
	assert_int_equal(f->fake[0]->out.len + f->guest.in.len, 0);
}

/* Who is there all the same is not read for ever, so that his end is seen. */
static void who_is_refused_and_stays_is_read(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	f->fake[0]->stays = true;
	come(f, "user:eve");
	fake_chardev_type(f->fake[0], "rm", 2);
	assert_int_equal(f->fake[0]->typed.len, 2);
	fake_pam_wait(1);
	fake_pam_hold(false);
	while (f->fake[0]->typed.len)
		loop_step(f->loop, true);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_NONE);
	assert_int_equal(f->guest.in.len, 0);
}

static void who_is_judged_by_other_rules_meanwhile_is_read(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_member_options options;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	come(f, "user:ann");
	fake_chardev_type(f->fake[0], "ls", 2);
	fake_pam_wait(1);
	options = fixture_info(f, "f0").options;
	options.view_authz = NULL;
	assert_int_equal(hub_set_member(f->hub, "f0", &options, NULL), 0);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "ls"));
}

static void answer_may_be_to_look(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts,type-authz=closed", 0);
	come(f, "user:ann");
	fake_chardev_type(f->fake[0], "rm", 2);
	be_answered(f);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_VIEW);
	fixture_out(f, "hello");
	assert_true(fake_chardev_out_is(f->fake[0], "hello"));
	assert_int_equal(f->guest.in.len, 0);
}

static void who_leaves_meanwhile_is_forgotten(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	come(f, "user:eve");
	fake_pam_wait(1);
	fake_chardev_hang_up(f->fake[0]);
	run_idle(f->loop);
	assert_null(fixture_info(f, "f0").identity);
	come(f, "user:ann");
	be_answered(f);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_TYPE);
	assert_int_equal(f->fake[0]->disconnects, 0);
}

static void member_may_be_removed_meanwhile(void **state)
{
	struct hub_fixture *f = *state;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	come(f, "user:ann");
	fake_pam_wait(1);
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), 0);
	run_idle(f->loop);
	assert_int_equal(object_set_remove(f->objects, "accounts", NULL), -EBUSY); /* the hub's */
}

static void clients_of_a_server_wait_as_well(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *peer;

	fixture_hub(f, "chardevs.0=f0,view-authz=accounts", 0);
	peer = chardev_new_peer(&f->fake[0]->base, &fake_chardev_class, "f0.1");
	fake_chardev_of(peer)->identity = "user:eve";
	fake_chardev_set_open(fake_chardev_of(peer), true);
	assert_int_equal(chardev_offer_peer(&f->fake[0]->base, peer, NULL), 0);
	assert_int_equal(fixture_info(f, "f0.1").access, HUB_ACCESS_NONE);
	fake_pam_wait(1);
	fake_pam_hold(false);
	while (hub_member_count(f->hub) == 2)
		loop_step(f->loop, true);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_happens_before_the_answer),
		CASE(answer_may_be_no),
		CASE(who_is_refused_and_stays_is_read),
		CASE(who_is_judged_by_other_rules_meanwhile_is_read),
		CASE(answer_may_be_to_look),
		CASE(who_leaves_meanwhile_is_forgotten),
		CASE(member_may_be_removed_meanwhile),
		CASE(clients_of_a_server_wait_as_well),
	};

	return cmocka_run_group_tests_name("hub/asking", tests, NULL, NULL);
}
