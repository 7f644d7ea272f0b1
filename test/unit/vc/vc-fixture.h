/* SPDX-License-Identifier: MIT */
#ifndef VC_FIXTURE_H
#define VC_FIXTURE_H

#include "display/display.h"
#include "lib/env.h"

/** vc_env_new() - where vcs can be made: they find the display; asserts that all is there */
struct env *vc_env_new(struct display **ret_display);

/** vc_env_free() - viewers have gone before */
void vc_env_free(struct env *env, struct display *display);

/** vc_look() - somebody called "viewer" comes; asserts that he may */
struct display_view *vc_look(
	struct display *display, const struct display_view_callbacks *callbacks, void *data);

#endif
