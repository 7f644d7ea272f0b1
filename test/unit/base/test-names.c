/* SPDX-License-Identifier: MIT */
#include "base/names.h"

#include "lib/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { MANY = 3000 };

struct thing {
	char id[16];
	struct name name;
};

static struct thing *make(struct names *names, struct thing *thing, unsigned n)
{
	snprintf(thing->id, sizeof(thing->id), "thing%u", n);
	names_add(names, &thing->name, thing->id);
	return thing;
}

static void what_is_there_is_found(void **state)
{
	static struct thing things[MANY];
	struct names names = { 0 };
	char text[16];

	(void)state;
	assert_null(names_find(&names, "thing0"));
	for (unsigned i = 0; i < MANY; i++)
		make(&names, &things[i], i);
	for (unsigned i = 0; i < MANY; i += 2)
		names_remove(&things[i].name);
	names_remove(&things[0].name);
	assert_int_equal(names.count, MANY / 2);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "thing%u", i);
		assert_ptr_equal(names_find(&names, text), i % 2 ? &things[i].name : NULL);
	}
	for (unsigned i = 1; i < MANY; i += 2)
		names_remove(&things[i].name);
	names_done(&names);
}

static void one_of_two_that_are_called_the_same_may_go(void **state)
{
	struct thing old = { 0 }, new = { 0 };
	struct names names = { 0 };

	(void)state;
	make(&names, &old, 1);
	make(&names, &new, 1);
	names_remove(&old.name);
	assert_ptr_equal(names_find(&names, "thing1"), &new.name);
	names_remove(&new.name);
	assert_null(names_find(&names, "thing1"));
	names_done(&names);
}

static void without_a_table_things_are_found(void **state)
{
	struct thing things[3] = { 0 };
	struct names names = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fault_arm(1);
		make(&names, &things[i], i);
		assert_true(fault_disarm());
	}
	assert_int_equal(names.size, 0);
	assert_ptr_equal(names_find(&names, "thing0"), &things[0].name);
	names_remove(&things[1].name);
	assert_null(names_find(&names, "thing1"));
	make(&names, &things[1], 7);
	assert_int_not_equal(names.size, 0);
	assert_ptr_equal(names_find(&names, "thing2"), &things[2].name);
	assert_ptr_equal(names_find(&names, "thing7"), &things[1].name);
	names_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_found),
		cmocka_unit_test(one_of_two_that_are_called_the_same_may_go),
		cmocka_unit_test(without_a_table_things_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
