/* SPDX-License-Identifier: MIT */
#include "display-fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
	SHIFT_L = 0xffe1,
	CTRL_L = 0xffe3,
	META_L = 0xffe7,
	ALT_L = 0xffe9,
	BIG_PASTE = 1 << 20,
};

static int press(struct fixture *f, uint32_t keysym)
{
	int r = display_view_key(f->watcher.view, keysym, 0, true);

	display_view_key(f->watcher.view, keysym, 0, false);
	return r;
}

static void hold(struct fixture *f, uint32_t keysym)
{
	display_view_key(f->watcher.view, keysym, 0, true);
}

static void let_go(struct fixture *f, uint32_t keysym)
{
	display_view_key(f->watcher.view, keysym, 0, false);
}

/* What the guest got since the last call. */
static void assert_in(struct fixture *f, const char *text)
{
	assert_string_equal(f->in.len ? f->in.data : "", text);
	strbuf_done(&f->in);
}

static void point(struct fixture *f, unsigned col, unsigned row, unsigned buttons)
{
	display_view_pointer(f->watcher.view, col * TEXT_CELL_WIDTH + 3, row * TEXT_CELL_HEIGHT + 9,
		buttons, 1000);
	settle(f);
}

static void keys_become_bytes_by_the_guests_modes(void **state)
{
	struct fixture *f = *state;

	press(f, 'a');
	press(f, VT_KEY_UP);
	assert_in(f, "a\033[A");
	fixture_feed(f, "\033[?1h");
	press(f, VT_KEY_UP);
	assert_in(f, "\033OA");
}

static void modifiers_are_remembered_in_the_view(void **state)
{
	struct fixture *f = *state;

	hold(f, CTRL_L);
	press(f, 'c');
	let_go(f, CTRL_L);
	press(f, 'c');
	assert_in(f, "\003c");
	hold(f, ALT_L);
	hold(f, SHIFT_L);
	/* The same key is called Meta while Shift is down. */
	let_go(f, META_L);
	let_go(f, SHIFT_L);
	press(f, 'x');
	assert_in(f, "x");
}

static void ctrl_alt_numbers_switch_and_are_swallowed(void **state)
{
	struct fixture *f = *state;

	hold(f, CTRL_L);
	hold(f, ALT_L);
	press(f, '9');
	assert_ptr_equal(display_view_console(f->watcher.view), f->console);
	press(f, '1');
	settle(f);
	assert_int_equal(display_console_number(display_view_console(f->watcher.view)), 1);
	press(f, VT_KEY_KP_9 - 7);
	assert_ptr_equal(display_view_console(f->watcher.view), f->console);
	assert_in(f, "");
	settle(f);
	assert_int_equal(f->watcher.switches, 2);
}

/* ---- several keys that make a character ---- */

enum {
	DEAD_GRAVE = 0xfe50,
	DEAD_ACUTE = 0xfe51,
	DEAD_CIRCUMFLEX = 0xfe52,
	MULTI_KEY = 0xff20,
	LEVEL3_SHIFT = 0xfe03,
};

static void a_dead_key_and_a_letter_make_one(void **state)
{
	struct fixture *f = *state;

	press(f, DEAD_CIRCUMFLEX);
	assert_in(f, "");
	press(f, 'a');
	assert_in(f, "\u00e2");
	press(f, DEAD_ACUTE);
	hold(f, SHIFT_L);
	press(f, 'E');
	let_go(f, SHIFT_L);
	assert_in(f, "\u00c9");
	press(f, 'a');
	assert_in(f, "a");
}

static void a_dead_key_twice_or_with_a_space_is_itself(void **state)
{
	struct fixture *f = *state;

	press(f, DEAD_CIRCUMFLEX);
	press(f, ' ');
	press(f, DEAD_CIRCUMFLEX);
	press(f, DEAD_CIRCUMFLEX);
	press(f, DEAD_GRAVE);
	hold(f, LEVEL3_SHIFT);
	press(f, DEAD_GRAVE);
	let_go(f, LEVEL3_SHIFT);
	press(f, DEAD_ACUTE);
	press(f, DEAD_ACUTE);
	assert_in(f, "^^`\u00b4");
}

