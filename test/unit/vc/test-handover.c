/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "chardev/chardev-impl.h"
#include "display/display.h"
#include "io/store.h"

#include "lib/heir.h"
#include "vc-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A vc that shows no hub's screen, in another program: what is to be seen there, and when. */

enum { LINES = 11000, NUMBER = 2 };

/**
 * struct fixture
 * @left: if @has_left: what the vc of now goes on from
 */
struct fixture {
	struct env *env;
	struct display *display;
	struct display_view *view;
	struct chardev *vc;
	struct snapshot left;
	bool has_left;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->env = vc_env_new(&f->display);
	f->vc = env_add(f->env, "vc,id=vc0");
	env_attach(f->env, f->vc);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	display_view_free(f->view);
	vc_env_free(f->env, f->display);
	if (f->has_left)
		snapshot_close(&f->left);
	free(f);
	return 0;
}

static void out(struct fixture *f, const char *bytes, size_t len)
{
	assert_int_equal(fake_holder_out_all(&f->env->holder, bytes, len), 0);
	run_idle(f->env->loop);
}

static void say(struct fixture *f, const char *text)
{
	out(f, text, strlen(text));
}

/* Colours, lines that wrap, what is wide, more than is kept. */
static void print_much(struct fixture *f)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	for (int i = 0; i < LINES; i++)
		strbuf_printf(&text,
			"\033[3%dm[%5d]\033[1;48;5;%dm a line\033[m %0*d \xe4\xb8\xad\r\n", i % 8,
			i, i % 256, i % 7 ? 1 : 100, i);
	strbuf_puts(&text, "\033[5;10H\033[7mhere\033[4");
	out(f, text.data, text.len);
	say(f, "mthere\033]2;a title\033\\");
}

static struct vt *screen_of(const struct fixture *f)
{
	return display_console_vt(display_find(f->display, NUMBER));
}

static void look(struct fixture *f)
{
	static const struct display_view_callbacks callbacks = { 0 };

	f->view = vc_look(f->display, &callbacks, f);
	run_idle(f->env->loop);
}

static void look_away(struct fixture *f)
{
	display_view_free(f->view);
	f->view = NULL;
	run_idle(f->env->loop);
}

/* All there is: the screen, and each line above it. */
static void put_all(struct vt *vt, struct strbuf *text)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };

	vt_dump(vt, text);
	strbuf_printf(text, "%u above\n", vt_scrollback_count(vt));
	assert_int_equal(vt_replay(vt, text, &how), 0);
}

static void assert_shows(const struct fixture *f, const struct strbuf *expected)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	put_all(screen_of(f), &text);
	assert_int_equal(text.len, expected->len);
	assert_memory_equal(text.data, expected->data, text.len);
}

static void prepare(const struct fixture *f)
{
	f->vc->class->handover->prepare(f->vc);
}

static void go_on(struct fixture *f, struct snapshot *left)
{
	fake_holder_detach(&f->env->holder);
	assert_int_equal(chardev_set_remove(f->env->set, "vc0", NULL), 0);
	run_idle(f->env->loop);
	if (f->has_left)
		snapshot_close(&f->left);
	f->left = *left;
	f->has_left = true;
	heir_find(f->env->set, &f->left);
	f->vc = env_add(f->env, "vc,id=vc0");
	chardev_set_inherited(f->env->set);
	env_attach(f->env, f->vc);
	run_idle(f->env->loop);
}

static void go_over(struct fixture *f)
{
	struct snapshot left;

	heir_leave(f->vc, &left);
	go_on(f, &left);
}

static size_t packed(const struct fixture *f)
{
	size_t hot, bytes;

	store_usage(f->env->loop, &hot, &bytes);
	return bytes;
}

static void all_is_there_to_the_last_line(void **state)
{
	AUTO_STRBUF struct strbuf before = { 0 };
	struct fixture *f = *state;

	print_much(f);
	put_all(screen_of(f), &before);
	go_over(f);
	look(f);
	assert_shows(f, &before);
	look_away(f);
	prepare(f);
	go_over(f);
	look(f);
	assert_shows(f, &before);
}

