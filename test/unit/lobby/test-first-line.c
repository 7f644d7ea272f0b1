/* SPDX-License-Identifier: MIT */
#include "lobby/first-line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Type all of @typed, of which the last byte ends the line as @end says. */
static void expect(const char *typed, enum first_line_end end, const char *text, const char *shown)
{
	struct first_line line = { 0 };
	enum first_line_end last = FIRST_LINE_GOES_ON;
	char screen[1024];
	size_t len = 0, n;

	for (const char *at = typed; *at; at++) {
		assert_int_equal(last, FIRST_LINE_GOES_ON);
		last = first_line_feed(&line, (uint8_t)*at, screen + len, &n);
		len += n;
	}
	screen[len] = 0;
	assert_int_equal(last, end);
	assert_string_equal(line.text, text);
	assert_string_equal(screen, shown);
}

static void a_line_ends_with_return_or_line_feed(void **state)
{
	(void)state;
	expect("vm1\r", FIRST_LINE_DONE, "vm1", "vm1");
	expect("vm1\n", FIRST_LINE_DONE, "vm1", "vm1");
	expect("\n", FIRST_LINE_DONE, "", "");
	expect("vm1", FIRST_LINE_GOES_ON, "vm1", "vm1");
}

static void it_can_be_corrected(void **state)
{
	(void)state;
	expect("vmx\b1\r", FIRST_LINE_DONE, "vm1", "vmx\b \b1");
	expect("vmx\x7f\r", FIRST_LINE_DONE, "vm", "vmx\b \b");
	expect("\b\x7f\x15x\r", FIRST_LINE_DONE, "x", "x");
	expect("ab\x15x\r", FIRST_LINE_DONE, "x", "ab\b \b\b \bx");
}

static void who_wants_to_go_may(void **state)
{
	(void)state;
	expect("v\x03", FIRST_LINE_LEAVES, "v", "v");
	expect("\x04", FIRST_LINE_LEAVES, "", "");
}

static void what_is_in_no_name_is_not_taken(void **state)
{
	(void)state;
	expect("v\x1bm\t\xff\x80\x01"
	       "1\r",
		FIRST_LINE_DONE, "vm1", "vm1");
}

static void no_more_is_taken_than_a_name_may_have(void **state)
{
	struct first_line line = { 0 };
	char echo[FIRST_LINE_ECHO_MAX];
	size_t n;

	(void)state;
	for (int i = 0; i < 2 * FIRST_LINE_MAX; i++) {
		first_line_feed(&line, 'a', echo, &n);
		assert_int_equal(n, i < FIRST_LINE_MAX);
	}
	assert_int_equal(strlen(line.text), FIRST_LINE_MAX);
	first_line_feed(&line, 21, echo, &n);
	assert_int_equal(n, FIRST_LINE_ECHO_MAX);
	assert_int_equal(line.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_with_return_or_line_feed),
		cmocka_unit_test(it_can_be_corrected),
		cmocka_unit_test(who_wants_to_go_may),
		cmocka_unit_test(what_is_in_no_name_is_not_taken),
		cmocka_unit_test(no_more_is_taken_than_a_name_may_have),
	};

	return cmocka_run_group_tests_name("lobby/first-line", tests, NULL, NULL);
}
