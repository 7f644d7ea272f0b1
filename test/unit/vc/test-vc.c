/* SPDX-License-Identifier: MIT */
#include "vc/vc.h"
#include "display/display.h"

#include "vc-fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PASTE_BYTES = 1 << 20, PASTE_CREDIT = 777 };

struct fixture {
	struct env *env;
	struct display *display;
	struct display_view *view;
	struct strbuf clipboard;
	unsigned bells, sizes, decided, switches;

	/* A holder that shares its engine. */
	struct chardev_link link;
	struct vt *shared;
	struct chardev_event event;
	unsigned events, looks;
};

static void handle_bell(void *data)
{
	((struct fixture *)data)->bells++;
}

static void handle_size(void *data, unsigned cols, unsigned rows)
{
	(void)cols;
	(void)rows;
	((struct fixture *)data)->sizes++;
}

static void handle_switched(void *data)
{
	((struct fixture *)data)->switches++;
}

static void handle_clipboard(void *data, const char *utf8, size_t len)
{
	strbuf_append(&((struct fixture *)data)->clipboard, utf8, len);
}

static void handle_size_decided(void *data)
{
	((struct fixture *)data)->decided++;
}

static const struct display_view_callbacks view_callbacks = {
	.on_bell = handle_bell,
	.on_size_decided = handle_size_decided,
	.on_size = handle_size,
	.on_switched = handle_switched,
	.on_clipboard = handle_clipboard,
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->env = vc_env_new(&f->display);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chardev_link_detach(&f->link);
	display_view_free(f->view);
	vc_env_free(f->env, f->display);
	vt_free(f->shared);
	strbuf_done(&f->clipboard);
	free(f);
	return 0;
}

static struct chardev *add(struct fixture *f, const char *text)
{
	return env_add(f->env, text);
}

/* A vc with a holder and a viewer. */
static struct chardev *add_and_watch(struct fixture *f, const char *text)
{
	struct chardev *vc = add(f, text);

	env_attach(f->env, vc);
	f->view = vc_look(f->display, &view_callbacks, f);
	run_idle(f->env->loop);
	return vc;
}

static struct vt *screen_of(struct fixture *f, unsigned number)
{
	struct display_console *console = display_find(f->display, number);

	assert_non_null(console);
	return display_console_vt(console);
}

static void assert_row_is(struct fixture *f, int row, const char *text)
{
	struct vt_cell cells[VT_COLS_MAX];
	char line[VT_COLS_MAX + 1];
	int len = vt_read_line(screen_of(f, 2), row, cells, NULL);

	assert_true(len >= 0);
	for (int i = 0; i < len; i++)
		line[i] = cells[i].ch > ' ' && cells[i].ch < 0x7f ? (char)cells[i].ch : ' ';
	line[len] = 0;
	assert_string_equal(line, text);
}

static void out(struct fixture *f, const char *text)
{
	assert_int_equal(
		fake_holder_out(&f->env->holder, text, strlen(text)), (ssize_t)strlen(text));
}

/* ---- what it shows ---- */

static void a_vc_is_open_and_adds_a_console_with_its_name(void **state)
{
	struct fixture *f = *state;
	struct chardev *vc = add(f, "vc,id=vc0");

	assert_true(chardev_is_open(vc));
	assert_string_equal(display_console_label(display_find(f->display, 2)), "vc0");
	add(f, "vc,id=vc1");
	assert_string_equal(display_console_label(display_find(f->display, 3)), "vc1");
	assert_row_is(f, 0, "vc0 console");
}

static void what_the_guest_writes_is_on_the_screen(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "hello\r\n\033[1mworld");
	assert_row_is(f, 1, "hello");
	assert_row_is(f, 2, "world");
	assert_true(display_view_has_change(f->view));
}

static void bells_reach_the_viewer(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\007");
	run_idle(f->env->loop);
	assert_int_equal(f->bells, 1);
}

static uint32_t seen_at(struct fixture *f, unsigned row, unsigned col)
{
	struct text_cell cell;

	display_view_read(f->view, row, col, col + 1, &cell);
	return cell.ch;
}

