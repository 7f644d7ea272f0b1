/* SPDX-License-Identifier: MIT */
#include "vc/viewers.h"
#include "chardev/chardev-impl.h"
#include "display/display.h"

#include "vc-fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PEOPLE = 3 };

struct fixture;

/* Somebody at the hub: what it knows of him, from his client. */
struct person {
	struct fixture *f;
	struct fake_holder holder;
	unsigned rights; /* how often what he may was another thing */
};

/* A vc whose holder takes clients, as a hub does. */
struct fixture {
	struct env *env;
	struct display *display;
	struct chardev *vc;
	struct chardev_link link;
	struct display_view *views[PEOPLE];
	struct person people[PEOPLE];
	unsigned n_people, offers, sent_away, bells, decided;
	int refusal;
	bool has_rules;
	enum display_right right;
};

static void note_event(struct fake_holder *holder)
{
	struct person *person = holder->hook_data;
	struct chardev *chardev = holder->link.chardev;

	person->rights += holder->last.type == CHARDEV_RIGHT;
	if (holder->last.type != CHARDEV_HANGUP)
		return;
	fake_holder_detach(holder);
	chardev_free(chardev);
}

static int take(void *data, struct chardev *peer, struct error **err)
{
	struct fixture *f = data;
	struct person *person = &f->people[f->n_people];

	f->offers++;
	if (f->refusal)
		return error_set(err, f->refusal, "no");
	assert_in_range(++f->n_people, 1, PEOPLE);
	*person = (struct person){ .f = f };
	fake_holder_init(&person->holder, f->env->loop);
	person->holder.event_hook = note_event;
	person->holder.hook_data = person;
	return fake_holder_attach(&person->holder, peer, FAKE_HOLDER_PLAIN, err);
}

static const char *name(void *data)
{
	(void)data;
	return "hub";
}

static void rules(void *data, struct object **ret_view, struct object **ret_type)
{
	*ret_view = NULL;
	*ret_type = ((struct fixture *)data)->has_rules ? data : NULL;
}

static const struct chardev_holder_ops hub_ops = {
	.on_peer = take, .console = name, .rules = rules
};

static enum display_right may(void *data, struct object *view_rule, struct object *type_rule)
{
	(void)view_rule;
	(void)type_rule;
	return ((struct fixture *)data)->right;
}

static void note_sent_away(void *data)
{
	((struct fixture *)data)->sent_away++;
}

static void note_bell(void *data)
{
	((struct fixture *)data)->bells++;
}

static void note_decided(void *data)
{
	((struct fixture *)data)->decided++;
}

static const struct display_view_callbacks callbacks = {
	.may = may,
	.on_sent_away = note_sent_away,
	.on_bell = note_bell,
	.on_size_decided = note_decided,
};

static void settle(struct fixture *f)
{
	run_idle(f->env->loop);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->env = vc_env_new(&f->display);
	f->vc = env_add(f->env, "vc,id=vc0");
	assert_int_equal(chardev_link_attach(&f->link, f->vc, 0, &hub_ops, f, NULL), 0);
	*state = f;
	return 0;
}

/* As a hub does with the clients of what is a member no more. */
static void leave(struct fixture *f)
{
	for (unsigned i = 0; i < f->n_people; i++) {
		struct chardev *chardev = f->people[i].holder.link.chardev;

		fake_holder_detach(&f->people[i].holder);
		chardev_free(chardev);
	}
	chardev_link_detach(&f->link);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	leave(f);
	for (unsigned i = 0; i < f->n_people; i++) {
		assert_int_equal(f->people[i].holder.faults, 0);
		fake_holder_done(&f->people[i].holder);
	}
	for (unsigned i = 0; i < PEOPLE; i++)
		display_view_free(f->views[i]);
	vc_env_free(f->env, f->display);
	free(f);
	return 0;
}

static void come(struct fixture *f, unsigned i)
{
	const struct display_view_config config = {
		.name = "ann", .identity = "user:ann", .address = "127.0.0.1:4711"
	};

	assert_int_equal(display_view_new(f->display, &config, &callbacks, f, &f->views[i]), 0);
}

static void go(struct fixture *f, unsigned i)
{
	display_view_free(f->views[i]);
	f->views[i] = NULL;
	settle(f);
}

static void type(struct fixture *f, unsigned i, char key)
{
	assert_int_equal(display_view_key(f->views[i], (uint32_t)key, 0, true), 0);
}