static void what_is_prepared_is_good_until_the_screen_changes(void **state)
{
	AUTO_STRBUF struct strbuf before = { 0 };
	struct fixture *f = *state;

	print_much(f);
	assert_int_equal(packed(f), 0);
	prepare(f);
	assert_true(packed(f) > 0);
	look(f);
	assert_true(packed(f) > 0);
	say(f, "more\r\n");
	assert_int_equal(packed(f), 0);
	prepare(f);
	assert_int_equal(display_view_request_size(f->view, 70, 20), 0);
	assert_int_equal(packed(f), 0);
	prepare(f);
	f->vc->class->handover->forgo(f->vc);
	assert_int_equal(packed(f), 0);
	prepare(f);
	say(f, "and more\r\n");
	put_all(screen_of(f), &before);
	look_away(f);
	go_over(f);
	look(f);
	assert_shows(f, &before);
}

static void what_waits_is_passed_on_as_it_lies(void **state)
{
	AUTO_STRBUF struct strbuf before = { 0 };
	struct fixture *f = *state;

	print_much(f);
	put_all(screen_of(f), &before);
	prepare(f);
	go_over(f);
	assert_int_equal(vt_scrollback_count(screen_of(f)), 0); /* nobody looks */
	prepare(f);
	f->vc->class->handover->forgo(f->vc);
	go_over(f);
	assert_int_equal(vt_scrollback_count(screen_of(f)), 0);
	look(f);
	assert_shows(f, &before);
	assert_int_equal(packed(f), 0);
}

static void copy(struct vt *from, struct vt **ret_vt)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };
	const struct vt_config config = { .cols = vt_cols(from), .rows = vt_rows(from) };
	AUTO_STRBUF struct strbuf text = { 0 };

	assert_int_equal(vt_new(&config, NULL, NULL, ret_vt), 0);
	assert_int_equal(vt_replay(from, &text, &how), 0);
	vt_feed(*ret_vt, text.data, text.len);
}

static void text_of(struct vt *vt, struct strbuf *text)
{
	struct vt_point begin = { .line = -(int)vt_scrollback_count(vt) };
	struct vt_point end = { .line = (int)vt_rows(vt) - 1, .col = vt_cols(vt) };

	vt_selection_text(vt, VT_SELECT_BLOCK, begin, end, text);
}

static void assert_same_text(const struct fixture *f, struct vt *other)
{
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf should = { 0 };

	text_of(screen_of(f), &is);
	text_of(other, &should);
	assert_int_equal(is.len, should.len);
	assert_memory_equal(is.data, should.data, is.len);
}

/* Nobody has looked meanwhile. */
static void a_guest_prints_on_below_what_waits(void **state)
{
	static const char text[] = "and\r\non\r\n\r\n\r\n";
	struct fixture *f = *state;
	struct vt *other;

	print_much(f);
	copy(screen_of(f), &other);
	go_over(f);
	say(f, text);
	vt_feed(other, text, sizeof(text) - 1);
	assert_same_text(f, other);
	vt_free(other);
}

static void another_size_is_that_of_what_waits(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_RESIZE, .cols = 40, .rows = 10 };
	struct fixture *f = *state;
	struct vt *other;

	print_much(f);
	copy(screen_of(f), &other);
	go_over(f);
	assert_int_equal(chardev_link_event(&f->env->holder.link, &event), 0);
	assert_int_equal(vt_resize(other, 40, 10), 0);
	assert_int_equal(vt_cols(screen_of(f)), 40);
	assert_same_text(f, other);
	vt_free(other);
}

/* What may be cut anywhere: each kind of sequence, controls within, broken off, malformed. */
static const char sequences[] =
	"\033[31;1mred\033[38:2::10:20:30mrgb\033[;5Hx\033[0m\033[?7l\033[?7h\033[4 q\033[1;2 !px"
	"\033[5\0152\t;7\n\bHcontrols\033\r(\n0lqk\033(B\033[1<2my\033[1 2mz\033[12\0307broken"
	"\033[3\033[32mgreen\302\2332;2Hc1\033]0;a title\007\033]2;another \302\265\033\\"
	"\033]4;1;#102030\302\234\033]8;;file:///a\033\\link\033]8;;\033\\\033P$q\"p\033\\"
	"\033P1;2 $!xwhat\001\033\\\033P<1<qno\033\\\033_apc\033\\\033^pm\033\\\033Xsos\033\\"
	"\033]P1a0b0c0\033]R\033]broken\033[5;20H\342\202\254\303\251\360\237\230\200\341\200\201"
	"\342\202x\360\237\230\033[\3771mhigh\355\237\277\340\240\200"
	"\364\217\277\277\360\220\200\200"
	"\033#8\033[H\033%@\344\233K\351\033%G"
	"\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;"
	"32;33;34mmany\033[6n\033[99999999;1Hlast\033$)\033\"@x";

