/* SPDX-License-Identifier: MIT */
#include "control/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static int setup(void **state)
{
	*state = inventory_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	inventory_free(*state);
	return 0;
}

static void note(void **state, const char *text)
{
	assert_int_equal(inventory_note(*state, THING_CHARDEV, "a", text, NULL), 0);
}

static void ask(void **state, const char *text)
{
	assert_int_equal(inventory_ask(*state, THING_CHARDEV, "a", text, "group", NULL), 0);
}

/* What "a" is, and what the configuration wants it to be: NULL: nothing. */
static void expect(void **state, const char *text, const char *asked)
{
	const struct thing *thing = inventory_find(*state, THING_CHARDEV, "a");

	assert_string_equal(thing->text, text);
	if (asked)
		assert_string_equal(thing_asked(thing), asked);
	else
		assert_null(thing_asked(thing));
	assert_ptr_equal(inventory_find_asked(*state, THING_CHARDEV, "a"), asked ? thing : NULL);
}

static void what_others_make_is_not_asked_for(void **state)
{
	note(state, "null,id=a");
	expect(state, "null,id=a", NULL);
	note(state, "null,id=a,logfile=l");
	expect(state, "null,id=a,logfile=l", NULL);
	inventory_spoil(*state, THING_CHARDEV, "a");
	expect(state, "null,id=a,logfile=l", NULL);
}

static void what_it_is_may_change_below_what_is_asked_for(void **state)
{
	note(state, "null,id=a");
	ask(state, "null,id=a");
	expect(state, "null,id=a", "null,id=a");
	note(state, "null,id=a,logfile=l");
	expect(state, "null,id=a,logfile=l", "null,id=a");
	note(state, "null,id=a,logfile=m");
	expect(state, "null,id=a,logfile=m", "null,id=a");
	ask(state, "null,id=a,logfile=m");
	expect(state, "null,id=a,logfile=m", "null,id=a,logfile=m");
	ask(state, "null,id=a");
	expect(state, "null,id=a,logfile=m", "null,id=a");
}

static void what_is_spoilt_is_so_until_it_is_asked_for_again(void **state)
{
	note(state, "null,id=a");
	ask(state, "null,id=a");
	inventory_spoil(*state, THING_CHARDEV, "a");
	note(state, "ringbuf,id=a");
	expect(state, "ringbuf,id=a", "");
	ask(state, "ringbuf,id=a");
	expect(state, "ringbuf,id=a", "ringbuf,id=a");
}

static void what_is_not_asked_for_any_more_is_still_there(void **state)
{
	ask(state, "null,id=a");
	expect(state, "null,id=a", "null,id=a");
	assert_string_equal(inventory_find(*state, THING_CHARDEV, "a")->group, "group");
	inventory_unask(*state, THING_CHARDEV, "a");
	expect(state, "null,id=a", NULL);
	assert_null(inventory_find(*state, THING_CHARDEV, "a")->group);
	inventory_forget(*state, THING_CHARDEV, "a");
	assert_null(inventory_find(*state, THING_CHARDEV, "a"));
	inventory_unask(*state, THING_CHARDEV, "a");
	inventory_spoil(*state, THING_CHARDEV, "a");
	inventory_forget(*state, THING_CHARDEV, "a");
	assert_null(inventory_next(*state, NULL));
}

enum { MANY = 1000 };

static void many_are_found_and_walked_in_the_order_in_which_they_came(void **state)
{
	const struct thing *thing = NULL;
	char name[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(
			inventory_note(*state, (enum thing_kind)(i % 2), name, "", NULL), 0);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		thing = inventory_next(*state, thing);
		assert_string_equal(thing->name, name);
		assert_ptr_equal(inventory_find(*state, (enum thing_kind)(i % 2), name), thing);
		assert_null(inventory_find(*state, (enum thing_kind)(1 - i % 2), name));
	}
	assert_null(inventory_next(*state, thing));
	assert_ptr_equal(inventory_before(*state, NULL), thing);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_others_make_is_not_asked_for),
		CASE(what_it_is_may_change_below_what_is_asked_for),
		CASE(what_is_spoilt_is_so_until_it_is_asked_for_again),
		CASE(what_is_not_asked_for_any_more_is_still_there),
		CASE(many_are_found_and_walked_in_the_order_in_which_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
