/* SPDX-License-Identifier: MIT */
/*
 * The birth and the death of a chardev, and what anybody may ask it. Its memory outlives
 * chardev_free() until the dispatch is over, since it may be freed inside its own callback.
 *
 * Where somebody holds a chardev that is freed, the holder is told first: as if the peer had hung
 * up, then that the chardev itself goes (on_removed()). In either call it may let go of the chardev
 * or free it; where it does neither, it is detached. The functions of a link do nothing once it is
 * detached, so that no order of freeing is wrong.
 */
/* syscalls: close */
#include "chardev/birth.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "chardev/inheritance.h"
#include "chardev/log.h"
#include "chardev/rotate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- birth ---- */

static void leave_list(struct chardev_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = node;
}

struct chardev *chardev_new(
	struct chardev_shared *shared, const struct chardev_class *class, const char *id)
{
	struct chardev *chardev = calloc(1, class->size);

	if (!chardev)
		return NULL;
	chardev->id = strdup(id);
	if (!chardev->id) {
		free(chardev);
		return NULL;
	}
	chardev->class = class;
	chardev->shared = shared;
	chardev->set = shared->set;
	chardev->loop = shared->loop;
	chardev->node.prev = chardev->node.next = &chardev->node;
	return chardev;
}

/* ---- death ---- */

static void reap(void *data)
{
	struct chardev *chardev = data;

	free(chardev->id);
	free(chardev);
}

static void reap_later(struct chardev *chardev)
{
	if (chardev->shared->inheritance)
		chardev_inheritance_forget(chardev->shared->inheritance, chardev);
	chardev->closing = true;
	chardev_log_unref(TAKE_PTR(chardev->log), chardev);
	task_post(chardev->loop, &chardev->reap, reap, chardev);
}

static void tell_holder(struct chardev *chardev)
{
	struct chardev_link *link;

	if (chardev->ending)
		return; /* the holder frees it in answer */
	chardev->ending = true;
	if (chardev->link && chardev->open)
		chardev_hang_up(chardev);
	link = chardev->link;
	if (link && link->ops->on_removed)
		link->ops->on_removed(link->holder);
}

void chardev_free(struct chardev *chardev)
{
	if (!chardev || chardev->closing)
		return;
	tell_holder(chardev);
	if (chardev->closing)
		return;
	log_debug("chardev '%s': goes", chardev->id);
	leave_list(&chardev->node);
	names_remove(&chardev->name);
	task_cancel(&chardev->resume);
	task_cancel(&chardev->room);
	chardev->closing = true;
	if (chardev->link)
		chardev_link_detach(chardev->link);
	chardev->class->close(chardev);
	reap_later(chardev);
}

/* What is the class's own is as before its first byte. */
static void clear(struct chardev *chardev)
{
	memset((char *)chardev + sizeof(*chardev), 0, chardev->class->size - sizeof(*chardev));
}

/* Of what another program has left, or by its options. */
static int begin(struct chardev *chardev, const struct opts *opts,
	const struct chardev_state *state, struct error **err)
{
	struct error *why = NULL;
	int r = state ? chardev_load(chardev, opts, state, &why) : -ENOENT;

	if (r == 0)
		return 0;
	if (r != -ENOENT) {
		log_warning("chardev '%s' cannot go on and is made anew: %s", chardev->id,
			why ? error_message(why) : strerror(-r));
		error_free(why);
		clear(chardev);
	}
	return chardev->class->open(chardev, opts, err);
}

static int check_rotation(
	const struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct rotation_rules rules;
	int r = chardev_read_rotation(opts, &rules, err);

	if (r == 0 && rotation_is_on(&rules) && !chardev->log && !chardev->class->rotates)
		r = error_set(err, EINVAL, "Parameter '%s' needs 'logfile'",
			rules.size ? "rotate-size" : "rotate-age");
	return r;
}

int chardev_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct chardev_state state;
	bool is_left = chardev_find_state(chardev, &state);
	int r = chardev_log_open(
		chardev, opts, is_left ? &state.log : NULL, false, &chardev->log, err);

	if (r == 0)
		r = check_rotation(chardev, opts, err);
	if (r == 0)
		r = begin(chardev, opts, is_left ? &state : NULL, err);
	if (r < 0)
		reap_later(chardev);
	else
		log_debug("chardev '%s': is a %s", chardev->id, chardev->class->name);
	return r;
}

/* ---- what anybody may ask ---- */

const char *chardev_id(const struct chardev *chardev)
{
	return chardev->id;
}