static void what_does_not_go_together_is_typed_one_by_one(void **state)
{
	struct fixture *f = *state;

	press(f, DEAD_CIRCUMFLEX);
	press(f, 'x');
	assert_in(f, "^x");
	press(f, DEAD_GRAVE);
	press(f, DEAD_CIRCUMFLEX);
	assert_in(f, "`");
	press(f, 'o');
	assert_in(f, "\u00f4");
}

static void other_keys_end_a_sequence(void **state)
{
	struct fixture *f = *state;

	press(f, DEAD_CIRCUMFLEX);
	press(f, VT_KEY_UP);
	assert_in(f, "\033[A");
	press(f, DEAD_CIRCUMFLEX);
	press(f, VT_KEY_BACKSPACE);
	press(f, DEAD_CIRCUMFLEX);
	press(f, VT_KEY_ESCAPE);
	press(f, DEAD_CIRCUMFLEX);
	hold(f, CTRL_L);
	press(f, 'c');
	let_go(f, CTRL_L);
	press(f, 'a');
	assert_in(f, "\003a");
}

static void the_locales_tables_know_compose(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(display_load_compose(f->display), 0);
	watcher_close(&f->watcher);
	watcher_open(f, &f->watcher, "first");
	press(f, DEAD_CIRCUMFLEX);
	press(f, 'a');
	press(f, DEAD_CIRCUMFLEX);
	press(f, 'x');
	assert_in(f, "\u00e2^x");
	press(f, MULTI_KEY);
	press(f, 'o');
	press(f, 'c');
	press(f, '.');
#ifdef HAVE_XKBCOMMON
	assert_in(f, "\u00a9.");
#else
	assert_in(f, "oc.");
#endif
}

#ifdef HAVE_XKBCOMMON
/* As by another program in its place, behind each key. */
static void go_on(struct fixture *f)
{
	struct display_view *before = f->watcher.view;
	struct display_view_state left;

	watcher_open(f, &f->watcher, "first");
	display_view_save(before, &left);
	display_view_go_on(f->watcher.view, &left);
	display_view_free(before);
}

static void a_sequence_goes_on_in_another_program(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(display_load_compose(f->display), 0);
	go_on(f);
	press(f, MULTI_KEY);
	go_on(f);
	press(f, 'o');
	go_on(f);
	go_on(f);
	press(f, 'c');
	go_on(f);
	press(f, '.');
	assert_in(f, "\u00a9.");
}
#endif

static void alt_gr_as_ctrl_and_alt_has_been_used_up(void **state)
{
	struct fixture *f = *state;

	hold(f, CTRL_L);
	hold(f, ALT_L + 1);
	press(f, '@');
	press(f, '{');
	press(f, 0x20ac); /* EuroSign */
	press(f, DEAD_CIRCUMFLEX);
	press(f, DEAD_CIRCUMFLEX);
	assert_in(f, "@{\u20ac^");
	press(f, 'c');
	assert_in(f, "\033\003");
	let_go(f, ALT_L + 1);
	press(f, '@');
	assert_int_equal(f->in.len, 1);
	assert_int_equal(f->in.data[0], 0);
	strbuf_done(&f->in);
}

static void press_at(struct fixture *f, uint32_t keysym, unsigned place)
{
	assert_int_equal(display_view_key(f->watcher.view, keysym, place, true), 0);
}

