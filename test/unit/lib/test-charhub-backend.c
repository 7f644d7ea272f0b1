/* SPDX-License-Identifier: MIT */
/* Types of chardevs of somebody else's, by charhub-backend.h alone. */
#include <charhub-backend.h>

#include "charhub-rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- a foreign class ---- */

static struct {
	struct charhub_backend *backend;
	struct text out;
	unsigned closed, rooms;
	size_t max;
	unsigned errors;
	bool fails_at_edge, is_at_edge;
	char told[32];
} foreign;

/* What is printed at a time where that matters. */
enum { LINE_LEN = 100 };

static int foreign_open(
	struct charhub_backend *backend, void **ret_self, struct charhub_error **err)
{
	if (charhub_backend_number(backend, "fail"))
		return charhub_error_set(err, EIO, "it fails", "say nofail");
	assert_int_equal(charhub_backend_number(backend, "n"), 7);
	assert_string_equal(charhub_backend_string(backend, "word"), "fast");
	assert_int_equal(charhub_backend_number(backend, "word"), 1);
	assert_null(charhub_backend_string(backend, "unheard-of"));
	foreign.backend = backend;
	charhub_backend_open(backend, 1);
	*ret_self = &foreign;
	return 0;
}

static void foreign_close(void *self)
{
	assert_ptr_equal(self, &foreign);
	foreign.closed++;
}

static ssize_t foreign_out(void *self, const void *bytes, size_t len)
{
	assert_ptr_equal(self, &foreign);
	if (foreign.is_at_edge) {
		foreign.errors++;
		return -EIO;
	}
	foreign.is_at_edge = foreign.fails_at_edge && len < LINE_LEN;
	len = len < foreign.max ? len : foreign.max;
	foreign.max -= len;
	if (!foreign.fails_at_edge)
		append(&foreign.out, bytes, len);
	return (ssize_t)len;
}

static void foreign_room(void *self)
{
	assert_ptr_equal(self, &foreign);
	foreign.rooms++;
}

static void foreign_event(void *self, const struct charhub_event *event)
{
	assert_ptr_equal(self, &foreign);
	assert_int_equal(event->type, CHARHUB_RESIZE);
	snprintf(foreign.told, sizeof(foreign.told), "<%ux%u>", event->cols, event->rows);
}

static const struct charhub_class_option foreign_options[] = {
	{ .name = "n", .type = CHARHUB_OPTION_NUMBER, .preset = "7", .help = "a number" },
	{ .name = "fail", .type = CHARHUB_OPTION_BOOL, .preset = "off", .help = "does it fail" },
	{ .name = "word",
		.type = CHARHUB_OPTION_ENUM,
		.values = "slow|fast",
		.preset = "fast",
		.help = "how" },
	{ 0 },
};

static const struct charhub_class foreign_class = { .size = sizeof(foreign_class),
	.name = "mine",
	.options = foreign_options,
	.open = foreign_open,
	.close = foreign_close,
	.out = foreign_out,
	.on_room = foreign_room,
	.on_event = foreign_event };

static void a_class_of_ones_own_is_a_chardev_like_others(void **state)
{
	const struct charhub_class *const classes[] = { &foreign_class, NULL };
	const struct charhub_config config = { .size = sizeof(config), .classes = classes };
	struct charhub_error *err = NULL;

	(void)state;
	charhub_free(f.hub);
	memset(&foreign, 0, sizeof(foreign));
	foreign.max = 2;
	assert_int_equal(charhub_new(&config, &f.hub, NULL), 0);
	assert_int_equal(charhub_add(f.hub, "chardev", "mine,id=a,m=1", NULL), -EINVAL);
	assert_int_equal(charhub_add(f.hub, "chardev", "mine,id=a,fail=on", &err), -EIO);
	assert_string_equal(charhub_error_message(err), "it fails");
	assert_string_equal(charhub_error_hint(err), "say nofail");
	charhub_error_free(err);
	assert_int_equal(charhub_add(f.hub, "chardev", "mine,id=a", NULL), 0);
	assert_string_equal(charhub_backend_id(foreign.backend), "a");
	open_console("chardevs.0=a,replay=none");
	settle();
	print("abc");
	settle();
	assert_string_equal(foreign.out.bytes, "ab");
	foreign.max = SIZE_MAX;
	charhub_backend_room(foreign.backend);
	settle();
	assert_string_equal(foreign.out.bytes, "abc");
	assert_true(charhub_backend_wants(foreign.backend) > 0);
	assert_int_equal(charhub_backend_in(foreign.backend, "keys", 4), 4);
	settle();
	assert_string_equal(f.input.bytes, "keys");
	assert_ptr_equal(charhub_backend_context(foreign.backend), f.hub);
	charhub_backend_event(foreign.backend, &(struct charhub_event){ .type = CHARHUB_BREAK });
	charhub_backend_event(foreign.backend,
		&(struct charhub_event){ .type = CHARHUB_RESIZE, .cols = 100, .rows = 30 });
	settle();
	assert_string_equal(f.input.bytes, "keys<100x30><break>");
	assert_int_equal(charhub_console_resize(f.console, 90, 20, NULL), 0);
	settle();
	assert_string_equal(foreign.told, "<90x20>");
	charhub_free(f.hub);
	f.hub = NULL;
	assert_int_equal(foreign.closed, 1);
}

