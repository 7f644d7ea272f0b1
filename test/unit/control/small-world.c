/* SPDX-License-Identifier: MIT */
#include "small-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world *small_world_new(const struct chardev_class *const *classes, const char *name)
{
	const struct world_config config = {
		.loop = loop_new(),
		.name = name,
		.chardev_classes = classes,
		.frontend_classes = (const struct frontend_class *const[]){ NULL },
		.object_classes = (const struct object_class *const[]){ NULL },
	};
	struct world *world;

	loop_fake_clock(config.loop);
	assert_int_equal(world_new(&config, &world, NULL), 0);
	return world;
}

void small_world_free(struct world *world)
{
	struct loop *loop = world_loop(world);

	world_free(world);
	loop_free(loop);
}
