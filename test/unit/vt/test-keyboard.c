/* SPDX-License-Identifier: MIT */
#include "vt/keyboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define S VT_MOD_SHIFT
#define A VT_MOD_ALT
#define C VT_MOD_CTRL

static int setup(void **state)
{
	struct vt *vt = NULL;

	assert_int_equal(vt_new(NULL, NULL, NULL, &vt), 0);
	*state = vt;
	return 0;
}

static int teardown(void **state)
{
	vt_free(*state);
	return 0;
}

static void feed(struct vt *vt, const char *text)
{
	vt_feed(vt, text, strlen(text));
}

static void expect(const struct vt *vt, uint32_t keysym, unsigned mods, const char *bytes)
{
	char out[VT_KEY_BYTES_MAX + 1];
	size_t n = vt_key(vt, keysym, mods, out);

	out[n] = '\0';
	assert_string_equal(out, bytes);
	assert_int_equal(n, strlen(bytes));
}

static void characters_are_utf8(void **state)
{
	expect(*state, 'a', 0, "a");
	expect(*state, 'A', S, "A");
	expect(*state, 0xe9, 0, "\xc3\xa9");
	expect(*state, 0x20ac, 0, "\xe2\x82\xac");	   /* EuroSign */
	expect(*state, 0x010020ac, 0, "\xe2\x82\xac");	   /* the same as U20AC */
	expect(*state, 0x0101f680, 0, "\xf0\x9f\x9a\x80"); /* U1F680 */
	expect(*state, 0x06c1, 0, "\xd0\xb0");		   /* Cyrillic_a */
	expect(*state, 0x07e1, 0, "\xce\xb1");		   /* Greek_alpha */
	expect(*state, 0x01b1, 0, "\xc4\x85");		   /* aogonek */
	expect(*state, 0x04b1, 0, "\xe3\x82\xa2");	   /* kana_A */
	expect(*state, 0x0ce0, 0, "\xd7\x90");		   /* hebrew_aleph */
}

static void what_is_no_character_sends_nothing(void **state)
{
	expect(*state, 0xffe1, 0, ""); /* Shift_L */
	expect(*state, 0xfe51, 0, ""); /* dead_acute */
	expect(*state, 0xff7f, 0, ""); /* Num_Lock */
	expect(*state, 0x0100d800, 0, "");
	expect(*state, 0x01000007, 0, "");
	expect(*state, 0x01110000, 0, "");
	expect(*state, 0xffffffff, 0, "");
	expect(*state, 0, 0, "");
}

static void control_and_alt(void **state)
{
	char out[VT_KEY_BYTES_MAX];

	expect(*state, 'c', C, "\003");
	expect(*state, 'C', C | S, "\003");
	expect(*state, '[', C, "\033");
	expect(*state, '3', C, "\033");
	expect(*state, '8', C, "\177");
	expect(*state, '/', C, "\037");
	expect(*state, 'x', A, "\033x");
	expect(*state, 'c', A | C, "\033\003");
	expect(*state, 0xe9, A, "\033\xc3\xa9");
	assert_int_equal(vt_key(*state, ' ', C, out), 1);
	assert_int_equal(out[0], 0);
	feed(*state, "\033[?1036l");
	expect(*state, 'x', A, "\xc3\xb8"); /* 0x78 + 0x80 */
}

static void keys_with_a_control_character_of_their_own(void **state)
{
	expect(*state, VT_KEY_RETURN, 0, "\r");
	expect(*state, VT_KEY_TAB, 0, "\t");
	expect(*state, VT_KEY_TAB, S, "\033[Z");
	expect(*state, VT_KEY_ISO_LEFT_TAB, 0, "\033[Z");
	expect(*state, VT_KEY_ESCAPE, 0, "\033");
	expect(*state, VT_KEY_ESCAPE, A, "\033\033");
	expect(*state, VT_KEY_LINEFEED, 0, "\n");
	feed(*state, "\033[20h");
	expect(*state, VT_KEY_RETURN, 0, "\r\n");
}

