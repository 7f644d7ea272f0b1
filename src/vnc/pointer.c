/* SPDX-License-Identifier: MIT */
/* The mouse, in pixels of the framebuffer, which are larger than the view's. */
#include "vnc/viewer.h"

#include "vnc/server.h"

void pointer_in(struct vnc_viewer *viewer, unsigned buttons, unsigned x, unsigned y)
{
	unsigned scale = viewer->server->config.scale;

	display_view_pointer(viewer->view, x / scale, y / scale, buttons,
		loop_now_ms(viewer->server->context.loop));
	viewer_post(viewer);
}
