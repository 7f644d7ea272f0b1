/* SPDX-License-Identifier: MIT */
#include "config/reload.h"

#include "control/world.h"
#include "frontend/frontend.h"
#include "io/loop.h"
#include "lib/classes.h"
#include "prog/classes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { STEPS = 3, PIECES = 5 };

/**
 * struct reader - a source that says what it was asked, a letter a call: b, s, e; E: end(used)
 * @left:   steps until all is read; @fails: the last one does
 * @pieces: calls of end() until all is cleared away
 */
struct reader {
	char calls[64];
	unsigned left, pieces;
	bool fails;
	struct wanted wanted;
};

static void note(struct reader *reader, char c)
{
	size_t len = strlen(reader->calls);

	assert_true(len + 1 < sizeof(reader->calls));
	reader->calls[len] = c;
}

static int begin(void *data, const char *group, struct error **err)
{
	struct reader *reader = data;

	(void)group, (void)err;
	note(reader, 'b');
	reader->left = STEPS;
	reader->pieces = PIECES;
	return 0;
}

static int step(void *data, struct error **err)
{
	struct reader *reader = data;

	note(reader, 's');
	if (--reader->left)
		return 1;
	return reader->fails ? error_set(err, EINVAL, "it is wrong") : 0;
}

static struct wanted *wanted(void *data)
{
	return &((struct reader *)data)->wanted;
}

static int end(void *data, bool used)
{
	struct reader *reader = data;

	note(reader, used ? 'E' : 'e');
	return --reader->pieces ? 1 : 0;
}

static const struct config_source source = { begin, step, wanted, end };

struct scene {
	struct loop *loop;
	struct fdsets fdsets;
	struct activation activation;
	struct world *world;
	struct reader reader;
	struct config_reload *reload;
	struct reload_listener listener;
	unsigned ended;
	bool failed;
};

static void on_end(void *data, struct error *err)
{
	struct scene *scene = data;

	scene->ended++;
	scene->failed = err;
	error_free(err);
}

static void scene_init(struct scene *scene)
{
	struct world_config config = {
		.fdsets = &scene->fdsets,
		.activation = &scene->activation,
		.chardev_classes = charhub_classes,
		.frontend_classes = frontend_classes,
		.object_classes = charhub_objects,
	};

	*scene = (struct scene){ .loop = loop_new() };
	config.loop = scene->loop;
	scene->listener = (struct reload_listener){ .on_end = on_end, .data = scene };
	assert_int_equal(world_new(&config, &scene->world, NULL), 0);
	assert_int_equal(config_reload_new(scene->loop, scene->world, &source, &scene->reader,
				 &scene->reload),
		0);
}

static void scene_done(struct scene *scene)
{
	config_reload_free(scene->reload);
	world_free(scene->world);
	loop_free(scene->loop);
}

static void start(struct scene *scene, bool dry_run)
{
	assert_int_equal(reload_start(scene->world, dry_run, &scene->listener, NULL), 0);
}

static void run(struct scene *scene)
{
	while (!scene->ended)
		loop_step(scene->loop, true);
}

static void who_waits_is_told_once_all_is_cleared_away(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	start(&scene, false);
	run(&scene);
	assert_string_equal(scene.reader.calls, "bsssEEEEE");
	assert_false(scene.failed);
	scene.ended = 0;
	start(&scene, true);
	run(&scene);
	assert_string_equal(scene.reader.calls, "bsssEEEEEbssseeeee");
	scene_done(&scene);
}

static void what_is_wrong_is_forgotten(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.reader.fails = true;
	start(&scene, false);
	run(&scene);
	assert_true(scene.failed);
	assert_string_equal(scene.reader.calls, "bssseeeee");
	scene_done(&scene);
}

static void the_end_of_the_program_clears_all_away(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	start(&scene, false);
	reload_forget(scene.world, &scene.listener);
	config_reload_free(scene.reload);
	assert_string_equal(scene.reader.calls, "beeeee");
	assert_int_equal(scene.ended, 0);
	world_free(scene.world);
	loop_free(scene.loop);
}

static void one_at_a_time(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	start(&scene, false);
	assert_int_equal(reload_start(scene.world, false, &scene.listener, NULL), -EBUSY);
	config_reload_start(scene.reload);
	run(&scene);
	while (scene.reader.pieces || strlen(scene.reader.calls) < strlen("bsssEEEEEbsssEEEEE"))
		loop_step(scene.loop, true);
	assert_string_equal(scene.reader.calls, "bsssEEEEEbsssEEEEE");
	assert_int_equal(scene.ended, 1);
	scene_done(&scene);
}

static void nothing(void *data)
{
	(void)data;
}

/* As the event CONFIG_RELOADED; its error, or "". */
static void expect_event(struct loop *loop, struct event_listener *listener, const char *error)
{
	const struct event *event;
	const char *is;
	uint64_t lost;

	while (!(event = event_take(listener, &lost)))
		loop_step(loop, true);
	assert_string_equal(event->desc->name, "CONFIG_RELOADED");
	is = json_string_value(json_object_get(event->data, "error"));
	assert_string_equal(is ? is : "", error);
}

static void whoever_listens_is_told(void **state)
{
	struct scene scene;
	struct event_listener *listener;

	(void)state;
	scene_init(&scene);
	listener = event_listen(world_events(scene.world), nothing, NULL);
	for (int i = 0; i < 2; i++) {
		scene.reader.fails = i;
		config_reload_start(scene.reload);
		expect_event(scene.loop, listener, i ? "it is wrong" : "");
	}
	event_unlisten(listener);
	scene_done(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_told_once_all_is_cleared_away),
		cmocka_unit_test(what_is_wrong_is_forgotten),
		cmocka_unit_test(the_end_of_the_program_clears_all_away),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(whoever_listens_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