static void a_notice_is_shown_to_viewers_and_is_not_on_the_screen(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_NOTICE, .text = "hello" };
	struct fixture *f = *state;

	loop_fake_clock(f->env->loop);
	add_and_watch(f, "vc,id=vc0");
	assert_int_equal(chardev_link_event(&f->env->holder.link, &event), 0);
	run_idle(f->env->loop);
	assert_int_equal(f->bells, 1);
	assert_int_equal(seen_at(f, 23, 1), 'h');
	assert_row_is(f, 23, "");
	loop_advance(f->env->loop, DISPLAY_NOTICE_MS);
	assert_int_equal(seen_at(f, 23, 1), 0);
}

static void the_clipboard_is_off_unless_asked_for(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\033]52;c;aGVsbG8=\007");
	run_idle(f->env->loop);
	assert_int_equal(f->clipboard.len, 0);
}

static void with_clipboard_on_the_guest_sets_it(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,clipboard=on");
	out(f, "\033]52;c;aGVsbG8=\007");
	run_idle(f->env->loop);
	assert_string_equal(f->clipboard.data, "hello");
}

static void removal_takes_the_console_and_its_viewers_away(void **state)
{
	struct fixture *f = *state;
	struct error *err = NULL;

	add_and_watch(f, "vc,id=vc0");
	fake_holder_detach(&f->env->holder);
	assert_int_equal(chardev_set_remove(f->env->set, "vc0", &err), 0);
	assert_null(display_find(f->display, 2));
	assert_int_equal(display_console_number(display_view_console(f->view)), 1);
	run_idle(f->env->loop);
	assert_int_equal(f->switches, 1);
}

/* ---- size ---- */

static void assert_size(struct fixture *f, unsigned cols, unsigned rows)
{
	assert_int_equal(vt_cols(screen_of(f, 2)), cols);
	assert_int_equal(vt_rows(screen_of(f, 2)), rows);
}