static void backspace_is_del_unless_told(void **state)
{
	struct vt_config config = { .backspace_bs = true };
	struct vt *vt = NULL;

	expect(*state, VT_KEY_BACKSPACE, 0, "\177");
	expect(*state, VT_KEY_BACKSPACE, C, "\b");
	expect(*state, VT_KEY_BACKSPACE, A, "\033\177");
	feed(*state, "\033[?67h");
	expect(*state, VT_KEY_BACKSPACE, 0, "\b");
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	expect(vt, VT_KEY_BACKSPACE, 0, "\b");
	vt_free(vt);
}

static void cursor_keys_follow_their_mode(void **state)
{
	expect(*state, VT_KEY_UP, 0, "\033[A");
	expect(*state, VT_KEY_HOME, 0, "\033[H");
	expect(*state, VT_KEY_END, C, "\033[1;5F");
	expect(*state, VT_KEY_LEFT, S | A, "\033[1;4D");
	feed(*state, "\033[?1h");
	expect(*state, VT_KEY_DOWN, 0, "\033OB");
	expect(*state, VT_KEY_RIGHT, C, "\033[1;5C");
}

static void function_and_editing_keys(void **state)
{
	static const char *const plain[] = { "\033OP", "\033OQ", "\033OR", "\033OS", "\033[15~",
		"\033[17~", "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~",
		"\033[24~" };

	for (uint32_t i = 0; i < 12; i++)
		expect(*state, VT_KEY_F1 + i, 0, plain[i]);
	expect(*state, VT_KEY_F1 + 12, 0, "\033[25~");
	expect(*state, VT_KEY_F1 + 19, 0, "\033[34~");
	expect(*state, VT_KEY_F1 + 20, 0, "");
	expect(*state, VT_KEY_F1, S, "\033[1;2P");
	expect(*state, VT_KEY_F1 + 4, C, "\033[15;5~");
	expect(*state, VT_KEY_INSERT, 0, "\033[2~");
	expect(*state, VT_KEY_DELETE, 0, "\033[3~");
	expect(*state, VT_KEY_PAGE_UP, S, "\033[5;2~");
	expect(*state, VT_KEY_PAGE_DOWN, 0, "\033[6~");
}

static void keypad_follows_its_mode(void **state)
{
	expect(*state, VT_KEY_KP_ENTER, 0, "\r");
	expect(*state, VT_KEY_KP_9, 0, "9");
	expect(*state, VT_KEY_KP_MULTIPLY + 1, 0, "+");
	expect(*state, VT_KEY_KP_HOME, 0, "\033[H");
	expect(*state, VT_KEY_KP_DELETE, 0, "\033[3~");
	feed(*state, "\033=");
	expect(*state, VT_KEY_KP_ENTER, 0, "\033OM");
	expect(*state, VT_KEY_KP_9, 0, "9");
	expect(*state, VT_KEY_KP_MULTIPLY + 1, 0, "\033Ok");
	expect(*state, VT_KEY_KP_HOME, 0, "\033Ow");
}

static void other_keys_can_be_told_apart(void **state)
{
	feed(*state, "\033[>4;1m");
	expect(*state, 'c', C, "\003");
	expect(*state, '1', C, "\033[27;5;49~");
	feed(*state, "\033[>4;2m");
	expect(*state, 'c', C, "\033[27;5;99~");
	expect(*state, 'A', S, "A");
	expect(*state, VT_KEY_RETURN, S, "\033[27;2;13~");
}

static void expect_mouse(const struct vt *vt, struct vt_mouse event, const char *bytes)
{
	char out[VT_KEY_BYTES_MAX + 1];
	size_t n = vt_mouse(vt, &event, out);

	out[n] = '\0';
	assert_string_equal(out, bytes);
}

static const struct vt_mouse press = { VT_MOUSE_PRESS, VT_MOUSE_LEFT, 0, 3, 4, 30, 70 };
static const struct vt_mouse release = { VT_MOUSE_RELEASE, VT_MOUSE_LEFT, 0, 3, 4, 30, 70 };
static const struct vt_mouse drag = { VT_MOUSE_MOTION, VT_MOUSE_LEFT, 0, 3, 4, 30, 70 };
static const struct vt_mouse move = { VT_MOUSE_MOTION, VT_MOUSE_NONE, 0, 3, 4, 30, 70 };
static const struct vt_mouse wheel = { VT_MOUSE_PRESS, VT_MOUSE_WHEEL_UP, C, 3, 4, 30, 70 };

