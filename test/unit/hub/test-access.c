/* SPDX-License-Identifier: MIT */
/* Who may what at a hub: identity x rules x way in. The rules themselves: test-authz.c. */
#include "hub-fixture.h"

#include "base/cleanup.h"
#include "object/authz.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Two rules: `ann` lets user:ann in and nobody else, `joe` user:joe. */
static int setup(void **state)
{
	hub_setup(state);
	fixture_rule(*state, &authz_simple_class, "authz-simple,id=ann,identity=user:ann");
	fixture_rule(*state, &authz_simple_class, "authz-simple,id=joe,identity=user:joe");
	return 0;
}

/* ---- ways in ---- */

/* Is there when the hub is made. */
static enum hub_access there_first(struct hub_fixture *f, const char *who, const char *options)
{
	f->fake[0]->identity = who;
	fixture_hub(f, options, 0);
	return fixture_info(f, "f0").access;
}

/* Comes later. */
static enum hub_access comes_later(struct hub_fixture *f, const char *who, const char *options)
{
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, options, 0);
	f->fake[0]->identity = who;
	fake_chardev_set_open(f->fake[0], true);
	return fixture_info(f, "f0").access;
}

/* Comes after somebody who may all has left the same place. */
static enum hub_access comes_next(struct hub_fixture *f, const char *who, const char *options)
{
	comes_later(f, NULL, options);
	fake_chardev_hang_up(f->fake[0]);
	f->fake[0]->identity = who;
	fake_chardev_set_open(f->fake[0], true);
	return fixture_info(f, "f0").access;
}

/* Is one of the clients of a server. */
static enum hub_access is_client(struct hub_fixture *f, const char *who, const char *options)
{
	struct chardev *peer;

	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, options, 0);
	peer = chardev_new_peer(&f->fake[0]->base, &fake_chardev_class, "f0.1");
	fake_chardev_of(peer)->identity = who;
	fake_chardev_set_open(fake_chardev_of(peer), true);
	assert_int_equal(chardev_offer_peer(&f->fake[0]->base, peer, NULL), 0);
	return fixture_info(f, "f0.1").access;
}

static void clear(struct hub_fixture *f)
{
	fake_holder_done(&f->guest);
	fake_holder_init(&f->guest, f->loop);
	assert_int_equal(chardev_set_remove(f->set, "h", NULL), 0);
	assert_int_equal(chardev_set_remove(f->set, "f0", NULL), 0);
	run_idle(f->loop);
}

static void identity_by_rules_by_way_in(void **state)
{
	static enum hub_access (*const ways[])(struct hub_fixture * f, const char *who,
		const char *options) = { there_first, comes_later, comes_next, is_client };
	static const char *const people[] = { "user:ann", "user:joe", "user:eve", NULL };
	static const char letters[] = {
		[HUB_ACCESS_TYPE] = 'T', [HUB_ACCESS_VIEW] = 'V', [HUB_ACCESS_NONE] = '-'
	};
	static const struct {
		const char *options;
		const char *access; /* a column for each of people */
	} table[] = {
		{ "chardevs.0=f0", "TTTT" },
		{ "chardevs.0=f0,view-authz=ann", "T--T" },
		{ "chardevs.0=f0,type-authz=joe", "VTVT" },
		{ "chardevs.0=f0,view-authz=ann,type-authz=joe", "VT-T" },
		{ "members.0.chardev=f0,members.0.access=view", "VVVV" },
		{ "members.0.chardev=f0,members.0.access=view,view-authz=ann", "V--V" },
		{ "members.0.chardev=f0,members.0.view-authz=joe,view-authz=ann", "-T-T" },
		{ "members.0.chardev=f0,members.0.view-authz=ann,type-authz=joe", "VT-T" },
	};
	struct hub_fixture *f = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t n = 0; n < 4 * sizeof(ways) / sizeof(ways[0]); n++) {
			const char *who = people[n % 4];
			enum hub_access access;

			fixture_fakes(f, 1);
			access = ways[n / 4](f, who, table[i].options);
			if (letters[access] != table[i].access[n % 4])
				fail_msg("%s at '%s' by way %zu: %c", who ? who : "nobody",
					table[i].options, n / 4, letters[access]);
			clear(f);
		}
	}
}

/* ---- what it means ---- */

