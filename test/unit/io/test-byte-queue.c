/* SPDX-License-Identifier: MIT */
#include "io/byte-queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void bytes_come_out_in_order_and_memory_goes(void **state)
{
	struct byte_queue queue = { 0 };
	unsigned char next_in = 0, next_out = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 37; i++, next_in++)
			assert_int_equal(byte_queue_push(&queue, &next_in, 1), 0);
		for (int i = 0; i < 31; i++, next_out++) {
			assert_int_equal((unsigned char)*byte_queue_data(&queue), next_out);
			byte_queue_pop(&queue, 1);
		}
	}
	assert_int_equal(queue.len, 200 * 6);
	while (queue.len) {
		assert_int_equal((unsigned char)*byte_queue_data(&queue), next_out++);
		byte_queue_pop(&queue, 1);
	}
	assert_null(queue.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_in_order_and_memory_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
