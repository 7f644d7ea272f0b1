/* SPDX-License-Identifier: MIT */
#ifndef VNC_VIEWER_HANDOVER_H
#define VNC_VIEWER_HANDOVER_H

#include "snapshot/reader.h"
#include "snapshot/writer.h"
#include "vnc/state.h"
#include "vnc/viewer.h"

/** viewer_obstacle() - why it cannot go on in another program now: "its login"; NULL: it can */
const char *viewer_obstacle(const struct vnc_viewer *viewer);

/**
 * viewer_save() - put a group: VNC_TAG_VIEWER
 * @alone: it is the one that wants to be
 */
void viewer_save(const struct vnc_viewer *viewer, bool alone, struct snapshot_writer *writer);

/**
 * viewer_load() - go on with one that was saved; the caller has it in no list yet
 *
 * Its socket is a copy of the state's.
 *
 * Return: 0; -EBADMSG, -ENOMEM and the like.
 */
int viewer_load(struct vnc_host *host, const struct vnc_viewer_state *state,
	struct vnc_viewer **ret_viewer);

#endif
