/* SPDX-License-Identifier: MIT */
#include "vc-fixture.h"

#include "vc/vc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct env *vc_env_new(struct display **ret_display)
{
	static const struct chardev_class *const classes[] = { &vc_class, NULL };
	struct env *env = env_new(classes);

	*ret_display = display_new(env->loop, "test", NULL);
	assert_non_null(*ret_display);
	chardev_set_show(env->set, *ret_display);
	return env;
}

void vc_env_free(struct env *env, struct display *display)
{
	env_free(env);
	display_free(display);
}

struct display_view *vc_look(
	struct display *display, const struct display_view_callbacks *callbacks, void *data)
{
	const struct display_view_config config = { .name = "viewer" };
	struct display_view *view = NULL;

	assert_int_equal(display_view_new(display, &config, callbacks, data, &view), 0);
	return view;
}