/* A line that lies across the edge of the window is offered in two parts. */
static void an_error_behind_a_part_is_heard_of(void **state)
{
	const struct charhub_class *const classes[] = { &foreign_class, NULL };
	const struct charhub_config config = { .size = sizeof(config), .classes = classes };
	char line[LINE_LEN + 1];

	(void)state;
	memset(line, '.', LINE_LEN);
	line[LINE_LEN] = '\0';
	charhub_free(f.hub);
	memset(&foreign, 0, sizeof(foreign));
	foreign.max = SIZE_MAX;
	foreign.fails_at_edge = true;
	assert_int_equal(charhub_new(&config, &f.hub, NULL), 0);
	assert_int_equal(charhub_add(f.hub, "chardev", "mine,id=a", NULL), 0);
	open_console("chardevs.0=a,replay=none,terminal=off,window=64K");
	settle();
	for (int i = 0; i < 2000 && !foreign.errors; i++) {
		print(line);
		settle();
	}
	assert_int_equal(foreign.errors, 2);
	charhub_free(f.hub);
	f.hub = NULL;
}

/* ---- watches and timers ---- */

static struct {
	struct charhub_watch *watch;
	struct charhub_timer *timer;
	unsigned events, times;
} own;

static void on_ready(void *data, unsigned events)
{
	assert_ptr_equal(data, &own);
	own.events = events;
	charhub_watch_free(own.watch);
	own.watch = NULL;
}

static void on_time(void *data)
{
	assert_ptr_equal(data, &own);
	own.times++;
}

static void descriptors_and_time_are_waited_for_in_the_contexts_loop(void **state)
{
	struct charhub_watch *second;
	FILE *file = tmpfile();
	int ends[2];

	(void)state;
	memset(&own, 0, sizeof(own));
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(charhub_watch_new(f.hub, fileno(file), on_ready, &own, &second), -EPERM);
	assert_int_equal(charhub_watch_new(f.hub, ends[0], on_ready, &own, &own.watch), 0);
	assert_int_equal(charhub_watch_new(f.hub, ends[0], on_ready, &own, &second), -EEXIST);
	assert_int_equal(write(ends[1], "x", 1), 1);
	settle();
	assert_int_equal(own.events, 0); /* nothing is of interest yet */
	charhub_watch_set(own.watch, CHARHUB_READ);
	settle();
	assert_int_equal(own.events, CHARHUB_READ);
	assert_null(own.watch);
	assert_int_equal(charhub_timer_new(f.hub, on_time, &own, &own.timer), 0);
	charhub_timer_start(own.timer, 100000);
	assert_in_range(charhub_timeout_ms(f.hub), 0, 100000);
	charhub_timer_start(own.timer, 1); /* anew */
	AWAIT(own.times);
	charhub_timer_start(own.timer, 0);
	charhub_timer_stop(own.timer);
	settle();
	assert_int_equal(own.times, 1);
	charhub_timer_free(own.timer);
	fclose(file);
	close(ends[0]);
	close(ends[1]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_class_of_ones_own_is_a_chardev_like_others),
		CASE(an_error_behind_a_part_is_heard_of),
		CASE(descriptors_and_time_are_waited_for_in_the_contexts_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