static void assert_is_heard(struct fixture *f, const char *answer)
{
	assert_int_equal(f->env->holder.in.len, strlen(answer));
	assert_memory_equal(f->env->holder.in.data, answer, strlen(answer));
	strbuf_truncate(&f->env->holder.in, 0);
}

static void what_is_cut_is_made_whole(void **state)
{
	static const char fresh[] = "\030\033c\033[3J";
	AUTO_STRBUF struct strbuf uncut = { 0 };
	AUTO_STRBUF struct strbuf answers = { 0 };
	struct fixture *f = *state;

	say(f, fresh);
	say(f, sequences);
	put_all(screen_of(f), &uncut);
	strbuf_append(&answers, f->env->holder.in.data, f->env->holder.in.len);
	assert_true(answers.len > 0);
	for (size_t cut = 0; cut < sizeof(sequences) - 1; cut++) {
		say(f, fresh);
		strbuf_truncate(&f->env->holder.in, 0);
		out(f, sequences, cut);
		go_over(f);
		say(f, sequences + cut);
		assert_shows(f, &uncut);
		assert_is_heard(f, answers.data);
	}
}

/* Longer than is kept of it: its rest is no text. */
static void what_is_too_long_is_cut_to_its_end(void **state)
{
	AUTO_STRBUF struct strbuf before = { 0 };
	AUTO_STRBUF struct strbuf longest = { 0 };
	struct fixture *f = *state;

	put_all(screen_of(f), &before);
	for (size_t i = 0; i < VT_STRING_MAX; i++)
		strbuf_putc(&longest, 'x');
	say(f, "\033]2;");
	out(f, longest.data, longest.len);
	out(f, "\302", 1);
	go_over(f);
	go_over(f);
	say(f, "\234");
	assert_shows(f, &before);
}

/* ---- what an earlier version has left ---- */

struct old_state {
	unsigned number, cols, rows;
	bool is_private, tell_size;
	uint64_t reply_bytes;
	struct snapshot_bulk replay;
};

#define FIELD(...) SNAPSHOT_FIELD(struct old_state, __VA_ARGS__)

static const struct snapshot_field old_fields[] = {
	FIELD(number, 1, SNAPSHOT_U32),
	FIELD(cols, 2, SNAPSHOT_U32),
	FIELD(rows, 3, SNAPSHOT_U32),
	FIELD(cols, 4, SNAPSHOT_U32),
	FIELD(rows, 5, SNAPSHOT_U32),
	FIELD(is_private, 6, SNAPSHOT_BOOL),
	FIELD(tell_size, 7, SNAPSHOT_BOOL),
	FIELD(reply_bytes, 8, SNAPSHOT_U64),
	FIELD(replay, 10, SNAPSHOT_LARGE),
	{ 0 },
};

static void bytes_as_they_are_are_read_too(void **state)
{
	static const char text[] = "\033[Hshown";
	struct old_state old = { .number = NUMBER, .cols = 60, .rows = 5 };
	AUTO_STRBUF struct strbuf is = { 0 };
	struct fixture *f = *state;
	struct snapshot_writer writer;
	struct snapshot left;

	heir_begin(&writer, "vc0", "vc");
	snapshot_put_bulk(&writer, &old.replay, text, sizeof(text) - 1);
	snapshot_put(&writer, old_fields, &old);
	heir_end(&writer, &left);
	go_on(f, &left);
	assert_int_equal(vt_cols(screen_of(f)), 60);
	look(f);
	text_of(screen_of(f), &is);
	assert_int_equal(strncmp(is.data, "shown\n", 6), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_is_there_to_the_last_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_prepared_is_good_until_the_screen_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_waits_is_passed_on_as_it_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_guest_prints_on_below_what_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			another_size_is_that_of_what_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_cut_is_made_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_too_long_is_cut_to_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_as_they_are_are_read_too, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
