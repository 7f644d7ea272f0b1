/* SPDX-License-Identifier: MIT */
#include "control/readline.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UP   "\033[A"
#define DOWN "\033[B"
#define LEFT "\033[D"
#define HOME "\033OH"

static const char *complete(const char *after)
{
	static const char *const words[] = { "chardev-add", "chardev-remove", "help", "info hubs",
		"info name", NULL };

	for (size_t i = 0; after && words[i]; i++)
		if (!strcmp(words[i], after))
			return words[i + 1];
	return words[0];
}

static int setup(void **state)
{
	struct readline *readline = calloc(1, sizeof(*readline));

	readline->prompt = "> ";
	readline->complete = complete;
	*state = readline;
	return 0;
}

static int teardown(void **state)
{
	readline_done(*state);
	free(*state);
	return 0;
}

/* Return: what the last key gave. */
static enum readline_result type(struct readline *readline, const char *keys, struct strbuf *out)
{
	enum readline_result result = READLINE_MORE;

	for (; *keys; keys++) {
		result = readline_feed(readline, *keys, out);
		if (result == READLINE_DONE && keys[1])
			readline_begin(readline, out);
	}
	return result;
}

/* These keys, from an empty line on, make this line. */
static void makes(struct readline *readline, const char *keys, const char *line)
{
	AUTO_STRBUF struct strbuf out = { 0 };

	readline_begin(readline, &out);
	type(readline, keys, &out);
	assert_string_equal(readline->line, line);
}

static void keys_edit_the_line(void **state)
{
	struct readline *readline = *state;

	makes(readline, "abc\b\x7f", "a");
	makes(readline, "abc" LEFT LEFT "x", "axbc");
	makes(readline, "abc" HOME "x\005y", "xabcy");
	makes(readline, "abc" HOME "\033[3~", "bc");
	makes(readline, "one two three\x17", "one two ");
	makes(readline, "one two\x15x", "x");
	makes(readline, "one" LEFT LEFT "\013", "o");
	makes(readline, "a\xc3\xa4\xe4\xb8\xad\b\b", "a");
	makes(readline, "\xc3\xa4" LEFT "x", "x\xc3\xa4");
	makes(readline, "\033[1;5Cab\033[999999999999~", "ab");
}

static void lines_before_come_back(void **state)
{
	struct readline *readline = *state;

	makes(readline, "one\rtwo\rtwo\rdra" UP, "two");
	makes(readline, "dra" UP UP, "one");
	makes(readline, "dra" UP UP UP DOWN DOWN DOWN, "dra");
	makes(readline, "\x10!\r\x10", "two!");
}

static void history_is_bounded(void **state)
{
	struct readline *readline = *state;
	AUTO_STRBUF struct strbuf out = { 0 };
	char line[16];

	for (int i = 0; i < READLINE_HISTORY + 10; i++) {
		snprintf(line, sizeof(line), "%d\r", i);
		readline_begin(readline, &out);
		type(readline, line, &out);
	}
	assert_int_equal(readline->n_history, READLINE_HISTORY);
	assert_string_equal(readline->history[0], "10");
}

static void tab_completes_as_far_as_all_agree(void **state)
{
	struct readline *readline = *state;
	AUTO_STRBUF struct strbuf out = { 0 };

	makes(readline, "he\t", "help ");
	makes(readline, "c\t", "chardev-");
	makes(readline, "chardev-r\tx", "chardev-remove x");
	makes(readline, "zz\t", "zz");
	makes(readline, "help c\t", "help c");
	makes(readline, "i\t", "info ");
	makes(readline, "info h\t", "info hubs ");
	readline_begin(readline, &out);
	type(readline, "chardev-\t", &out);
	assert_non_null(strstr(out.data, "chardev-add\r\nchardev-remove\r\n"));
	type(readline, "\025info \t", &out);
	assert_non_null(strstr(out.data, "info hubs\r\ninfo name\r\n"));
}

static void a_long_line_rings(void **state)
{
	struct readline *readline = *state;
	AUTO_STRBUF struct strbuf out = { 0 };

	readline_begin(readline, &out);
	for (int i = 0; i < READLINE_BYTES + 100; i++)
		readline_feed(readline, 'x', &out);
	assert_int_equal(readline->len, READLINE_BYTES - 1);
	assert_int_equal(out.data[out.len - 1], '\a');
}

static void control_keys_end_the_line(void **state)
{
	struct readline *readline = *state;
	AUTO_STRBUF struct strbuf out = { 0 };

	readline_begin(readline, &out);
	assert_int_equal(type(readline, "ab\003", &out), READLINE_CANCEL);
	readline_begin(readline, &out);
	assert_int_equal(type(readline, "\004", &out), READLINE_END);
	assert_int_equal(type(readline, "a\001\004\004", &out), READLINE_END);
	assert_int_equal(type(readline, "x\r", &out), READLINE_DONE);
}

#define readline_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		readline_test(keys_edit_the_line),
		readline_test(lines_before_come_back),
		readline_test(history_is_bounded),
		readline_test(tab_completes_as_far_as_all_agree),
		readline_test(a_long_line_rings),
		readline_test(control_keys_end_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