static void ctrl_with_another_script_is_the_latin_key(void **state)
{
	struct fixture *f = *state;

	hold(f, CTRL_L);
	press(f, 0x06d3);	   /* Cyrillic es: the key of c */
	press(f, 0x06f3);	   /* the same, capital */
	press(f, 0x01000437);	   /* ze: of p */
	press(f, 0x07f8);	   /* Greek psi: of c */
	press(f, 0x0ce7);	   /* Hebrew chet: of j */
	press_at(f, 0x06d3, 0x2d); /* on the key of x, wherever that layout has it */
	assert_in(f, "\003\003\020\003\012\030");
	let_go(f, CTRL_L);
	press(f, 0x06d3);
	assert_in(f, "\u0441");
}

static void backspace_is_del_unless_the_console_says_otherwise(void **state)
{
	struct fixture *f = *state;
	struct display_console *console;
	const struct display_console_config config = {
		.label = "bs", .vt = f->vt, .ops = NULL, .backspace_bs = true
	};

	press(f, VT_KEY_BACKSPACE);
	assert_in(f, "\177");
	assert_int_equal(display_console_add(f->display, &config, &console), 0);
	display_view_switch(f->watcher.view, 3);
	assert_int_equal(press(f, VT_KEY_BACKSPACE), -ENOTCONN);
	display_console_remove(console);
}

static void what_is_refused_is_told_to_the_caller(void **state)
{
	struct fixture *f = *state;

	f->in_result = -ENOBUFS;
	assert_int_equal(press(f, 'a'), -ENOBUFS);
	assert_int_equal(display_view_paste(f->watcher.view, "x", 1), -ENOBUFS);
	f->in_result = 0;
	watcher_close(&f->watcher);
	watcher_open_read_only(f, &f->watcher);
	assert_int_equal(press(f, 'a'), -EPERM);
	assert_int_equal(display_view_paste(f->watcher.view, "x", 1), -EPERM);
	assert_in(f, "");
}

static void shift_page_up_looks_back_until_a_key(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 30; i++)
		fixture_feed(f, "line\r\n");
	hold(f, SHIFT_L);
	press(f, VT_KEY_PAGE_UP);
	press(f, VT_KEY_PAGE_UP);
	assert_int_equal(watcher_back(&f->watcher), 2 * (FIXTURE_ROWS - 1));
	press(f, VT_KEY_PAGE_DOWN);
	assert_int_equal(watcher_back(&f->watcher), FIXTURE_ROWS - 1);
	let_go(f, SHIFT_L);
	assert_int_equal(watcher_back(&f->watcher), FIXTURE_ROWS - 1);
	assert_in(f, "");
	press(f, ' ');
	assert_int_equal(watcher_back(&f->watcher), 0);
	assert_in(f, " ");
}

static void the_wheel_looks_back_and_stops_at_the_oldest_line(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 12; i++)
		fixture_feed(f, "line\r\n");
	for (unsigned i = 0; i < 9; i++) {
		point(f, 1, 1, DISPLAY_WHEEL_UP);
		point(f, 1, 1, 0);
	}
	assert_int_equal(watcher_back(&f->watcher), 12 - FIXTURE_ROWS + 1);
	point(f, 1, 1, DISPLAY_WHEEL_DOWN);
	assert_int_equal(watcher_back(&f->watcher), 12 - FIXTURE_ROWS - 2);
}

static void on_the_alternate_screen_the_wheel_is_cursor_keys(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "\033[?1049h");
	point(f, 1, 1, DISPLAY_WHEEL_DOWN);
	assert_true(f->in.len >= 3);
	assert_memory_equal(f->in.data, "\033[B", 3);
	assert_int_equal(watcher_back(&f->watcher), 0);
}

static void a_big_paste_arrives_whole(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(BIG_PASTE);

	assert_non_null(text);
	for (unsigned i = 0; i < BIG_PASTE; i++)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(display_view_paste(f->watcher.view, text, BIG_PASTE), 0);
	assert_int_equal(f->in.len, BIG_PASTE);
	assert_memory_equal(f->in.data, text, BIG_PASTE);
	strbuf_done(&f->in);
	fixture_feed(f, "\033[?2004h");
	assert_int_equal(display_view_paste(f->watcher.view, "a\nb", 3), 0);
	assert_in(f, "\033[200~a\rb\033[201~");
	free(text);
}

