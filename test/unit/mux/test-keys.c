/* SPDX-License-Identifier: MIT */
#include "mux/keys.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Text as it is, a command as a capital. */
static void feed(struct mux_keys *keys, const char *bytes, size_t len, struct strbuf *out)
{
	static const char letters[] = "_HXTBC.";

	while (len) {
		const char *text;
		size_t text_len;
		enum mux_command command = mux_keys_next(keys, &bytes, &len, &text, &text_len);

		if (command == MUX_TEXT)
			strbuf_append(out, text, text_len);
		else
			strbuf_putc(out, letters[command]);
	}
}

static void assert_fed(const char *bytes, const char *wanted)
{
	size_t len = strlen(bytes);

	for (size_t piece = 1; piece <= len; piece++) {
		struct mux_keys keys = { .escape = 1 };
		AUTO_STRBUF struct strbuf out = { 0 };

		for (size_t at = 0; at < len; at += piece)
			feed(&keys, bytes + at, at + piece > len ? len - at : piece, &out);
		strbuf_putc(&out, 0);
		assert_string_equal(out.data, wanted);
	}
}

static void commands_are_taken_out_in_pieces_of_any_size(void **state)
{
	(void)state;
	assert_fed("abc", "abc");
	assert_fed("a\001hb\001?c", "aHbHc");
	assert_fed("\001x\001t\001b\001c", "XTBC");
	assert_fed("\001C", ".");
	assert_fed("a\001", "a");
}

static void escape_twice_is_one_for_the_guest(void **state)
{
	(void)state;
	assert_fed("a\001\001b", "a\001b");
	assert_fed("\001\001h", "\001h");
	assert_fed("\001\001\001h", "\001H");
}

static void help_is_that_of_qemu_without_its_disks(void **state)
{
	char text[512];
	size_t len = mux_keys_help(1, text, sizeof(text));

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "\n\r"
				  "C-a h    print this help\n\r"
				  "C-a t    toggle console timestamps\n\r"
				  "C-a b    send break (magic sysrq)\n\r"
				  "C-a c    switch between console and monitor\n\r"
				  "C-a C-a  sends C-a\n\r");
	mux_keys_help(0x7e, text, sizeof(text));
	assert_true(strstr(text, "\n\rEscape-Char set to Ascii: 0x7e\n\r\n\r") == text);
	assert_non_null(strstr(text, "Escape-Char Escape-Char  sends Escape-Char\n\r"));
	assert_int_equal(mux_keys_help(1, text, 8), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_taken_out_in_pieces_of_any_size),
		cmocka_unit_test(escape_twice_is_one_for_the_guest),
		cmocka_unit_test(help_is_that_of_qemu_without_its_disks),
	};

	return cmocka_run_group_tests_name("mux/keys", tests, NULL, NULL);
}
