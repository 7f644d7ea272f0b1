/* SPDX-License-Identifier: MIT */
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void pieces_are_joined(void **state)
{
	struct strbuf buf = { 0 };
	char *text;

	(void)state;
	strbuf_puts(&buf, "a");
	strbuf_putc(&buf, '-');
	strbuf_printf(&buf, "%03d", 7);
	assert_int_equal(buf.len, 5);
	text = strbuf_take(&buf);
	assert_string_equal(text, "a-007");
	assert_null(buf.data);
	free(text);
}

static void grows_and_keeps_nuls(void **state)
{
	struct strbuf buf = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		strbuf_append(&buf, "\0x", 2);
	assert_int_equal(buf.len, 2000);
	assert_int_equal(buf.data[1999], 'x');
	assert_int_equal(buf.data[2000], '\0');
	strbuf_done(&buf);
}

static void either_end_can_be_cut_off(void **state)
{
	AUTO_STRBUF struct strbuf buf = { 0 };

	(void)state;
	strbuf_drop(&buf, 0);
	strbuf_truncate(&buf, 0);
	assert_null(buf.data);
	strbuf_puts(&buf, "abcdef");
	strbuf_drop(&buf, 2);
	assert_string_equal(buf.data, "cdef");
	strbuf_truncate(&buf, 3);
	assert_string_equal(buf.data, "cde");
	assert_int_equal(buf.len, 3);
	strbuf_drop(&buf, 3);
	assert_string_equal(buf.data, "");
}

static void taking_nothing_gives_an_empty_string(void **state)
{
	struct strbuf buf = { 0 };
	char *text = strbuf_take(&buf);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_joined),
		cmocka_unit_test(grows_and_keeps_nuls),
		cmocka_unit_test(either_end_can_be_cut_off),
		cmocka_unit_test(taking_nothing_gives_an_empty_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