static const struct chardev *client(const struct fixture *f, unsigned i)
{
	return f->people[i].holder.link.chardev;
}

/* ---- coming and going ---- */

static void who_looks_is_a_client_by_name_and_place(void **state)
{
	struct fixture *f = *state;
	struct chardev_peer peer;
	char *text;

	come(f, 0);
	assert_int_equal(f->n_people, 0); /* not inside of the display's work */
	settle(f);
	assert_int_equal(f->n_people, 1);
	assert_string_equal(chardev_id(client(f, 0)), "vc0.1");
	assert_string_equal(chardev_identity(client(f, 0)), "user:ann");
	assert_true(chardev_peer(client(f, 0), &peer));
	assert_string_equal(peer.address, "127.0.0.1:4711");
	assert_true(chardev_is_open(client(f, 0)));
	assert_true(chardev_takes_nothing(client(f, 0)));
	assert_int_equal(chardev_may_type(client(f, 0)), 1);
	text = chardev_describe(client(f, 0));
	assert_string_equal(text, "viewer:127.0.0.1:4711");
	free(text);
}

static void who_goes_or_looks_elsewhere_hangs_up(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	come(f, 1);
	settle(f);
	assert_int_equal(f->n_people, 2);
	go(f, 0);
	assert_int_equal(f->people[0].holder.hangups, 1);
	assert_int_equal(f->people[1].holder.hangups, 0);
	display_view_switch(f->views[1], DISPLAY_OVERVIEW);
	settle(f);
	assert_int_equal(f->people[1].holder.hangups, 1);
	display_view_switch(f->views[1], 2);
	settle(f);
	assert_int_equal(f->n_people, 3);
	assert_string_equal(chardev_id(client(f, 2)), "vc0.2"); /* the same person */
}

static void who_turns_back_at_once_has_not_gone(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	settle(f);
	display_view_switch(f->views[0], DISPLAY_OVERVIEW);
	display_view_switch(f->views[0], 2);
	settle(f);
	assert_int_equal(f->n_people, 1);
	assert_int_equal(f->people[0].holder.closed, 0);
}

static void who_was_there_before_the_hub_comes_with_it(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	settle(f);
	leave(f);
	settle(f);
	assert_int_equal(f->n_people, 1);
	assert_int_equal(chardev_link_attach(&f->link, f->vc, 0, &hub_ops, f, NULL), 0);
	settle(f);
	assert_int_equal(f->n_people, 2);
}

static void who_was_taken_out_is_still_there(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev;

	come(f, 0);
	settle(f);
	chardev = f->people[0].holder.link.chardev;
	fake_holder_detach(&f->people[0].holder);
	chardev_free(chardev);
	settle(f);
	assert_int_equal(f->n_people, 2);
}

static void who_is_refused_is_offered_again_when_somebody_comes(void **state)
{
	struct fixture *f = *state;

	f->refusal = ENOMEM;
	come(f, 0);
	settle(f);
	assert_int_equal(f->offers, 1);
	f->refusal = 0;
	come(f, 1);
	settle(f);
	assert_int_equal(f->n_people, 2);
}

static void the_vc_may_go_while_people_look(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	settle(f);
	come(f, 1);
	leave(f);
	assert_int_equal(chardev_set_remove(f->env->set, "vc0", NULL), 0);
	settle(f);
	assert_int_equal(f->n_people, 1);
}

/* ---- what he does ---- */

static void each_types_as_himself(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	type(f, 0, 'a'); /* before anybody has heard of him */
	settle(f);
	come(f, 1);
	settle(f);
	type(f, 1, 'b');
	type(f, 0, 'c');
	settle(f);
	assert_true(fake_holder_in_is(&f->people[0].holder, "ac"));
	assert_true(fake_holder_in_is(&f->people[1].holder, "b"));
}

static void what_is_not_taken_waits_and_goes_with_him(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	settle(f);
	fake_holder_set_room(&f->people[0].holder, 1);
	type(f, 0, 'a');
	type(f, 0, 'b');
	type(f, 0, 'c');
	settle(f);
	assert_true(fake_holder_in_is(&f->people[0].holder, "a"));
	fake_holder_set_room(&f->people[0].holder, 1);
	settle(f);
	assert_true(fake_holder_in_is(&f->people[0].holder, "ab"));
	go(f, 0);
	assert_int_equal(f->people[0].holder.hangups, 1);
	assert_true(fake_holder_in_is(&f->people[0].holder, "ab"));
}