static void who_is_refused_sees_nothing_and_is_told_why(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_info info;

	fixture_fakes(f, 1);
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, "chardevs.0=f0,view-authz=ann", 0);
	fixture_out(f, "secret");
	f->fake[0]->identity = "user:eve";
	fake_chardev_set_open(f->fake[0], true);
	fake_chardev_resize(f->fake[0], 100, 30);
	fake_chardev_break(f->fake[0]);
	fake_chardev_type(f->fake[0], "rm", 2);
	assert_string_equal(f->fake[0]->reason, "console 'h' is not for user:eve");
	assert_int_equal(f->fake[0]->disconnects, 1);
	hub_info(f->hub, &info);
	assert_int_equal(info.refused, 1);
	assert_int_equal(info.admitted, 0);
	run_idle(f->loop);
	fixture_out(f, " more");
	assert_int_equal(f->fake[0]->out.len, 0);
	assert_int_equal(f->guest.opened + f->guest.breaks + f->guest.resizes + f->guest.in.len, 0);
}

static void next_one_is_judged_anew_though_the_last_has_not_hung_up(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	f->fake[0]->identity = "user:ann";
	fixture_hub(f, "chardevs.0=f0,view-authz=ann", 0);
	fake_chardev_half_close(f->fake[0]);
	assert_string_equal(fixture_info(f, "f0").identity, "user:ann");
	f->fake[0]->identity = "user:eve";
	fake_chardev_set_open(f->fake[0], true);
	assert_int_equal(fixture_info(f, "f0").access, HUB_ACCESS_NONE);
	assert_int_equal(f->fake[0]->disconnects, 1);
	fixture_out(f, "secret");
	assert_int_equal(f->fake[0]->out.len, 0);
}

/* Who cannot be sent away gets nothing any more, now and later, and nobody waits for him. */
static void stalls_and_is_let_in_no_more(struct hub_fixture *f, const char *options)
{
	size_t got;

	fixture_fakes(f, 1);
	f->fake[0]->identity = "user:ann";
	f->fake[0]->stays = true;
	fixture_hub(f, options, 0);
	fake_chardev_set_accept(f->fake[0], 0);
	assert_true(fixture_fill(f, 1000000) < 65536);
	f->fake[0]->identity = "user:eve";
	fake_chardev_judge(f->fake[0], false);
	run_idle(f->loop);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(fixture_fill(f, 100000), 100000);
	loop_advance(f->loop, 60000);
	got = f->fake[0]->out.len;
	fake_chardev_set_accept(f->fake[0], SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(f->fake[0]->out.len, got);
	assert_int_equal(fixture_info(f, "f0").standing, HUB_MEMBER_OUT);
}

static void who_is_let_in_no_more_holds_nobody(void **state)
{
	stalls_and_is_let_in_no_more(*state, "chardevs.0=f0,view-authz=ann,window=64k,stall=wait");
}

static void who_is_let_in_no_more_comes_not_back_by_a_stall(void **state)
{
	stalls_and_is_let_in_no_more(*state, "chardevs.0=f0,view-authz=ann,window=64k,stall=skip");
}

static void who_may_only_view_does(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	f->fake[0]->identity = "user:ann";
	f->fake[1]->identity = "user:joe";
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,type-authz=joe", 0);
	fake_chardev_type(f->fake[0], "rm", 2);
	fake_chardev_type(f->fake[1], "ls", 2);
	fixture_out(f, "files");
	assert_true(fake_chardev_out_is(f->fake[0], "files"));
	assert_int_equal(f->guest.in.len, 2);
	assert_memory_equal(f->guest.in.data, "ls", 2);
	assert_string_equal(fixture_info(f, "f0").identity, "user:ann");
}

static void rule_in_use_cannot_be_removed(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "members.0.chardev=f0,members.0.type-authz=joe,view-authz=ann", 0);
	assert_int_equal(object_set_remove(f->objects, "joe", NULL), -EBUSY);
	assert_int_equal(object_set_remove(f->objects, "ann", NULL), -EBUSY);
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), 0);
	assert_int_equal(object_set_remove(f->objects, "joe", NULL), 0);
	assert_int_equal(object_set_remove(f->objects, "ann", NULL), -EBUSY);
}

static void rule_that_does_not_exist_is_an_error(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_fail(f, "chardevs.0=f0,view-authz=eve",
		"hub 'h': view-authz=eve: there is no such object");
	fixture_fail(f, "members.0.chardev=f0,members.0.type-authz=eve,view-authz=ann",
		"hub 'h': type-authz=eve: there is no such object");
	assert_int_equal(object_set_remove(f->objects, "ann", NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, hub_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(identity_by_rules_by_way_in),
		CASE(who_is_refused_sees_nothing_and_is_told_why),
		CASE(next_one_is_judged_anew_though_the_last_has_not_hung_up),
		CASE(who_is_let_in_no_more_holds_nobody),
		CASE(who_is_let_in_no_more_comes_not_back_by_a_stall),
		CASE(who_may_only_view_does),
		CASE(rule_in_use_cannot_be_removed),
		CASE(rule_that_does_not_exist_is_an_error),
	};

	return cmocka_run_group_tests_name("hub/access", tests, NULL, NULL);
}
