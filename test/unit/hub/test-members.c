/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "io/store.h"

#include <errno.h>
#include <string.h>

static void hub_is_open_while_any_member_is(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[0], false);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	assert_false(chardev_is_open(f->hub));
	fake_chardev_set_open(f->fake[1], true);
	fake_chardev_set_open(f->fake[0], true);
	assert_int_equal(f->guest.opened, 1);
	fake_chardev_hang_up(f->fake[1]);
	assert_int_equal(f->guest.closed, 0);
	fake_chardev_hang_up(f->fake[0]);
	assert_int_equal(f->guest.closed, 1);
	fake_chardev_set_open(f->fake[0], true);
	assert_int_equal(f->guest.opened, 2);
}

static void members_that_are_always_open_count_from_the_start(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	assert_true(chardev_is_open(f->hub));
	fake_chardev_set_open(f->fake[1], true);
	fake_chardev_hang_up(f->fake[1]);
	assert_int_equal(f->guest.opened, 0);
	assert_int_equal(f->guest.closed, 0);
}

static void output_nobody_watches_is_kept_for_whoever_comes(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, "chardevs.0=f0", 0);
	fixture_out(f, "boot ");
	fixture_out(f, "log\n");
	fake_chardev_set_open(f->fake[0], true);
	fixture_out(f, "prompt");
	assert_true(fake_chardev_out_is(f->fake[0], "boot log\nprompt"));
}

static void first_and_newest_bytes_outlive_the_window(void **state)
{
	struct hub_fixture *f = *state;
	const struct strbuf *out;
	const char *rest;
	size_t sent = 1000000;

	fixture_fakes(f, 1);
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, "chardevs.0=f0,window=64k,keep=1k,replay=window", CHARDEV_LINK_CONSOLE);
	assert_int_equal(fixture_fill(f, sent), sent);
	fake_chardev_set_open(f->fake[0], true);
	out = &f->fake[0]->out;
	assert_true(fixture_is_stream(out->data, 1024, 0));
	assert_int_equal(strncmp(out->data + 1024, "\r\n[charhub: ", 12), 0);
	rest = strstr(out->data + 1026, "\r\n") + 2;
	assert_true(fixture_is_stream(rest, strlen(rest), sent - strlen(rest)));
	assert_in_range(strlen(rest), 32768 - 4096, 32768);
	assert_int_equal(fixture_line(sent - strlen(rest) - 1), '\n');
}

/* Nothing has happened for long: what the hub holds is packed. */
static void rest(struct hub_fixture *f)
{
	size_t hot, packed;

	loop_advance(f->loop, 2 * STORE_REST_MS);
	while (store_usage(f->loop, &hot, &packed), hot)
		loop_step(f->loop, true);
}

static void what_was_packed_is_shown_as_it_was(void **state)
{
	struct hub_fixture *f = *state;
	const struct strbuf *out;
	struct iovec iov[2];

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=128k,keep=100k,replay=window", 0);
	out = &f->fake[0]->out;
	assert_int_equal(fixture_fill(f, 120000), 120000);
	rest(f);
	fake_chardev_set_open(f->fake[0], true);
	run_idle(f->loop);
	assert_int_equal(out->len, 120000);
	assert_true(fixture_is_stream(out->data, out->len, 0));
	/* The window goes on over packed pieces, and the kept ones rest, too. */
	rest(f);
	assert_int_equal(fixture_fill(f, 100000), 100000);
	rest(f);
	assert_int_equal(hub_history(f->hub, 50000, 1000, iov), 1);
	assert_true(fixture_is_stream(iov[0].iov_base, iov[0].iov_len, 50000));
	assert_int_equal(hub_history(f->hub, 210000, 1000, iov), 1);
	assert_true(fixture_is_stream(iov[0].iov_base, iov[0].iov_len, 210000));
	assert_int_equal(out->len, 220000);
	assert_true(fixture_is_stream(out->data, out->len, 0));
}

static void replay_can_be_switched_off(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fake_chardev_set_open(f->fake[0], false);
	fixture_hub(f, "chardevs.0=f0,replay=none", 0);
	fixture_out(f, "before");
	fake_chardev_set_open(f->fake[0], true);
	fixture_out(f, "after");
	assert_true(fake_chardev_out_is(f->fake[0], "after"));
}

static void half_closed_member_still_gets_output(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	fake_chardev_half_close(f->fake[0]);
	assert_int_equal(f->guest.closed, 1);
	fixture_out(f, "still here");
	assert_true(fake_chardev_out_is(f->fake[0], "still here"));
}