static void each_mouse_mode_wants_its_events(void **state)
{
	assert_false(vt_wants_mouse(*state));
	expect_mouse(*state, press, "");
	feed(*state, "\033[?9h");
	assert_true(vt_wants_mouse(*state));
	expect_mouse(*state, press, "\033[M $%");
	expect_mouse(*state, release, "");
	expect_mouse(*state, wheel, "");
	feed(*state, "\033[?1000h");
	expect_mouse(*state, release, "\033[M#$%");
	expect_mouse(*state, drag, "");
	expect_mouse(*state, wheel, "\033[Mp$%");
	feed(*state, "\033[?1002h");
	expect_mouse(*state, drag, "\033[M@$%");
	expect_mouse(*state, move, "");
	feed(*state, "\033[?1003h");
	expect_mouse(*state, move, "\033[MC$%");
}

static void each_mouse_encoding(void **state)
{
	struct vt_mouse far = { VT_MOUSE_PRESS, VT_MOUSE_RIGHT, 0, 299, 0, 0, 0 };

	assert_int_equal(vt_resize(*state, 300, 24), 0);
	feed(*state, "\033[?1000h\033[?1006h");
	expect_mouse(*state, press, "\033[<0;4;5M");
	expect_mouse(*state, release, "\033[<0;4;5m");
	expect_mouse(*state, far, "\033[<2;300;1M");
	feed(*state, "\033[?1016h");
	expect_mouse(*state, press, "\033[<0;31;71M");
	feed(*state, "\033[?1015h");
	expect_mouse(*state, release, "\033[35;4;5M");
	feed(*state, "\033[?1005h");
	expect_mouse(*state, far, "\033[M\"\xc5\x8c!");
	feed(*state, "\033[?1005l");
	expect_mouse(*state, far, "");
}

static void the_wheel_scrolls_pagers(void **state)
{
	struct vt_mouse plain = { .action = VT_MOUSE_PRESS, .button = VT_MOUSE_WHEEL_DOWN };

	expect_mouse(*state, plain, "");
	feed(*state, "\033[?1049h");
	expect_mouse(*state, plain, "\033[B\033[B\033[B");
	feed(*state, "\033[?1h");
	expect_mouse(*state, plain, "\033OB\033OB\033OB");
	feed(*state, "\033[?1007l");
	expect_mouse(*state, plain, "");
}

static void focus_is_told_when_asked_for(void **state)
{
	char out[VT_KEY_BYTES_MAX];

	assert_int_equal(vt_focus(*state, true, out), 0);
	feed(*state, "\033[?1004h");
	assert_int_equal(vt_focus(*state, true, out), 3);
	assert_memory_equal(out, "\033[I", 3);
	assert_int_equal(vt_focus(*state, false, out), 3);
	assert_memory_equal(out, "\033[O", 3);
}

static void paste_is_made_harmless(void **state)
{
	static const char text[] = "a\tb\r\nc\nd\033[201~e\x7f\x03\xc2\x9b\xc3\xa9";
	struct strbuf out = { 0 };

	vt_paste(*state, text, sizeof(text) - 1, &out);
	assert_string_equal(out.data, "a\tb\rc\rd[201~e\xc3\xa9");
	strbuf_done(&out);
	feed(*state, "\033[?2004h");
	vt_paste(*state, "x", 1, &out);
	assert_string_equal(out.data, "\033[200~x\033[201~");
	strbuf_done(&out);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(characters_are_utf8),
		CASE(what_is_no_character_sends_nothing),
		CASE(control_and_alt),
		CASE(keys_with_a_control_character_of_their_own),
		CASE(backspace_is_del_unless_told),
		CASE(cursor_keys_follow_their_mode),
		CASE(function_and_editing_keys),
		CASE(keypad_follows_its_mode),
		CASE(other_keys_can_be_told_apart),
		CASE(each_mouse_mode_wants_its_events),
		CASE(each_mouse_encoding),
		CASE(the_wheel_scrolls_pagers),
		CASE(focus_is_told_when_asked_for),
		CASE(paste_is_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