static void dragging_selects_and_gives_the_text(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "hello world\r\nsecond line");
	point(f, 6, 0, DISPLAY_BUTTON_LEFT);
	point(f, 10, 0, DISPLAY_BUTTON_LEFT);
	assert_int_equal(f->watcher.clipboards, 0);
	point(f, 5, 1, DISPLAY_BUTTON_LEFT);
	point(f, 5, 1, 0);
	assert_string_equal(f->watcher.clipboard.data, "world\nsecond");
	/* Backwards it is the same text. */
	point(f, 5, 1, DISPLAY_BUTTON_LEFT);
	point(f, 6, 0, 0);
	assert_string_equal(f->watcher.clipboard.data, "world\nsecond");
}

static void a_click_alone_selects_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "hello");
	point(f, 1, 0, DISPLAY_BUTTON_LEFT);
	point(f, 1, 0, 0);
	assert_int_equal(f->watcher.clipboards, 0);
}

static void two_clicks_select_a_word_and_three_a_line(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "hello world");
	for (unsigned i = 0; i < 2; i++) {
		point(f, 7, 0, DISPLAY_BUTTON_LEFT);
		point(f, 7, 0, 0);
	}
	assert_string_equal(f->watcher.clipboard.data, "world");
	point(f, 7, 0, DISPLAY_BUTTON_LEFT);
	point(f, 7, 0, 0);
	assert_string_equal(f->watcher.clipboard.data, "hello world");
}

static void slow_clicks_do_not_count_as_two(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "hello");
	display_view_pointer(f->watcher.view, 8, 8, DISPLAY_BUTTON_LEFT, 1000);
	display_view_pointer(f->watcher.view, 8, 8, 0, 1100);
	display_view_pointer(f->watcher.view, 8, 8, DISPLAY_BUTTON_LEFT, 2000);
	display_view_pointer(f->watcher.view, 8, 8, 0, 2100);
	assert_int_equal(f->watcher.clipboards, 0);
}

static void alt_selects_a_block(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "abcdef\r\nghijkl\r\nmnopqr");
	hold(f, ALT_L);
	point(f, 3, 0, DISPLAY_BUTTON_LEFT);
	point(f, 1, 2, 0);
	assert_string_equal(f->watcher.clipboard.data, "bcd\nhij\nnop");
}

static void a_selection_stays_with_its_text_while_lines_scroll(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "one\r\ntwo\r\nthree\r\nfour\r\nfive");
	fixture_collect(f);
	point(f, 0, 2, DISPLAY_BUTTON_LEFT);
	point(f, 2, 2, 0);
	fixture_collect(f);
	fixture_feed(f, "\r\nsix");
	fixture_collect(f);
	point(f, 4, 1, DISPLAY_BUTTON_RIGHT);
	point(f, 4, 1, 0);
	assert_string_equal(f->watcher.clipboard.data, "three");
}

static void a_selection_goes_when_its_text_changes(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "one\r\ntwo");
	fixture_collect(f);
	point(f, 0, 0, DISPLAY_BUTTON_LEFT);
	point(f, 2, 0, 0);
	fixture_collect(f);
	assert_int_equal(f->update.to, 0);
	fixture_feed(f, "\033[HONE");
	fixture_collect(f);
	assert_int_equal(f->update.spans[0].end, FIXTURE_COLS);
	fixture_feed(f, "\033[5;1Hx");
	fixture_collect(f);
	assert_true(f->update.to != 0);
}

