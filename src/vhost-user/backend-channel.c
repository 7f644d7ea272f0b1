/* SPDX-License-Identifier: MIT */
/*
 * Messages from us to the frontend, on a socket of their own (SET_BACKEND_REQ_FD). No reply is
 * asked for, so nothing is ever read. Where the socket is full the message waits as a bit, since a
 * second one of the same kind would say nothing new, and goes out when there is room.
 */
/* syscalls: close fstat newfstatat sendto */
#include "vhost-user/vhost-user-impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void backend_done(struct vhost_user *vu)
{
	struct connection *c = &vu->connection;

	watch_free(c->backend_watch);
	c->backend_watch = NULL;
	if (c->backend_fd >= 0)
		close(c->backend_fd);
	c->backend_fd = -1;
	c->config_change_pending = false;
	memset(c->call_pending, 0, sizeof(c->call_pending));
}

/* Return: true: sent, or nobody is there; false: full */
static bool send_message(struct vhost_user *vu, uint32_t request, const void *payload, size_t size)
{
	struct vu_header header = { request, VU_FLAG_VERSION, (uint32_t)size };
	uint8_t bytes[sizeof(header) + sizeof(struct vu_vring_state)];
	struct connection *c = &vu->connection;
	ssize_t n;

	memcpy(bytes, &header, sizeof(header));
	if (size)
		memcpy(bytes + sizeof(header), payload, size);
	do
		n = send(c->backend_fd, bytes, sizeof(header) + size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n != (ssize_t)(sizeof(header) + size))
		backend_done(vu); /* gone, or out of step: of no more use */
	return true;
}

/* Send what waits; false: there is more. */
static bool send_pending(struct vhost_user *vu)
{
	struct connection *c = &vu->connection;

	if (c->config_change_pending) {
		if (!send_message(vu, VU_BACKEND_CONFIG_CHANGE_MSG, NULL, 0))
			return false;
		c->config_change_pending = false;
	}
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX && c->backend_fd >= 0; i++) {
		struct vu_vring_state state = { .index = i };

		if (!(c->call_pending[i / 64] >> (i % 64) & 1))
			continue;
		if (!send_message(vu, VU_BACKEND_VRING_CALL, &state, sizeof(state)))
			return false;
		c->call_pending[i / 64] &= ~(1ULL << (i % 64));
	}
	return true;
}

void backend_flush(struct vhost_user *vu)
{
	bool done = send_pending(vu);

	if (vu->connection.backend_watch)
		watch_set(vu->connection.backend_watch, done ? 0 : WATCH_WRITE);
}

static void on_backend_channel(void *data, unsigned events)
{
	(void)events;
	backend_flush(data);
}

int backend_set_channel(struct vhost_user *vu, int fd, struct error **err)
{
	struct stat st;
	int ret;

	backend_done(vu);
	vu->connection.backend_fd = fd;
	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return error_set(err, EPROTO, "the backend's channel is no socket");
	ret = watch_new(vu->loop, fd, on_backend_channel, vu, &vu->connection.backend_watch);
	if (ret < 0)
		return error_set(err, -ret, "cannot wait for the backend's channel");
	return 0;
}

void backend_config_changed(struct vhost_user *vu)
{
	if (vu->connection.backend_fd < 0 || !vu_has_protocol_feature(vu, VU_PF_CONFIG))
		return;
	vu->connection.config_change_pending = true;
	backend_flush(vu);
}

void backend_call(struct vhost_user *vu, unsigned index)
{
	if (vu->connection.backend_fd < 0)
		return;
	vu->connection.call_pending[index / 64] |= 1ULL << (index % 64);
	backend_flush(vu);
}
