/* SPDX-License-Identifier: MIT */
#include "control/guests.h"

#include "chardev/chardev.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "opts/opts.h"
#include "qmp-rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add_chardev(struct qmp_rig *rig, const char *text)
{
	struct error *err = NULL;
	int r = chardev_set_add_text(world_chardevs(rig->world), text, NULL, &err);

	if (r < 0)
		fail_msg("%s: %s", text, error_message(err));
}

static void add_device(struct qmp_rig *rig, const char *text)
{
	AUTO_OPTS struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "driver", &opts, NULL), 0);
	assert_int_equal(world_add_device(rig->world, opts, NULL, NULL), 0);
}

/* @id: of the frontend; NULL: there is none */
static void expect(
	struct qmp_rig *rig, const struct guests *guests, const char *hub, const char *id)
{
	const struct frontend *found =
		guests_find(guests, chardev_set_find(world_chardevs(rig->world), hub));

	if (id)
		assert_string_equal(found->id, id);
	else
		assert_null(found);
}

static void a_hub_is_of_the_guest_whose_console_it_is_or_is_held_by(void **state)
{
	struct qmp_rig *rig = qmp_rig_new();
	struct guests guests = { 0 };

	(void)state;
	add_chardev(rig, "null,id=g1");
	add_chardev(rig, "null,id=g2");
	add_chardev(rig, "null,id=a");
	add_chardev(rig, "null,id=b");
	add_chardev(rig, "null,id=c");
	add_chardev(rig, "hub,id=inner,chardevs.0=a");
	add_chardev(rig, "hub,id=outer,chardevs.0=inner");
	add_chardev(rig, "hub,id=lone,chardevs.0=b");
	add_chardev(rig, "hub,id=below,chardevs.0=c");
	add_chardev(rig, "mux,id=shared,chardev=below");
	add_device(rig, "console,id=d1,guest=g1,chardev=outer");
	add_device(rig, "console,id=d2,guest=g2,chardev=shared");
	assert_int_equal(guests_look(rig->world, &guests), 0);
	expect(rig, &guests, "outer", "d1");
	expect(rig, &guests, "inner", "d1");
	expect(rig, &guests, "below", "d2");
	expect(rig, &guests, "lone", NULL);
	guests_done(&guests);
	qmp_rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hub_is_of_the_guest_whose_console_it_is_or_is_held_by),
	};

	return cmocka_run_group_tests_name("control/guests", tests, NULL, NULL);
}