char *chardev_log_path(const struct chardev *chardev)
{
	const char *name = chardev_log_name(chardev->log);
	AUTO_FREE char *folder = NULL;
	char *path = NULL;

	if (!name || *name == '/')
		return name ? strdup(name) : NULL;
	folder = getcwd(NULL, 0);
	return folder && asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

const char *chardev_class_name(const struct chardev *chardev)
{
	return chardev->class->name;
}

bool chardev_is_open(const struct chardev *chardev)
{
	return chardev->open;
}

bool chardev_is_sink(const struct chardev *chardev)
{
	return chardev->class->is_sink;
}

bool chardev_takes_nothing(const struct chardev *chardev)
{
	return chardev->class->takes_nothing;
}

bool chardev_keeps_lines(const struct chardev *chardev)
{
	return chardev->class->keeps_lines;
}

bool chardev_is_held(const struct chardev *chardev)
{
	return chardev->link || chardev->joined;
}

char *chardev_describe(const struct chardev *chardev)
{
	return chardev->class->describe ? chardev->class->describe(chardev)
					: strdup(chardev->class->name);
}

bool chardev_owes(const struct chardev *chardev)
{
	return chardev_log_owes(chardev->log) ||
	       (chardev->class->owes && chardev->class->owes(chardev));
}

void chardev_traffic(const struct chardev *chardev, uint64_t *ret_out, uint64_t *ret_in)
{
	*ret_out = chardev->out_bytes;
	*ret_in = chardev->in_bytes;
}

bool chardev_log_loss(const struct chardev *chardev, uint64_t *ret_bytes)
{
	if (chardev->log)
		*ret_bytes = chardev_log_left_out(chardev->log);
	return chardev->log;
}

bool chardev_lost_lines(const struct chardev *chardev, uint64_t *ret_lines)
{
	if (!chardev->class->lost_lines)
		return false;
	*ret_lines = chardev->class->lost_lines(chardev);
	return true;
}

const char *chardev_identity(const struct chardev *chardev)
{
	if (chardev->class->identity)
		return chardev->class->identity(chardev);
	return chardev->class->is_sink ? NULL : "anonymous";
}

bool chardev_peer(const struct chardev *chardev, struct chardev_peer *ret_peer)
{
	return chardev->class->peer && chardev->class->peer(chardev, ret_peer);
}

int chardev_may_type(const struct chardev *chardev)
{
	return chardev->class->may_type ? chardev->class->may_type(chardev) : -ENOTSUP;
}

const char *chardev_target(const struct chardev *chardev)
{
	return chardev->class->target ? chardev->class->target(chardev) : NULL;
}

int chardev_add_client(struct chardev *chardev, int fd)
{
	if (chardev->class->add_client)
		return chardev->class->add_client(chardev, fd);
	close(fd);
	return -ENOTSUP;
}

const char *chardev_nobody(const struct chardev *chardev)
{
	(void)chardev;
	return NULL;
}

struct object_set *chardev_objects(const struct chardev *chardev)
{
	return chardev->shared->objects;
}

struct display *chardev_display(const struct chardev *chardev)
{
	return chardev->shared->display;
}

unsigned char chardev_escape(const struct chardev *chardev)
{
	return chardev->shared->escape;
}

bool chardev_contains(const struct chardev *chardev, const struct chardev *wanted)
{
	const struct chardev *child;

	if (chardev == wanted)
		return true;
	for (size_t i = 0; chardev->class->child && (child = chardev->class->child(chardev, i));
		i++)
		if (chardev_contains(child, wanted))
			return true;
	return false;
}

/* ---- peers ---- */

struct chardev *chardev_new_peer(
	struct chardev *server, const struct chardev_class *class, const char *id)
{
	struct chardev *peer = chardev_new(server->shared, class, id);

	if (peer)
		peer->log = chardev_log_ref(server->log);
	return peer;
}

bool chardev_takes_peers(const struct chardev *chardev)
{
	return chardev->link && chardev->link->ops->on_peer;
}

int chardev_offer_peer(struct chardev *server, struct chardev *peer, struct error **err)
{
	if (!chardev_takes_peers(server))
		return error_set(
			err, EBUSY, "chardev '%s' has nobody that takes clients", server->id);
	return server->link->ops->on_peer(server->link->holder, peer, err);
}

int chardev_adopt(struct chardev *chardev, struct chardev *peer, struct error **err)
{
	if (!chardev->class->adopt)
		return error_set(
			err, ENOTSUP, "chardev '%s' is not shared: it is no hub", chardev->id);
	return chardev->class->adopt(chardev, peer, err);
}
