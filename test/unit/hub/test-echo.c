/* SPDX-License-Identifier: MIT */
#include "hub/echo.h"

#include "base/strbuf.h"
#include "chardev/chardev-impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is told of a line is written as "who:text;", or "who:#N;" where it is withheld. */
struct fixture {
	struct chardev chardev; /* first */
	struct echo echo;
	struct strbuf told;
};

static void on_line(struct chardev *hub, const struct hub_typed *typed)
{
	struct fixture *f = (struct fixture *)hub;

	strbuf_printf(&f->told, "%s:", typed->member ? typed->member : "");
	if (typed->text)
		strbuf_append(&f->told, typed->text, typed->len);
	else
		strbuf_printf(&f->told, "#%zu", typed->withheld);
	strbuf_puts(&f->told, ";");
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->chardev.loop = loop_new();
	loop_fake_clock(f->chardev.loop);
	f->echo.hub = &f->chardev;
	f->echo.on_line = on_line;
	assert_int_equal(echo_init(&f->echo), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	echo_done(&f->echo);
	strbuf_done(&f->told);
	loop_free(f->chardev.loop);
	free(f);
	return 0;
}

static void type_as(struct fixture *f, const char *member, const char *text)
{
	echo_typed(&f->echo, member, NULL, text, strlen(text));
}

static void type(struct fixture *f, const char *text)
{
	type_as(f, "a", text);
}

static void print(struct fixture *f, const char *text)
{
	if (echo_waits(&f->echo))
		echo_printed(&f->echo, text, strlen(text));
}

static void pass(struct fixture *f, uint64_t ms)
{
	loop_advance(f->chardev.loop, ms);
}

static void expect(struct fixture *f, const char *told)
{
	assert_string_equal(f->told.data ? f->told.data : "", told);
	strbuf_truncate(&f->told, 0);
}

static void what_the_guest_shows_is_told(void **state)
{
	struct fixture *f = *state;

	type(f, "l");
	print(f, "l");
	type(f, "s\r");
	expect(f, "");
	print(f, "s");
	expect(f, "");
	print(f, "\r\n");
	expect(f, "a:ls\r;");
}

static void a_password_is_withheld_when_the_line_ends(void **state)
{
	struct fixture *f = *state;

	type(f, "secret\r");
	expect(f, "");
	print(f, "\r\nLast login");
	expect(f, "a:#7;");
}

static void a_password_is_withheld_when_nothing_comes(void **state)
{
	struct fixture *f = *state;

	type(f, "secret\r");
	pass(f, ECHO_MS - 1);
	expect(f, "");
	pass(f, 1);
	expect(f, "a:#7;");
}

/* "root", and the prompt of root: with a line's end before it, or without. */
static void what_follows_a_password_does_not_show_it(void **state)
{
	struct fixture *f = *state;

	type(f, "root\r");
	print(f, "\r\nroot@host:~# ");
	expect(f, "a:#5;");
	type(f, "root\r");
	print(f, "root@host:~# ");
	expect(f, "a:#5;");
	type(f, "root\r");
	print(f, "root");
	pass(f, ECHO_MS);
	expect(f, "a:#5;");
}

static void stars_are_no_password(void **state)
{
	struct fixture *f = *state;

	type(f, "secret");
	print(f, "******");
	type(f, "\r");
	print(f, "\r\n");
	expect(f, "a:#7;");
}

static void one_letter_that_is_not_shown_withholds_all(void **state)
{
	struct fixture *f = *state;

	type(f, "cat");
	print(f, "ct");
	type(f, "\r");
	print(f, "\r\n");
	expect(f, "a:#4;");
}

static void sequences_are_no_text(void **state)
{
	struct fixture *f = *state;

	type(f, "\033[Al\033OA\033[200~s\033[201~\r");
	print(f, "\033[7ml\033(B\033[m\033]0;title\a\033Px\033\\s\033[?2004l\r\n");
	expect(f, "a:\033[Al\033OA\033[200~s\033[201~\r;");
}

static void a_line_without_text_is_told_at_once(void **state)
{
	struct fixture *f = *state;

	type(f, "\r");
	expect(f, "a:\r;");
	type(f, "\003\r");
	expect(f, "a:\003\r;");
}

static void a_letter_that_was_taken_back_does_no_harm(void **state)
{
	struct fixture *f = *state;

	type(f, "lx\177s\r");
	print(f, "lx\b \bs\r\n");
	expect(f, "a:lx\177s\r;");
}

static void what_the_guest_completes_is_told_as_it_was_typed(void **state)
{
	struct fixture *f = *state;

	type(f, "ls /e\t");
	print(f, "ls /e");
	print(f, "tc/");
	type(f, "h\r");
	print(f, "h\r\n");
	expect(f, "a:ls /e\th\r;");
}

static void a_pause_ends_a_line(void **state)
{
	struct fixture *f = *state;

	type(f, "y");
	print(f, "y");
	pass(f, ECHO_QUIET_MS);
	expect(f, "a:y;");
	type(f, "pass");
	pass(f, ECHO_QUIET_MS);
	expect(f, "a:#4;");
	type(f, "word\r");
	print(f, "\r\n");
	expect(f, "a:#5;");
}

static void somebody_else_begins_a_line_of_his_own(void **state)
{
	struct fixture *f = *state;

	type_as(f, "a", "ec");
	print(f, "ec");
	type_as(f, "b", "ho\r");
	print(f, "ho\r\n");
	expect(f, "a:ec;b:ho\r;");
	type_as(f, NULL, "x\r");
	print(f, "x\r\n");
	expect(f, ":x\r;");
}

static void lines_are_judged_in_order(void **state)
{
	struct fixture *f = *state;

	type(f, "one\rtwo\r\r");
	expect(f, "");
	print(f, "one\r\n");
	expect(f, "a:one\r;");
	print(f, "two\r\n");
	expect(f, "a:two\r;a:\r;");
}

static void a_long_line_is_several(void **state)
{
	struct fixture *f = *state;
	char text[ECHO_LINE_MAX + 2];

	memset(text, 'x', sizeof(text));
	text[ECHO_LINE_MAX + 1] = '\0';
	type(f, text);
	print(f, text);
	assert_int_equal(f->told.len, strlen("a:;") + ECHO_LINE_MAX);
	strbuf_truncate(&f->told, 0);
	pass(f, ECHO_QUIET_MS);
	expect(f, "a:x;");
}

static void lines_and_output_have_limits(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < ECHO_LINES_MAX + 1; i++)
		type(f, "x\r");
	expect(f, "a:#2;");
	echo_flush(&f->echo);
	strbuf_truncate(&f->told, 0);
	type(f, "x\r");
	for (int i = 0; i <= ECHO_BYTES / 4; i++)
		print(f, "\033[1m");
	expect(f, "a:#2;");
}

static void what_is_not_judged_at_the_end_is_withheld(void **state)
{
	struct fixture *f = *state;

	type(f, "abc");
	print(f, "ab");
	echo_flush(&f->echo);
	expect(f, "a:#3;");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_the_guest_shows_is_told),
		CASE(a_password_is_withheld_when_the_line_ends),
		CASE(a_password_is_withheld_when_nothing_comes),
		CASE(what_follows_a_password_does_not_show_it),
		CASE(stars_are_no_password),
		CASE(one_letter_that_is_not_shown_withholds_all),
		CASE(sequences_are_no_text),
		CASE(a_line_without_text_is_told_at_once),
		CASE(a_letter_that_was_taken_back_does_no_harm),
		CASE(what_the_guest_completes_is_told_as_it_was_typed),
		CASE(a_pause_ends_a_line),
		CASE(somebody_else_begins_a_line_of_his_own),
		CASE(lines_are_judged_in_order),
		CASE(a_long_line_is_several),
		CASE(lines_and_output_have_limits),
		CASE(what_is_not_judged_at_the_end_is_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
