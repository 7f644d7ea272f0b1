/* SPDX-License-Identifier: MIT */
/* A person at the monitor behind the overview: keys into a view, and what stands there. */
#include "control/monitor-page.h"

#include "control/monitors.h"
#include "control/world.h"
#include "display/display.h"
#include "lib/fake-chardev.h"
#include "vt/keyboard.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { F2 = VT_KEY_F1 + 1, CTRL = 0xffe3, TURNS = 64 };

static const struct chardev_class *const classes[] = { &fake_chardev_class, NULL };

struct fixture {
	struct loop *loop;
	struct world *world;
	struct monitors *monitors;
	struct display_view *view;
	unsigned bells;
	bool may, may_not_tell;
};

static bool may_use_page(void *data, struct strbuf *why)
{
	const struct fixture *f = data;

	if (!f->may && !f->may_not_tell)
		strbuf_puts(why, "rule 'r' does not let in joe");
	return f->may;
}

static void on_bell(void *data)
{
	((struct fixture *)data)->bells++;
}

static const struct display_view_callbacks callbacks = { .on_bell = on_bell,
	.may_use_page = may_use_page };

static void dispatch(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct world_config config = {
		.loop = f->loop = loop_new(),
		.name = "vm1",
		.chardev_classes = classes,
		.frontend_classes = (const struct frontend_class *const[]){ NULL },
		.object_classes = (const struct object_class *const[]){ NULL },
	};
	const struct display_view_config who = { .name = "joe" };

	assert_int_equal(world_new(&config, &f->world, NULL), 0);
	f->monitors = monitors_new(f->world);
	assert_non_null(f->monitors);
	assert_int_equal(
		display_view_new(world_display(f->world), &who, &callbacks, f, &f->view), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	display_view_free(f->view);
	monitors_free(f->monitors);
	world_free(f->world);
	loop_free(f->loop);
	free(f);
	return 0;
}

static int press(struct fixture *f, uint32_t key)
{
	int r = display_view_key(f->view, key, 0, true);

	dispatch(f);
	return r;
}

static void type(struct fixture *f, const char *text)
{
	for (; *text; text++)
		assert_int_equal(press(f, *text == '\n' ? VT_KEY_RETURN : (uint32_t)*text), 0);
}

static void turn_to_page(struct fixture *f, bool may)
{
	f->may = may;
	press(f, F2);
	assert_int_equal(display_console_number(display_view_console(f->view)), 0);
}

static void shows(const struct fixture *f, unsigned row, const char *text)
{
	struct strbuf line AUTO_STRBUF = { 0 };
	struct vt *vt = display_console_vt(display_view_page(f->view));

	vt_selection_text(vt, VT_SELECT_BLOCK, (struct vt_point){ (int)row, 0 },
		(struct vt_point){ (int)row, vt_cols(vt) }, &line);
	assert_string_equal(line.data ? line.data : "", text);
}

static void a_line_is_answered(void **state)
{
	struct fixture *f = *state;

	turn_to_page(f, true);
	shows(f, 1, "charhub " CHARHUB_VERSION " monitor - type 'help' for more information");
	type(f, "info na\tme\n");
	shows(f, 2, "(qemu) info name");
	shows(f, 3, "vm1");
	type(f, "bogus\n");
	shows(f, 5, "unknown command: 'bogus'");
}

static void keys_move_through_line_and_history(void **state)
{
	struct fixture *f = *state;

	turn_to_page(f, true);
	type(f, "one\ntwo");
	press(f, VT_KEY_UP);
	shows(f, 4, "(qemu) one");
	press(f, VT_KEY_HOME);
	type(f, "x");
	press(f, VT_KEY_END);
	press(f, VT_KEY_BACKSPACE);
	shows(f, 4, "(qemu) xon");
}

static void what_went_by_can_be_scrolled_back_to(void **state)
{
	struct fixture *f = *state;

	turn_to_page(f, true);
	for (int i = 0; i < 40; i++)
		type(f, "info name\n");
	display_view_scroll(f->view, 1000);
	assert_true(vt_scrollback_count(display_view_vt(f->view)) > 50);
	shows(f, 23, "(qemu)");
}

static void who_may_not_steer_reads_why(void **state)
{
	struct fixture *f = *state;

	turn_to_page(f, false);
	shows(f, 1, "The monitor is not for you: rule 'r' does not let in joe.");
	assert_int_equal(press(f, 'x'), -EPERM);
	shows(f, 2, "");
	f->may = true;
	display_view_judge(f->view);
	dispatch(f);
	shows(f, 1, "charhub " CHARHUB_VERSION " monitor - type 'help' for more information");
	type(f, "x");
	shows(f, 2, "(qemu) x");
}

static void no_reason_is_a_reason(void **state)
{
	struct fixture *f = *state;

	f->may_not_tell = true;
	turn_to_page(f, false);
	shows(f, 1, "The monitor is not for you: nobody may use it here.");
}

static void ctrl_d_goes_back(void **state)
{
	struct fixture *f = *state;

	turn_to_page(f, true);
	press(f, CTRL);
	press(f, 'd');
	display_view_key(f->view, CTRL, 0, false);
	assert_int_equal(display_console_number(display_view_console(f->view)), DISPLAY_OVERVIEW);
	press(f, F2);
	type(f, "x");
	shows(f, 2, "(qemu) x");
}

static void it_takes_the_size_of_the_window(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(display_view_request_size(f->view, 100, 30), 0);
	turn_to_page(f, true);
	assert_int_equal(display_view_cols(f->view), 100);
	assert_int_equal(display_view_request_size(f->view, 60, 10), 0);
	assert_int_equal(display_view_rows(f->view), 10);
}

static void more_than_it_takes_rings(void **state)
{
	static char text[65 * 1024];
	struct fixture *f = *state;

	memset(text, 'x', sizeof(text));
	turn_to_page(f, true);
	assert_int_equal(display_view_paste(f->view, text, sizeof(text)), -ENOBUFS);
	assert_int_equal(display_view_paste(f->view, text, 8192), 0);
	dispatch(f);
	assert_true(f->bells > 0); /* a line is 4 KiB at most */
}

/* As a hostile or a clumsy one does. */
static void a_viewer_may_go_at_any_time(void **state)
{
	struct fixture *f = *state;
	const struct display_view_config who = { .name = "joe" };

	turn_to_page(f, true);
	assert_int_equal(display_view_paste(f->view, "help\rhelp\r", 10), 0);
	loop_step(f->loop, false);
	display_view_free(f->view);
	dispatch(f);
	assert_int_equal(
		display_view_new(world_display(f->world), &who, &callbacks, f, &f->view), 0);
}

#define page_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		page_test(a_line_is_answered),
		page_test(keys_move_through_line_and_history),
		page_test(what_went_by_can_be_scrolled_back_to),
		page_test(who_may_not_steer_reads_why),
		page_test(no_reason_is_a_reason),
		page_test(ctrl_d_goes_back),
		page_test(it_takes_the_size_of_the_window),
		page_test(more_than_it_takes_rings),
		page_test(a_viewer_may_go_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