static void last_keys_count(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	settle(f);
	type(f, 0, 'q');
	go(f, 0);
	assert_true(fake_holder_in_is(&f->people[0].holder, "q"));
}

static void size_is_that_of_his_window(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	assert_int_equal(display_view_request_size(f->views[0], 100, 40), -EINPROGRESS);
	settle(f);
	assert_int_equal(f->decided, 1);
	come(f, 1);
	settle(f);
	assert_int_equal(display_view_request_size(f->views[1], 90, 30), -EINPROGRESS);
	assert_int_equal(f->decided, 1);
	settle(f);
	assert_int_equal(f->decided, 2);
	assert_int_equal(f->people[0].holder.resizes, 1);
	assert_int_equal(f->people[0].holder.last.cols, 100);
	assert_int_equal(f->people[1].holder.last.rows, 30);
}

static void size_of_one_whom_nobody_takes_is_decided(void **state)
{
	struct fixture *f = *state;

	f->refusal = EACCES;
	come(f, 0);
	assert_int_equal(display_view_request_size(f->views[0], 100, 40), -EINPROGRESS);
	settle(f);
	assert_int_equal(f->decided, 1);
}

/* ---- what others do to him ---- */

static void he_can_be_sent_away(void **state)
{
	struct fixture *f = *state;

	come(f, 0);
	come(f, 1);
	settle(f);
	assert_int_equal(chardev_link_disconnect(&f->people[1].holder.link, "lunch"), 0);
	assert_int_equal(f->sent_away, 0);
	settle(f);
	assert_int_equal(f->sent_away, 1);
}

static uint32_t seen_at(struct fixture *f, unsigned i, unsigned row, unsigned col)
{
	struct text_cell cell;

	display_view_read(f->views[i], row, col, col + 1, &cell);
	return cell.ch;
}

static void words_for_him_are_seen_by_nobody_else(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_NOTICE, .text = "hello" };
	struct fixture *f = *state;

	come(f, 0);
	come(f, 1);
	settle(f);
	assert_int_equal(chardev_link_event(&f->people[1].holder.link, &event), 0);
	settle(f);
	assert_int_equal(f->bells, 1);
	assert_int_equal(seen_at(f, 1, 23, 1), 'h');
	assert_int_equal(seen_at(f, 0, 23, 1), 0);
}

static void the_holder_hears_when_he_may_something_else(void **state)
{
	struct fixture *f = *state;

	f->has_rules = true;
	f->right = DISPLAY_LOOK;
	come(f, 0);
	settle(f);
	assert_int_equal(chardev_may_type(client(f, 0)), 0);
	display_view_judge(f->views[0]);
	settle(f);
	assert_int_equal(f->people[0].rights, 0);
	f->right = DISPLAY_TYPE;
	display_view_judge(f->views[0]);
	settle(f);
	assert_int_equal(f->people[0].rights, 1);
	assert_int_equal(chardev_may_type(client(f, 0)), 1);
}

/* ---- other holders ---- */

static void a_holder_that_is_no_hub_has_no_clients(void **state)
{
	static const struct chardev_holder_ops ops = { .on_peer = take };
	struct fixture *f = *state;

	chardev_link_detach(&f->link);
	assert_int_equal(chardev_link_attach(&f->link, f->vc, 0, &ops, f, NULL), 0);
	come(f, 0);
	settle(f);
	assert_int_equal(f->offers, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(who_looks_is_a_client_by_name_and_place),
		CASE(who_goes_or_looks_elsewhere_hangs_up),
		CASE(who_turns_back_at_once_has_not_gone),
		CASE(who_was_there_before_the_hub_comes_with_it),
		CASE(who_was_taken_out_is_still_there),
		CASE(who_is_refused_is_offered_again_when_somebody_comes),
		CASE(the_vc_may_go_while_people_look),
		CASE(each_types_as_himself),
		CASE(what_is_not_taken_waits_and_goes_with_him),
		CASE(last_keys_count),
		CASE(size_is_that_of_his_window),
		CASE(size_of_one_whom_nobody_takes_is_decided),
		CASE(he_can_be_sent_away),
		CASE(words_for_him_are_seen_by_nobody_else),
		CASE(the_holder_hears_when_he_may_something_else),
		CASE(a_holder_that_is_no_hub_has_no_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
