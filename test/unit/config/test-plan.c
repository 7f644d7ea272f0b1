/* SPDX-License-Identifier: MIT */
/*
 * Random pairs of configurations: what becomes of the first one by way of a plan is what the second
 * one makes from nothing, and what both have in common is not touched.
 */
#include "config/plan.h"

#include "base/log.h"
#include "base/strbuf.h"
#include "chardev/chardev-impl.h"
#include "config/things.h"
#include "control/monitors.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "hub/hub.h"
#include "lib/classes.h"
#include "lib/files.h"
#include "object/object.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/cmdline.h"
#include "prog/setup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { ROUNDS = 150, CONSOLES = 5, TEXT_MAX = 1 << 14 };

static char folder[] = "/tmp/test-plan-XXXXXX";

/* ---- a world ---- */

struct scene {
	struct loop *loop;
	struct fdsets fdsets;
	struct activation activation;
	struct world *world;
	struct monitors *monitors;
};

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
	assert_int_equal(world_new(&config, &scene->world, NULL), 0);
	scene->monitors = monitors_new(scene->world);
	assert_non_null(scene->monitors);
}

static void scene_done(struct scene *scene)
{
	monitors_free(scene->monitors);
	world_free(scene->world);
	loop_free(scene->loop);
}

static void read_file(struct setup *setup, const char *text)
{
	static char program[] = "charhubd", option[] = "-config", path[] = "x.conf";
	char *argv[] = { program, option, path, NULL };
	struct error *err = NULL;

	put_file("x.conf", text);
	*setup = (struct setup){ 0 };
	if (cmdline_parse(3, argv, setup, &err) < 0)
		fail_msg("%s%s\n%s", log_place(), error_message(err), text);
}

static void on_step(void *data, enum reload_action action, enum thing_kind kind, const char *name,
	const struct error *err)
{
	unsigned *counts = data;

	(void)kind;
	if (err)
		fail_msg("%s: %s", name, error_message(err));
	counts[action]++;
}

/* Get there from wherever the world is. Return: what has been done, by action. */
static void become(struct scene *scene, const char *text, unsigned counts[5])
{
	struct reload_listener listener = { .on_step = on_step, .data = counts };
	struct error *err = NULL;
	struct setup setup;
	struct plan plan;
	int r;

	memset(counts, 0, 5 * sizeof(*counts));
	read_file(&setup, text);
	assert_int_equal(config_plan_init(&plan, scene->world, &setup.wanted, NULL), 0);
	while ((r = config_plan_check_step(&plan, &err)) == PLAN_MORE)
		continue;
	if (r < 0)
		fail_msg("%s%s", log_place(), error_message(err));
	while (config_plan_apply_step(&plan, &listener) == PLAN_MORE)
		continue;
	config_plan_done(&plan);
	setup_done(&setup);
	loop_step(scene->loop, false);
}

/* ---- what there is, in words ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_members(struct strbuf *line, const struct chardev *hub)
{
	struct hub_member_info info;
	char *ids[32];
	size_t n = 0;

	for (; hub_member_info(hub, n, &info) == 0; n++)
		assert_true(
			asprintf(&ids[n], " %s/%d/%d/%s/%s", info.id, info.options.access,
				info.options.stall,
				info.options.view_authz ? info.options.view_authz->id : "-",
				info.options.type_authz ? info.options.type_authz->id : "-") > 0);
	qsort(ids, n, sizeof(ids[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		strbuf_puts(line, ids[i]);
		free(ids[i]);
	}
}

/* Sorted, since order is not what matters. */
static char *describe(const struct scene *scene)
{
	AUTO_STRBUF struct strbuf all = { 0 };
	struct thing *thing = NULL;
	struct chardev *chardev = NULL;
	struct frontend *frontend = NULL;
	struct object *object = NULL;
	char *lines[512];
	size_t n = 0;

	while ((thing = inventory_next(world_inventory(scene->world), thing)))
		if (thing->is_asked)
			assert_true(asprintf(&lines[n++], "thing %d %s", thing->kind,
					    thing_asked(thing)) > 0);
	while ((chardev = chardev_set_next(world_chardevs(scene->world), chardev))) {
		struct strbuf line = { 0 };

		strbuf_printf(&line, "chardev %s %s %d", chardev_id(chardev),
			chardev_class_name(chardev), chardev_is_held(chardev));
		if (chardev_is_hub(chardev))
			put_members(&line, chardev);
		lines[n++] = strbuf_take(&line);
	}
	while ((frontend = frontend_set_next(world_frontends(scene->world), frontend)))
		assert_true(asprintf(&lines[n++], "device %s %s", frontend->class->name,
				    frontend->id) > 0);
	while ((object = object_set_next(world_objects(scene->world), object)))
		assert_true(asprintf(&lines[n++], "object %s", object->id) > 0);
	qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(&all, "%s\n", lines[i]);
		free(lines[i]);
	}
	strbuf_puts(&all, "");
	return strbuf_take(&all);
}

