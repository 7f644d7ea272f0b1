/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_VHOST_USER_IMPL_H
#define VHOST_USER_VHOST_USER_IMPL_H

#include "transport/connector.h"
#include "vhost-user/channel.h"
#include "vhost-user/door.h"
#include "vhost-user/pace.h"
#include "vhost-user/vhost-user.h"
#include "virtio/shared-map.h"

/* What the files of this folder share; see vhost-user.c. */

/**
 * struct vring - the frontend's settings of one queue, and its notifications
 * @kick_set: SET_VRING_KICK came: the queue may run (with or without a descriptor)
 * @addr_set: SET_VRING_ADDR came
 * @enabled:  SET_VRING_ENABLE 1, or the frontend does not know of it
 */
struct vring {
	struct vhost_user *vu;
	unsigned index;
	int kick_fd, call_fd, err_fd; /* -1: none */
	struct watch *kick_watch;
	bool call_is_socket;
	bool kick_set, addr_set, enabled;
	struct virtqueue_setup setup;
};

/** struct connection - all that lasts as long as one frontend is connected */
struct connection {
	struct vu_channel channel;
	struct watch *watch;
	bool spoke;	   /* a message came: it is more than a look whether we are here */
	uint64_t features; /* those of SET_FEATURES, the protocol's own included */
	uint64_t protocol_features;
	uint8_t status;

	struct shared_map log_map, inflight_map;
	bool inflight_packed;
	unsigned inflight_queues, inflight_queue_size;

	int backend_fd; /* -1: none */
	struct watch *backend_watch;
	bool config_change_pending;
	uint64_t call_pending[VHOST_USER_QUEUES_MAX / 64];

	struct pace pace;
};

struct vhost_user {
	struct loop *loop;
	struct virtio_console *console;
	const struct vhost_user_ops *ops;
	void *user;
	char *id;
	struct address address;
	bool connects, inband;
	unsigned reconnect_ms;
	struct door *door;	     /* NULL: it connects */
	struct connector *connector; /* NULL: once, or not at all */

	struct guest_memory *memory;
	struct task process_task;
	uint64_t began_ns, worked_ns; /* when the device was let work; for how long in this round */
	uint64_t ended_ns;	      /* when it had done so */
	bool is_alone;		      /* others had little to do since then */
	struct short_timer *paced;    /* runs between looks at serial ports that are polled */
	bool connected;
	struct connection connection; /* meaningful while @connected */
	struct vring vrings[VHOST_USER_QUEUES_MAX];
	unsigned vring_count;

	unsigned depth; /* of our own callbacks */
	bool freed;
};

static inline bool vu_has_protocol_feature(
	const struct vhost_user *vu, enum vu_protocol_feature feature)
{
	return vu->connection.protocol_features >> feature & 1;
}

/* ---- vhost-user.c ---- */

/** vu_enter(), vu_leave() - around all that may call back; memory is freed at the end */
void vu_enter(struct vhost_user *vu);
void vu_leave(struct vhost_user *vu);

/** vu_open_connection() - serve the frontend at @fd, which is taken over. Return: 0; -errno */
int vu_open_connection(struct vhost_user *vu, int fd);

/** vu_watch_channel() - wait for the next message, or for room for a reply */
void vu_watch_channel(struct vhost_user *vu);

/** vu_close_connection() - forget the frontend; @err: why, logged and freed; NULL: it went */
void vu_close_connection(struct vhost_user *vu, struct error *err);

/** vu_process() - let the device work, and come back for the rest after others had their turn */
void vu_process(struct vhost_user *vu);

/** vu_kick() - @queue has work: at once if the device has time left in this round of the loop */
void vu_kick(struct vhost_user *vu, unsigned queue);

/* ---- requests.c ---- */

/**
 * vu_handle_request() - act on the message in the channel, and reply if it wants that
 *
 * Return: 0; -errno with @err: the connection must end.
 */
int vu_handle_request(struct vhost_user *vu, struct error **err);

/* ---- request-memory.c ---- */

/**
 * vu_use_inflight() - what is, or will be, mapped is an inflight buffer
 * @packed: of packed rings
 *
 * Return: 0; -EPROTO with @err.
 */
int vu_use_inflight(
	struct vhost_user *vu, const struct vu_inflight *inflight, bool packed, struct error **err);

/* ---- vring.c ---- */

/** vring_init() - as at the start of a connection */
void vring_init(struct vring *vring, struct vhost_user *vu, unsigned index);

/** vring_done() - stop it, close its descriptors */
void vring_done(struct vring *vring);

/** vring_update() - start the queue if all for it is there. Return: 0; -errno with @err */
int vring_update(struct vring *vring, struct error **err);

/** vring_stop() - stop the queue; where it stood is kept for the next start */
void vring_stop(struct vring *vring);

/** vring_set_kick() - @fd is taken over; -1: kicks come as messages, or by polling */
int vring_set_kick(struct vring *vring, int fd, struct error **err);

/** vring_clear_kick() - as before the first vring_set_kick() */
void vring_clear_kick(struct vring *vring);

/** vring_set_call(), vring_set_err() - @fd is taken over; -1: none */
int vring_set_call(struct vring *vring, int fd, struct error **err);
int vring_set_err(struct vring *vring, int fd, struct error **err);

/** vring_call() - interrupt the guest */
void vring_call(struct vring *vring);

/** vring_signal_error() - tell the frontend that the queue is dead */
void vring_signal_error(struct vring *vring);

/* ---- backend-channel.c ---- */

/** backend_set_channel() - @fd is taken over. Return: 0; -errno with @err: not a socket */
int backend_set_channel(struct vhost_user *vu, int fd, struct error **err);

/** backend_done() - close the channel */
void backend_done(struct vhost_user *vu);

/** backend_flush() - send what waits, as far as there is room */
void backend_flush(struct vhost_user *vu);

/** backend_config_changed() - send CONFIG_CHANGE_MSG, now or when there is room */
void backend_config_changed(struct vhost_user *vu);

/** backend_call() - send VRING_CALL, now or when there is room */
void backend_call(struct vhost_user *vu, unsigned index);

#endif