static void the_middle_button_pastes_what_was_selected(void **state)
{
	struct fixture *f = *state;

	point(f, 0, 0, DISPLAY_BUTTON_MIDDLE);
	point(f, 0, 0, 0);
	assert_in(f, "");
	fixture_feed(f, "word");
	point(f, 0, 0, DISPLAY_BUTTON_LEFT);
	point(f, 3, 0, 0);
	point(f, 3, 0, DISPLAY_BUTTON_MIDDLE);
	assert_in(f, "word");
}

static void the_guest_gets_the_mouse_that_it_asked_for(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "\033[?1002h\033[?1006h");
	point(f, 2, 1, DISPLAY_BUTTON_LEFT);
	point(f, 3, 1, DISPLAY_BUTTON_LEFT);
	point(f, 3, 1, DISPLAY_BUTTON_LEFT);
	point(f, 3, 1, 0);
	assert_in(f, "\033[<0;3;2M\033[<32;4;2M\033[<0;4;2m");
	assert_int_equal(f->watcher.clipboards, 0);
	point(f, 3, 1, DISPLAY_WHEEL_UP);
	point(f, 3, 1, 0);
	assert_in(f, "\033[<64;4;2M");
}

static void shift_takes_the_mouse_from_the_guest(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "hello\033[?1002h\033[?1006h");
	hold(f, SHIFT_L);
	point(f, 0, 0, DISPLAY_BUTTON_LEFT);
	let_go(f, SHIFT_L);
	point(f, 4, 0, DISPLAY_BUTTON_LEFT);
	point(f, 4, 0, 0);
	assert_in(f, "");
	assert_string_equal(f->watcher.clipboard.data, "hello");
}

static void any_pointer_event_is_harmless(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2000; i++) {
		unsigned seed = i * 2654435761u;

		display_view_pointer(f->watcher.view, seed, seed >> 3, seed >> 7, seed >> 5);
		if (i % 50 == 0)
			fixture_feed(f, i % 100 ? "\033[?1003h" : "\033[?1003l text\r\n");
		if (i % 7 == 0)
			fixture_collect(f);
	}
	display_view_pointer(f->watcher.view, UINT32_MAX, UINT32_MAX, 0, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_become_bytes_by_the_guests_modes),
		CASE(modifiers_are_remembered_in_the_view),
		CASE(ctrl_alt_numbers_switch_and_are_swallowed),
		CASE(a_dead_key_and_a_letter_make_one),
		CASE(a_dead_key_twice_or_with_a_space_is_itself),
		CASE(what_does_not_go_together_is_typed_one_by_one),
		CASE(other_keys_end_a_sequence),
		CASE(the_locales_tables_know_compose),
#ifdef HAVE_XKBCOMMON
		CASE(a_sequence_goes_on_in_another_program),
#endif
		CASE(alt_gr_as_ctrl_and_alt_has_been_used_up),
		CASE(ctrl_with_another_script_is_the_latin_key),
		CASE(backspace_is_del_unless_the_console_says_otherwise),
		CASE(what_is_refused_is_told_to_the_caller),
		CASE(shift_page_up_looks_back_until_a_key),
		CASE(the_wheel_looks_back_and_stops_at_the_oldest_line),
		CASE(on_the_alternate_screen_the_wheel_is_cursor_keys),
		CASE(a_big_paste_arrives_whole),
		CASE(dragging_selects_and_gives_the_text),
		CASE(a_click_alone_selects_nothing),
		CASE(two_clicks_select_a_word_and_three_a_line),
		CASE(slow_clicks_do_not_count_as_two),
		CASE(alt_selects_a_block),
		CASE(a_selection_stays_with_its_text_while_lines_scroll),
		CASE(a_selection_goes_when_its_text_changes),
		CASE(the_middle_button_pastes_what_was_selected),
		CASE(the_guest_gets_the_mouse_that_it_asked_for),
		CASE(shift_takes_the_mouse_from_the_guest),
		CASE(any_pointer_event_is_harmless),
	};

	return cmocka_run_group_tests_name("display/input", tests, NULL, NULL);
}