static void sizes_are_given_in_pixels_or_characters(void **state)
{
	static const struct {
		const char *text;
		unsigned cols, rows;
	} cases[] = {
		{ "vc,id=a", 80, 24 },
		{ "vc,id=a,cols=100,rows=30", 100, 30 },
		{ "vc,id=a,width=645,height=399", 80, 24 },
		{ "vc,id=a,width=8,height=16", 1, 1 },
		{ "vc,id=a,width=640,cols=10,rows=50", 80, 50 },
		{ "vc,id=a,cols=132", 132, 24 },
		{ "vc,id=a,rows=50", 80, 50 },
		{ "vc,id=a,cols=1000,rows=1000", 1000, 1000 },
		{ "vc,id=a,width=0,cols=0", 80, 24 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add(f, cases[i].text);
		assert_size(f, cases[i].cols, cases[i].rows);
		assert_int_equal(chardev_set_remove(f->env->set, "a", NULL), 0);
		run_idle(f->env->loop);
	}
}

static void impossible_sizes_are_errors_that_name_the_option(void **state)
{
	struct fixture *f = *state;

	env_add_fails(f->env, "vc,id=a,width=5,height=5", "width=5");
	env_add_fails(f->env, "vc,id=a,width=100,height=15", "height=15");
	env_add_fails(f->env, "vc,id=a,width=4294967295,height=100", "width");
	env_add_fails(f->env, "vc,id=a,cols=1001", "cols");
	env_add_fails(f->env, "vc,id=a,rows=-1", "rows");
	env_add_fails(f->env, "vc,id=a,height=16001", "height");
	env_add_fails(f->env, "vc,id=a,backspace=x", "backspace");
	assert_null(display_find(f->display, 2));
}

static void without_a_display_there_is_no_vc(void **state)
{
	struct fixture *f = *state;

	chardev_set_show(f->env->set, NULL);
	env_add_fails(f->env, "vc,id=a", "no display");
}

static void a_viewer_resizes_the_console_and_the_guest_is_told(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	assert_int_equal(f->env->holder.resizes, 0);
	assert_int_equal(display_view_request_size(f->view, 100, 40), 0);
	assert_size(f, 100, 40);
	run_idle(f->env->loop);
	assert_int_equal(f->sizes, 1);
	assert_int_equal(f->env->holder.resizes, 1);
	assert_int_equal(f->env->holder.last.cols, 100);
	assert_int_equal(f->env->holder.last.rows, 40);
	assert_int_equal(display_view_request_size(f->view, 1001, 40), -ERANGE);
}

static void a_given_size_is_fixed_and_told_to_the_holder(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,cols=90,rows=20");
	assert_int_equal(f->env->holder.resizes, 1);
	assert_int_equal(f->env->holder.last.cols, 90);
	assert_int_equal(display_view_request_size(f->view, 100, 40), -EPERM);
	out(f, "\033[8;30;100t");
	assert_size(f, 90, 20);
}

static void the_guest_may_ask_for_a_size(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\033[8;30;100t");
	assert_size(f, 100, 30);
	run_idle(f->env->loop);
	assert_int_equal(f->env->holder.last.cols, 100);
	out(f, "\033[8;9999;9999t");
	assert_size(f, 100, 30);
}

static void what_the_guest_asks_for_holds_at_once(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\033[?40h\033[?3h\033[3;100H\033[6n");
	assert_size(f, 132, 24);
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\033[3;100R"));
	assert_int_equal(f->env->holder.resizes, 1);
	out(f, "\033c");
	assert_size(f, 80, 24);
}

static void the_palette_is_an_option(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,palette=vga");
	out(f, "\033]4;4;?\033\\");
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\033]4;4;rgb:0000/0000/aaaa\033\\"));
}

static void blue_on_black_can_be_read_and_grey_on_blue_too(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\033]4;4;?\033\\");
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\033]4;4;rgb:1a1a/5050/c8c8\033\\"));
}

static void a_fixed_size_is_not_the_guest_s_to_change(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,cols=90,rows=20");
	out(f, "\033[8;30;100t\033[?40h\033[?3h");
	assert_size(f, 90, 20);
}

static void the_holder_may_say_what_the_size_is(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_RESIZE, .cols = 70, .rows = 10 };
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	assert_int_equal(chardev_link_event(&f->env->holder.link, &event), 0);
	assert_size(f, 70, 10);
	run_idle(f->env->loop);
	assert_int_equal(f->env->holder.resizes, 0);
}

/* ---- input ---- */

static void keys_go_to_the_guest(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	assert_int_equal(display_view_key(f->view, 'l', 0, true), 0);
	assert_int_equal(display_view_key(f->view, VT_KEY_BACKSPACE, 0, true), 0);
	assert_int_equal(f->env->holder.in.len, 0); /* not from inside of the viewer's call */
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "l\177"));
}

static void with_code_page_437_bytes_are_its_letters_and_keys_its_bytes(void **state)
{
	static const uint32_t expected[] = { 0x2554, 0x2550, 0xfc, 0xa0, 'A' };
	struct vt_cell cells[VT_COLS_MAX];
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,encoding=cp437");
	out(f, "\311\315\201\377A");
	assert_true(vt_read_line(screen_of(f, 2), 1, cells, NULL) >= 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(cells[i].ch, expected[i]);
	assert_int_equal(display_view_key(f->view, 0xfc, 0, true), 0);	    /* u with two dots */
	assert_int_equal(display_view_key(f->view, 0x1002554, 0, true), 0); /* a corner */
	assert_int_equal(display_view_key(f->view, 0x10020ac, 0, true), 0); /* Euro: not there */
	assert_int_equal(display_view_key(f->view, 'A', 0, true), 0);
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\201\311?A"));
}

static void backspace_can_be_bs(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0,backspace=bs");
	display_view_key(f->view, VT_KEY_BACKSPACE, 0, true);
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\010"));
}

static void nobody_gets_keys_without_a_guest(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	fake_holder_detach(&f->env->holder);
	assert_int_equal(display_view_key(f->view, 'x', 0, true), -ENOTCONN);
	run_idle(f->env->loop);
	fake_holder_attach(
		&f->env->holder, chardev_set_find(f->env->set, "vc0"), FAKE_HOLDER_PLAIN, NULL);
	run_idle(f->env->loop);
	assert_int_equal(f->env->holder.in.len, 0);
}

static void a_big_paste_arrives_whole_at_the_guests_pace(void **state)
{
	struct fixture *f = *state;
	struct fake_holder *holder = &f->env->holder;
	char *text = malloc(PASTE_BYTES);

	assert_non_null(text);
	for (unsigned i = 0; i < PASTE_BYTES; i++)
		text[i] = (char)('a' + i % 25);
	add_and_watch(f, "vc,id=vc0");
	fake_holder_set_room(holder, 0);
	assert_int_equal(display_view_paste(f->view, text, PASTE_BYTES), 0);
	run_idle(f->env->loop);
	assert_int_equal(holder->in.len, 0);
	while (holder->in.len < PASTE_BYTES) {
		fake_holder_set_room(holder, PASTE_CREDIT);
		run_idle(f->env->loop);
	}
	assert_int_equal(holder->in.len, PASTE_BYTES);
	assert_memory_equal(holder->in.data, text, PASTE_BYTES);
	free(text);
}

static void too_much_input_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(PASTE_BYTES);
	unsigned taken = 0;

	assert_non_null(text);
	memset(text, 'x', PASTE_BYTES);
	add_and_watch(f, "vc,id=vc0");
	fake_holder_set_room(&f->env->holder, 0);
	while (taken < 100 && display_view_paste(f->view, text, PASTE_BYTES) == 0)
		taken++;
	assert_int_equal(taken, VC_INPUT_MAX / PASTE_BYTES);
	assert_int_equal(display_view_key(f->view, 'y', 0, true), -ENOBUFS);
	fake_holder_set_room(&f->env->holder, SIZE_MAX);
	RUN_UNTIL(f->env->loop, f->env->holder.in.len >= VC_INPUT_MAX);
	run_idle(f->env->loop);
	assert_int_equal(f->env->holder.in.len, VC_INPUT_MAX);
	assert_int_equal(display_view_key(f->view, 'y', 0, true), 0);
	free(text);
}

static void queries_are_answered_after_the_holders_call(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	out(f, "\033[5n\033[6n");
	assert_int_equal(f->env->holder.in.len, 0);
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\033[0n\033[2;1R"));
}

static void a_guest_that_asks_and_never_reads_is_not_answered_for_ever(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	fake_holder_set_room(&f->env->holder, 0);
	for (unsigned i = 0; i < VC_REPLIES_MAX; i++)
		if (fake_holder_out(&f->env->holder, "\033[5n", 4) < 4)
			run_idle(f->env->loop);
	/* There is still place for what people type. */
	assert_int_equal(display_view_key(f->view, 'y', 0, true), 0);
	fake_holder_set_room(&f->env->holder, SIZE_MAX);
	run_idle(f->env->loop);
	assert_true(f->env->holder.in.len <= VC_REPLIES_MAX + 1);
	assert_true(f->env->holder.in.len > VC_REPLIES_MAX - 8);
	fake_holder_forget(&f->env->holder);
	out(f, "\033[5n");
	run_idle(f->env->loop);
	assert_true(fake_holder_in_is(&f->env->holder, "\033[0n"));
}

static void a_guest_that_keeps_its_screen_busy_has_to_wait(void **state)
{
	struct fixture *f = *state;
	struct fake_holder *guest;
	char bytes[6000];
	ssize_t taken;

	add_and_watch(f, "vc,id=vc0");
	guest = &f->env->holder;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "\033#8"[i % 3];
	taken = fake_holder_out(guest, bytes, sizeof(bytes));
	assert_in_range(taken, 3, 300);
	assert_int_equal(fake_holder_out(guest, bytes + taken, 3), 0);
	assert_int_equal(guest->room_calls, 0);
	run_idle(f->env->loop);
	assert_int_equal(guest->room_calls, 1);
	assert_in_range(
		fake_holder_out(guest, bytes + taken, sizeof(bytes) - (size_t)taken), 3, 300);
}

static void remove_the_vc(struct fake_holder *holder)
{
	struct env *env = holder->hook_data;

	fake_holder_detach(holder);
	chardev_set_remove(env->set, "vc0", NULL);
}

static void the_vc_may_be_removed_while_it_delivers(void **state)
{
	struct fixture *f = *state;

	add_and_watch(f, "vc,id=vc0");
	f->env->holder.in_hook = remove_the_vc;
	f->env->holder.hook_data = f->env;
	display_view_key(f->view, 'x', 0, true);
	run_idle(f->env->loop);
	assert_null(chardev_set_find(f->env->set, "vc0"));
	assert_int_equal(display_console_number(display_view_console(f->view)), 1);
}

/* ---- a shared engine ---- */

static struct vt *share(void *holder, bool look)
{
	struct fixture *f = holder;

	f->looks += look;
	return f->shared;
}

static void record_event(void *holder, const struct chardev_event *event)
{
	struct fixture *f = holder;

	f->event = *event;
	f->events++;
}

static const struct chardev_holder_ops sharing_ops = { .on_event = record_event, .screen = share };

static struct chardev *add_sharing(struct fixture *f, const char *text)
{
	struct chardev *vc = add(f, text);

	f->view = vc_look(f->display, &view_callbacks, f);
	assert_int_equal(vt_new(NULL, NULL, NULL, &f->shared), 0);
	assert_int_equal(chardev_link_attach(&f->link, vc, 0, &sharing_ops, f, NULL), 0);
	run_idle(f->env->loop);
	return vc;
}

static struct chardev *add_shared(struct fixture *f)
{
	return add_sharing(f, "vc,id=vc0");
}

static void out_shared(struct fixture *f, const char *text)
{
	vt_feed(f->shared, text, strlen(text));
	assert_int_equal(chardev_link_out(&f->link, text, strlen(text)), (ssize_t)strlen(text));
}

static void a_shared_engine_is_shown_and_not_fed_again(void **state)
{
	struct fixture *f = *state;
	static struct display_update update;

	add_shared(f);
	assert_ptr_equal(screen_of(f, 2), f->shared);
	display_view_collect(f->view, &update);
	out_shared(f, "once");
	assert_row_is(f, 0, "once");
	assert_true(display_view_has_change(f->view));
	assert_int_equal(vt_offset(f->shared), 4);
}

static void a_shared_engine_may_be_behind_while_nobody_looks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vt_new(NULL, NULL, NULL, &f->shared), 0);
	assert_int_equal(
		chardev_link_attach(&f->link, add(f, "vc,id=vc0"), 0, &sharing_ops, f, NULL), 0);
	out_shared(f, "put off");
	assert_int_equal(f->looks, 0);
	f->view = vc_look(f->display, &view_callbacks, f);
	assert_int_equal(f->looks, 1);
	out_shared(f, "live");
	assert_int_equal(f->looks, 2);
	display_view_free(f->view);
	f->view = NULL;
	out_shared(f, "put off");
	assert_int_equal(f->looks, 2);
	/* its last words are copied */
	chardev_link_detach(&f->link);
	assert_int_equal(f->looks, 3);
}

static void with_code_page_437_the_screen_is_its_own(void **state)
{
	struct fixture *f = *state;

	add_sharing(f, "vc,id=vc0,encoding=cp437");
	assert_ptr_not_equal(screen_of(f, 2), f->shared);
	assert_int_equal(chardev_link_out(&f->link, "\201x", 2), 2);
	assert_row_is(f, 1, " x");
}

static void an_engine_that_is_shared_later_is_found_at_the_next_bytes(void **state)
{
	struct fixture *f = *state;
	struct vt *later;

	add_shared(f);
	chardev_link_detach(&f->link);
	later = f->shared;
	f->shared = NULL;
	assert_int_equal(chardev_link_attach(&f->link, chardev_set_find(f->env->set, "vc0"), 0,
				 &sharing_ops, f, NULL),
		0);
	assert_ptr_not_equal(screen_of(f, 2), later);
	f->shared = later;
	out_shared(f, "x");
	assert_ptr_equal(screen_of(f, 2), later);
}

static void the_screen_stays_when_its_holder_goes(void **state)
{
	struct fixture *f = *state;

	add_shared(f);
	assert_int_equal(vt_resize(f->shared, 100, 30), 0);
	out_shared(f, "Kernel panic\r\n\033[31mend");
	chardev_link_detach(&f->link);
	assert_ptr_not_equal(screen_of(f, 2), f->shared);
	assert_size(f, 100, 30);
	assert_row_is(f, 0, "Kernel panic");
	assert_row_is(f, 1, "end");
}

/* A holder with a rule, whatever it says. */
static void share_by_rule(void *holder, struct object **ret_view, struct object **ret_type)
{
	*ret_view = NULL;
	*ret_type = holder;
}

static enum display_right may_look(void *data, struct object *view_rule, struct object *type_rule)
{
	assert_null(view_rule);
	assert_ptr_equal(type_rule, data);
	return DISPLAY_LOOK;
}

static void screen_that_was_not_for_everybody_goes_with_its_holder(void **state)
{
	static const struct chardev_holder_ops ops = { .screen = share, .rules = share_by_rule };
	static const struct display_view_callbacks callbacks = { .may = may_look };
	static const char *const lines[] = { "vc,id=vc0", "vc,id=vc0,encoding=cp437" };

	for (size_t i = 0; i < 2; i++) {
		struct fixture *f = *state;
		struct chardev *vc = add(f, lines[i]);

		assert_int_equal(vt_new(NULL, NULL, NULL, &f->shared), 0);
		assert_int_equal(chardev_link_attach(&f->link, vc, 0, &ops, f, NULL), 0);
		f->view = vc_look(f->display, &callbacks, f);
		run_idle(f->env->loop);
		out_shared(f, "secret");
		assert_int_equal(display_view_key(f->view, 'x', 0, true), -EPERM);
		chardev_link_detach(&f->link);
		assert_row_is(f, 0, "vc0 console");
		assert_row_is(f, 1, "");
		display_view_free(f->view);
		f->view = NULL;
		chardev_free(vc);
		vt_free(f->shared);
		f->shared = NULL;
		run_idle(f->env->loop);
	}
}

static void with_a_shared_engine_a_size_is_only_a_wish(void **state)
{
	struct fixture *f = *state;
	struct chardev_event told = { .type = CHARDEV_RESIZE, .cols = 120, .rows = 33 };

	add_shared(f);
	assert_int_equal(display_view_request_size(f->view, 120, 33), -EINPROGRESS);
	assert_size(f, 80, 24);
	assert_int_equal(f->decided, 0);
	run_idle(f->env->loop);
	assert_int_equal(f->decided, 1);
	assert_int_equal(f->events, 1);
	assert_int_equal(f->event.type, CHARDEV_RESIZE);
	assert_int_equal(f->event.cols, 120);
	assert_int_equal(f->event.rows, 33);
	assert_int_equal(vt_resize(f->shared, 120, 33), 0);
	assert_int_equal(chardev_link_event(&f->link, &told), 0);
	run_idle(f->env->loop);
	assert_int_equal(f->sizes, 1);
}

static void a_size_is_decided_when_the_holder_goes(void **state)
{
	struct fixture *f = *state;

	add_shared(f);
	assert_int_equal(display_view_request_size(f->view, 120, 33), -EINPROGRESS);
	chardev_link_detach(&f->link);
	run_idle(f->env->loop);
	assert_int_equal(f->decided, 1);
	assert_int_equal(f->events, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_vc_is_open_and_adds_a_console_with_its_name),
		CASE(what_the_guest_writes_is_on_the_screen),
		CASE(bells_reach_the_viewer),
		CASE(a_notice_is_shown_to_viewers_and_is_not_on_the_screen),
		CASE(the_clipboard_is_off_unless_asked_for),
		CASE(with_clipboard_on_the_guest_sets_it),
		CASE(removal_takes_the_console_and_its_viewers_away),
		CASE(sizes_are_given_in_pixels_or_characters),
		CASE(impossible_sizes_are_errors_that_name_the_option),
		CASE(without_a_display_there_is_no_vc),
		CASE(a_viewer_resizes_the_console_and_the_guest_is_told),
		CASE(a_given_size_is_fixed_and_told_to_the_holder),
		CASE(the_guest_may_ask_for_a_size),
		CASE(what_the_guest_asks_for_holds_at_once),
		CASE(the_palette_is_an_option),
		CASE(blue_on_black_can_be_read_and_grey_on_blue_too),
		CASE(a_fixed_size_is_not_the_guest_s_to_change),
		CASE(the_holder_may_say_what_the_size_is),
		CASE(keys_go_to_the_guest),
		CASE(with_code_page_437_bytes_are_its_letters_and_keys_its_bytes),
		CASE(backspace_can_be_bs),
		CASE(nobody_gets_keys_without_a_guest),
		CASE(a_big_paste_arrives_whole_at_the_guests_pace),
		CASE(too_much_input_is_refused_whole),
		CASE(queries_are_answered_after_the_holders_call),
		CASE(a_guest_that_asks_and_never_reads_is_not_answered_for_ever),
		CASE(a_guest_that_keeps_its_screen_busy_has_to_wait),
		CASE(the_vc_may_be_removed_while_it_delivers),
		CASE(a_shared_engine_is_shown_and_not_fed_again),
		CASE(a_shared_engine_may_be_behind_while_nobody_looks),
		CASE(with_code_page_437_the_screen_is_its_own),
		CASE(an_engine_that_is_shared_later_is_found_at_the_next_bytes),
		CASE(the_screen_stays_when_its_holder_goes),
		CASE(screen_that_was_not_for_everybody_goes_with_its_holder),
		CASE(with_a_shared_engine_a_size_is_only_a_wish),
		CASE(a_size_is_decided_when_the_holder_goes),
	};

	return cmocka_run_group_tests_name("vc/vc", tests, NULL, NULL);
}
