/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct item {
	int value;
	struct list node;
};

static int sum_in_order(struct list *head)
{
	int digits = 0;

	list_for_each (item, head, struct item, node)
		digits = digits * 10 + item->value;
	return digits;
}

static void keeps_order_and_allows_removal_while_walking(void **state)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	list_append(&head, &a.node);
	list_append(&head, &c.node);
	list_add_before(&c.node, &b.node);
	assert_int_equal(sum_in_order(&head), 123);
	list_for_each_safe (item, &head, struct item, node)
		if (item->value == 2)
			list_remove(&item->node);
	assert_int_equal(sum_in_order(&head), 13);
	list_remove(&b.node);
	assert_int_equal(sum_in_order(&head), 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_and_allows_removal_while_walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
