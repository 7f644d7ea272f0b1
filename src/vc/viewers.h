/* SPDX-License-Identifier: MIT */
#ifndef VC_VIEWERS_H
#define VC_VIEWERS_H

#include "base/list.h"
#include "chardev/chardev-impl.h"
#include "display/display.h"

/**
 * struct vc_viewers - those who look at a vc, as clients of it
 * @server:  the vc
 * @console: of the display, where they look
 * @list:    struct vc_viewer
 * @look:    who is there is to be looked at
 */
struct vc_viewers {
	struct chardev *server;
	struct display_console *console;
	struct list list;
	struct task look;
};

/** vc_viewers_init() - nobody yet */
void vc_viewers_init(
	struct vc_viewers *viewers, struct chardev *server, struct display_console *console);

/** vc_viewers_done() - the vc goes; its console is gone already */
void vc_viewers_done(struct vc_viewers *viewers);

/** vc_viewers_look() - somebody may have come or gone, or may more than before, or less */
void vc_viewers_look(struct vc_viewers *viewers);

/** vc_viewers_are_clients() - does the vc's holder know what to do with them: is it a hub */
bool vc_viewers_are_clients(const struct vc_viewers *viewers);

/** vc_viewers_type() - as the client that has @view. Return: 0; -ENOBUFS; -ENOMEM */
int vc_viewers_type(
	struct vc_viewers *viewers, const struct display_view *view, const char *bytes, size_t len);

/**
 * vc_viewers_resize() - the same of the size of his window
 *
 * Return: -EINPROGRESS: display_view_size_decided() will be said; -ENOMEM.
 */
int vc_viewers_resize(
	struct vc_viewers *viewers, const struct display_view *view, unsigned cols, unsigned rows);

/**
 * struct vc_viewer_state - what is left of one to another program
 * @number: of his view
 * @input:  what the guest has not taken
 */
struct vc_viewer_state {
	unsigned number;
	const char *identity, *address;
	uint64_t in_bytes;
	struct snapshot_bytes input;
};

extern const struct snapshot_field vc_viewer_fields[];

/** vc_viewers_save() - put a group with the tag @tag of each */
void vc_viewers_save(
	const struct vc_viewers *viewers, uint16_t tag, struct snapshot_writer *writer);

/**
 * vc_viewers_load() - they wait for the hub, which had them
 * @left: groups of vc_viewer_fields
 *
 * Whose view does not come back before the first dispatch has gone.
 *
 * Return: 0; -ENOMEM.
 */
int vc_viewers_load(struct vc_viewers *viewers, struct snapshot_groups left);

#endif