/* ---- random configurations ---- */

static unsigned seed;

static unsigned pick(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static const char *one_of(const char *const *words, unsigned n)
{
	return words[pick(n)];
}

#define ONE_OF(...)                                  \
	one_of((const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void put_console(struct strbuf *text, unsigned i, bool has_rule)
{
	strbuf_printf(text, "[console \"c%u\"]\n", i);
	strbuf_printf(text, "guest = \"%s\"\n", ONE_OF("pty:", "exec:cat", "unix:none", "virtio"));
	strbuf_puts(text, ONE_OF("", "listen = \"off\"\n", "listen.clients = \"3\"\n"));
	strbuf_puts(text, ONE_OF("", "log = \"on\"\n", "log = \"%n.other\"\n"));
	strbuf_puts(text, ONE_OF("", "vnc = \"on\"\n"));
	strbuf_puts(
		text, ONE_OF("", "typing = \"one\"\n", "grace-ms = \"7\"\n", "window = \"64k\"\n"));
	strbuf_puts(text, ONE_OF("", "template = \"t\"\n"));
	if (has_rule)
		strbuf_puts(text, ONE_OF("", "type-authz = \"rule\"\n", "view-authz = \"rule\"\n"));
}

static void put_plain(struct strbuf *text)
{
	if (pick(2))
		strbuf_puts(text, "[chardev \"n\"]\nbackend = \"null\"\n"
				  "[chardev \"r\"]\nbackend = \"ringbuf\"\n");
	else
		strbuf_puts(text, "[chardev \"r\"]\nbackend = \"ringbuf\"\nsize = \"4k\"\n"
				  "[chardev \"n\"]\nbackend = \"ringbuf\"\n");
	strbuf_puts(text, "[chardev \"h\"]\nbackend = \"hub\"\n");
	strbuf_puts(text, ONE_OF("chardevs.0 = \"n\"\n", "chardevs.0 = \"n\"\nchardevs.1 = \"r\"\n",
				  "members.0.chardev = \"r\"\nmembers.0.access = \"view\"\n"));
	strbuf_puts(text, ONE_OF("", "[chardev \"g\"]\nbackend = \"null\"\n[device]\n"
				     "driver = \"console\"\nguest = \"g\"\nchardev = \"h\"\n"));
	strbuf_puts(text, ONE_OF("", "[listen]\nlisten = \"unix:l.sock\"\n",
				  "[listen]\nlisten = \"unix:m.sock\"\nconsoles = \"c*\"\n"));
	strbuf_puts(text, ONE_OF("", "[control]\npath = \"ctl\"\n",
				  "[control]\npath = \"ctl\"\nclients = \"3\"\n"));
	strbuf_puts(text, ONE_OF("", "[vnc]\nvnc = \"unix:v.sock\"\n",
				  "[vnc]\nvnc = \"unix:v.sock\"\nlossy = \"on\"\n"));
}

static void random_text(char *ret_text)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	bool has_rule = pick(2);

	strbuf_printf(&text, "[template \"t\"]\ngrace-every = \"%u\"\n", 5 + pick(2));
	if (has_rule)
		strbuf_printf(&text,
			"[object \"rule\"]\nqom-type = \"authz-simple\"\n"
			"identity = \"user:%s\"\n",
			ONE_OF("joe", "sue"));
	put_plain(&text);
	for (unsigned i = 0; i < CONSOLES; i++)
		if (pick(3))
			put_console(&text, i, has_rule);
	assert_true(!text.failed && text.len < TEXT_MAX);
	strcpy(ret_text, text.data);
}

/* ---- the property ---- */

static void check_round(void)
{
	static char before[TEXT_MAX], after[TEXT_MAX];
	struct scene scene, fresh;
	unsigned counts[5];
	char *is, *should;

	random_text(before);
	random_text(after);
	scene_init(&scene);
	become(&scene, before, counts);
	become(&scene, after, counts);
	is = describe(&scene);
	become(&scene, after, counts);
	for (int action = 0; action < 5; action++)
		assert_int_equal(counts[action], 0);
	scene_done(&scene);
	scene_init(&fresh);
	become(&fresh, after, counts);
	should = describe(&fresh);
	scene_done(&fresh);
	if (strcmp(is, should))
		fail_msg("from:\n%s\nto:\n%s\nis:\n%s\nshould be:\n%s", before, after, is, should);
	free(is);
	free(should);
}

static void any_configuration_becomes_any_other(void **state)
{
	(void)state;
	for (seed = 1; seed < ROUNDS; seed++) {
		unsigned round = seed;

		check_round();
		seed = round;
	}
}

static struct chardev *find(const struct scene *scene, const char *id)
{
	return chardev_set_find(world_chardevs(scene->world), id);
}

static void what_both_have_in_common_is_the_same_object(void **state)
{
	static const char keep[] = "[console \"k\"]\nguest = \"pty:\"\ntyping = \"one\"\n";
	static char text[2 * TEXT_MAX];
	struct chardev *hub, *guest;
	unsigned counts[5];
	uint64_t instance;
	struct scene scene;

	(void)state;
	scene_init(&scene);
	become(&scene, keep, counts);
	hub = find(&scene, "k");
	guest = find(&scene, "k.guest");
	instance = hub_instance(hub);
	for (seed = 1; seed < 40; seed++) {
		unsigned round = seed;

		random_text(text);
		strcat(text, keep);
		become(&scene, text, counts);
		assert_ptr_equal(find(&scene, "k"), hub);
		assert_ptr_equal(find(&scene, "k.guest"), guest);
		assert_int_equal(hub_instance(hub), instance);
		seed = round;
	}
	scene_done(&scene);
}

static void what_can_be_changed_is_changed(void **state)
{
	struct chardev *hub;
	unsigned counts[5];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	become(&scene, "[console \"k\"]\nguest = \"pty:\"\n", counts);
	hub = find(&scene, "k");
	become(&scene,
		"[console \"k\"]\nguest = \"pty:\"\nvnc = \"on\"\nlog = \"on\"\n"
		"typing = \"one\"\ngrace-ms = \"5\"\n",
		counts);
	assert_ptr_equal(find(&scene, "k"), hub);
	assert_int_equal(counts[RELOAD_ADD], 1);
	assert_int_equal(counts[RELOAD_CHANGE], 1);
	assert_int_equal(hub_member_count(hub), 2);
	assert_int_equal(counts[RELOAD_MAKE_ANEW], 0);
	become(&scene, "[console \"k\"]\nguest = \"pty:\"\nlisten.clients = \"9\"\n", counts);
	assert_ptr_equal(find(&scene, "k"), hub);
	assert_int_equal(counts[RELOAD_MAKE_ANEW], 1);
	assert_int_equal(hub_member_count(hub), 1);
	become(&scene, "[console \"k\"]\nguest = \"pty:\"\nwindow = \"64k\"\n", counts);
	assert_int_equal(counts[RELOAD_MAKE_ANEW], 3); /* the listener, the hub, the device */
	scene_done(&scene);
}

static void what_somebody_else_made_stays(void **state)
{
	struct opts *opts = NULL;
	unsigned counts[5];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	assert_int_equal(opts_parse("null,id=own", "backend", &opts, NULL), 0);
	assert_int_equal(world_add_chardev(scene.world, opts, NULL, NULL), 0);
	opts_free(opts);
	become(&scene, "[chardev \"a\"]\nbackend = \"hub\"\nchardevs.0 = \"own\"\n", counts);
	assert_non_null(find(&scene, "a"));
	become(&scene, "", counts);
	assert_null(find(&scene, "a"));
	assert_non_null(find(&scene, "own"));
	scene_done(&scene);
}

static int enter(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_changed_is_changed),
		cmocka_unit_test(what_somebody_else_made_stays),
		cmocka_unit_test(what_both_have_in_common_is_the_same_object),
		cmocka_unit_test(any_configuration_becomes_any_other),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