static void members_come_and_go_while_the_hub_runs(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0", 0);
	fixture_out(f, "a");
	assert_int_equal(hub_add_member(f->hub, &f->fake[1]->base, NULL, NULL), 0);
	fixture_out(f, "b");
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), 0);
	fixture_out(f, "c");
	assert_true(fake_chardev_out_is(f->fake[0], "ab"));
	assert_true(fake_chardev_out_is(f->fake[1], "abc"));
	assert_int_equal(hub_member_count(f->hub), 1);
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), -ENOENT);
	assert_int_equal(chardev_set_remove(f->set, "f0", NULL), 0);
	assert_int_equal(hub_remove_member(f->hub, "f1", NULL), 0);
	assert_int_equal(f->guest.closed, 1);
	fixture_out(f, "swallowed");
}

static void member_may_be_freed_under_the_hub(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	fake_chardev_set_accept(f->fake[0], 0);
	fixture_out(f, "text");
	chardev_free(&f->fake[0]->base);
	assert_int_equal(hub_member_count(f->hub), 1);
	fixture_out(f, " and more");
	assert_true(fake_chardev_out_is(f->fake[1], "text and more"));
	chardev_free(&f->fake[1]->base);
	assert_int_equal(f->guest.closed, 1);
	fixture_out(f, "nobody");
	chardev_free(f->hub);
	assert_int_equal(f->guest.removed, 1);
	run_idle(f->loop);
}

static void remove_all(struct fake_holder *guest)
{
	struct hub_fixture *f = guest->hook_data;

	fake_holder_detach(guest);
	chardev_set_remove(f->set, "h", NULL);
	chardev_set_remove(f->set, "f0", NULL);
	chardev_set_remove(f->set, "f1", NULL);
	f->hub = NULL;
}

static void hub_and_members_may_be_removed_inside_a_callback(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	f->guest.hook_data = f;
	f->guest.in_hook = remove_all;
	fake_chardev_type(f->fake[0], "x", 1);
	run_idle(f->loop);
	assert_null(chardev_set_next(f->set, NULL));
}

static void hub_may_be_removed_inside_its_closing(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	f->guest.hook_data = f;
	fake_chardev_hang_up(f->fake[1]);
	f->guest.event_hook = remove_all;
	fake_chardev_hang_up(f->fake[0]);
	run_idle(f->loop);
	assert_null(chardev_set_next(f->set, NULL));
}

static void stalled_member_that_is_freed_frees_the_guest(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 100000);
	chardev_free(&f->fake[1]->base);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(f->guest.closed, 0);
}

static void member_has_a_replay_of_its_own(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 3);
	for (int i = 1; i < 3; i++)
		fake_chardev_set_open(f->fake[i], false);
	fixture_hub(f,
		"members.0.chardev=f0,members.1.chardev=f1,members.1.replay=none,"
		"members.2.chardev=f2,replay=window",
		CHARDEV_LINK_CONSOLE);
	fixture_out(f, "login: ");
	for (int i = 1; i < 3; i++)
		fake_chardev_set_open(f->fake[i], true);
	fixture_out(f, "new");
	assert_true(fake_chardev_out_is(f->fake[1], "new"));
	assert_true(fake_chardev_out_is(f->fake[2], "login: new"));
	assert_int_equal(fixture_info(f, "f1").options.replay, HUB_REPLAY_NONE);
}

static void clients_of_a_server_have_its_replay(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *peer;

	fixture_fakes(f, 1);
	fixture_hub(f, "members.0.chardev=f0,members.0.replay=none,replay=window", 0);
	fixture_out(f, "login: ");
	peer = chardev_new_peer(&f->fake[0]->base, &fake_chardev_class, "f0.1");
	assert_int_equal(chardev_offer_peer(&f->fake[0]->base, peer, NULL), 0);
	assert_int_equal(fixture_info(f, "f0.1").options.replay, HUB_REPLAY_NONE);
	assert_int_equal(hub_member_count(f->hub), 2);
	/* They go with it. */
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), 0);
	assert_int_equal(hub_member_count(f->hub), 0);
	run_idle(f->loop);
}

