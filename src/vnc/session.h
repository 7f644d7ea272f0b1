/* SPDX-License-Identifier: MIT */
#ifndef VNC_SESSION_H
#define VNC_SESSION_H

#include "vnc/keyboard.h"
#include "vnc/update.h"
#include "vnc/visas.h"

#define FENCE_DATA_MAX 64u

/** struct fence - a Fence message of the viewer that is answered after its next message */
struct fence {
	bool armed;
	uint32_t flags;
	uint8_t len;
	uint8_t data[FENCE_DATA_MAX];
};

/** struct cell_size */
struct cell_size {
	unsigned cols, rows;
};

/**
 * struct size_wish - the size that a viewer wants
 * @width, @height: in pixels
 * @waits:   for the decision about @wanted, which was asked for when it was @before; one that comes
 *           meanwhile waits, too
 * @done_ms: when the last such wish was seen to
 */
struct size_wish {
	bool exists, waits;
	unsigned width, height;
	struct cell_size wanted, before;
	uint64_t done_ms;
};

/**
 * struct session - what there is of a viewer that has logged in
 *
 * Callbacks of its view take a note and post the work.
 */
struct session {
	struct peer *peer;
	struct updates updates;
	struct keyboard keyboard;
	struct clipboard clipboard;
	struct fence fence;
	struct size_wish size_wish;
	struct visas visas;
};

/** session_start() - make the view and send ServerInit. Return: 0; -ENOMEM */
int session_start(struct session *session, struct peer *peer);

/** session_go_on() - make the view; ServerInit was sent by another program. Return: 0; -ENOMEM */
int session_go_on(struct session *session, struct peer *peer);

/** session_return() - the same view as another program had; follows session_go_on() */
void session_return(struct session *session, const struct display_view_state *left);

/** session_resize() - SetDesktopSize: remember what is wanted, see to it in a moment */
void session_resize(struct session *session, unsigned width, unsigned height);

/** session_pointer() - the mouse, in pixels of the framebuffer */
void session_pointer(struct session *session, unsigned buttons, unsigned x, unsigned y);

/** session_run() - what was put off until the dispatch is over, but pictures. 0; -ENOMEM */
int session_run(struct session *session);

/** session_done() - also where it was not started */
void session_done(struct session *session);

#endif