static void client_of_a_foreign_server_is_adopted(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *peer;
	struct fake_chardev *server;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	server = fake_chardev_add(f->set, "s");
	peer = chardev_new_peer(&server->base, &fake_chardev_class, "s.1");
	fake_chardev_of(peer)->accept = fake_chardev_of(peer)->chunk = SIZE_MAX;
	chardev_set_open(peer, true);
	assert_int_equal(chardev_adopt(f->hub, peer, NULL), 0);
	fixture_out(f, "hello");
	assert_true(fake_chardev_out_is(fake_chardev_of(peer), "hello"));
	fake_chardev_hang_up(fake_chardev_of(peer));
	assert_int_equal(hub_member_count(f->hub), 1);
	assert_int_equal(chardev_adopt(&server->base, peer, NULL), -ENOTSUP);
	run_idle(f->loop);
}

/* Return: the fake behind a new peer that has had all before @offset. */
static struct fake_chardev *admit_at(struct hub_fixture *f, uint64_t offset)
{
	struct hub_member_options options;
	struct chardev *peer = chardev_new_peer(f->hub, &fake_chardev_class, "back");

	peer->open = true;
	fake_chardev_of(peer)->accept = SIZE_MAX;
	fake_chardev_of(peer)->chunk = SIZE_MAX;
	hub_member_defaults(f->hub, &options);
	options.resumes = true;
	options.resume_at = offset;
	assert_int_equal(hub_admit(f->hub, peer, &options, NULL), 0);
	return fake_chardev_of(peer);
}

static void who_comes_back_goes_on_where_he_was(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *back;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=on", 0);
	fixture_out(f, "one two ");
	back = admit_at(f, 4);
	assert_true(fake_chardev_out_is(back, "two "));
	assert_true(back->out_counted);
	assert_true(back->out_offset == 4);
	fixture_out(f, "three");
	assert_true(fake_chardev_out_is(back, "two three"));
	assert_true(back->out_offset == 8);
	assert_int_equal(hub_remove_member(f->hub, "back", NULL), 0);
	back = admit_at(f, 13);
	assert_true(fake_chardev_out_is(back, ""));
}

static void who_comes_back_too_late_is_shown_the_screen(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *back;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=on,window=64k", 0);
	fixture_fill(f, 200000);
	run_idle(f->loop);
	back = admit_at(f, 10);
	assert_non_null(strstr(back->out.data, "\033[H"));
	assert_false(back->out_counted);
	assert_true(back->out_offset == 200000);
	assert_int_equal(hub_remove_member(f->hub, "back", NULL), 0);
	back = admit_at(f, 200001);
	assert_non_null(strstr(back->out.data, "\033[H"));
}

static void each_hub_counts_on_its_own(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *other;
	uint64_t instance;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0", 0);
	assert_int_equal(
		chardev_set_add_text(f->set, "hub,id=other,chardevs.0=f1", &other, NULL), 0);
	instance = hub_instance(f->hub);
	assert_true(instance != 0 && instance != hub_instance(other));
	assert_true(instance == hub_instance(f->hub));
}

static void break_of_a_member_and_on_the_hub_reaches_the_guest(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "members.0.chardev=f0,members.1.chardev=f1,members.1.access=view", 0);
	fake_chardev_break(f->fake[0]);
	assert_int_equal(f->guest.breaks, 1);
	fake_chardev_break(f->fake[1]);
	assert_int_equal(f->guest.breaks, 1);
	assert_int_equal(chardev_set_send_break(f->set, "h", NULL), 0);
	assert_int_equal(f->guest.breaks, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(hub_is_open_while_any_member_is),
		hub_test(members_that_are_always_open_count_from_the_start),
		hub_test(output_nobody_watches_is_kept_for_whoever_comes),
		hub_test(first_and_newest_bytes_outlive_the_window),
		hub_test(what_was_packed_is_shown_as_it_was),
		hub_test(replay_can_be_switched_off),
		hub_test(half_closed_member_still_gets_output),
		hub_test(members_come_and_go_while_the_hub_runs),
		hub_test(hub_and_members_may_be_removed_inside_a_callback),
		hub_test(member_may_be_freed_under_the_hub),
		hub_test(hub_may_be_removed_inside_its_closing),
		hub_test(stalled_member_that_is_freed_frees_the_guest),
		hub_test(member_has_a_replay_of_its_own),
		hub_test(clients_of_a_server_have_its_replay),
		hub_test(client_of_a_foreign_server_is_adopted),
		hub_test(who_comes_back_goes_on_where_he_was),
		hub_test(who_comes_back_too_late_is_shown_the_screen),
		hub_test(each_hub_counts_on_its_own),
		hub_test(break_of_a_member_and_on_the_hub_reaches_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
