/* SPDX-License-Identifier: MIT */
/*
 * A holder of a mux is attached to a port, a chardev of its own with the mux's name: so the rule
 * that a chardev has one holder holds here too. The port is born when the holder attaches and dies
 * when it detaches.
 *
 * Input is kept here while the holder has no room, so that the escape keys are heard also where the
 * guest reads nothing; it stays with the holder for which it was typed.
 */
#include "mux/mux-impl.h"

#include "base/log.h"

#include <errno.h>

static struct mux_port *port_of(struct chardev *chardev)
{
	return container_of(chardev, struct mux_port, base);
}

size_t mux_port_room(const struct mux_port *port)
{
	return port->in.len < MUX_PORT_BYTES ? MUX_PORT_BYTES - port->in.len : 0;
}

/* Return: bytes that the holder has taken. */
static size_t deliver(struct mux_port *port, const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len && !port->base.closing) {
		size_t room = chardev_in_room(&port->base), left = len - done;

		if (!room)
			break;
		left = left < room ? left : room;
		chardev_in(&port->base, bytes + done, left);
		done += left;
	}
	return done;
}

void mux_port_in(struct mux_port *port, const char *bytes, size_t len)
{
	size_t done = port->in.len ? 0 : deliver(port, bytes, len);

	if (done == len || port->base.closing)
		return;
	if (byte_queue_push(&port->in, bytes + done, len - done) < 0)
		log_warning("mux '%s': no memory: %zu bytes of input are lost", port->base.id,
			len - done);
}

static void port_in_resume(struct chardev *chardev)
{
	struct mux_port *port = port_of(chardev);

	while (port->in.len) {
		size_t len = chardev_in_room(chardev);

		if (!len)
			return;
		len = len < port->in.len ? len : port->in.len;
		chardev_in(chardev, byte_queue_data(&port->in), len);
		if (chardev->closing)
			return;
		byte_queue_pop(&port->in, len);
	}
	mux_resume(port->mux);
}

static ssize_t port_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return mux_out(port_of(chardev)->mux, iov, n);
}

static int port_event(struct chardev *chardev, const struct chardev_event *event)
{
	return chardev_link_event(&port_of(chardev)->mux->below, event);
}

static int port_disconnect(struct chardev *chardev, const char *reason)
{
	return chardev_link_disconnect(&port_of(chardev)->mux->below, reason);
}

static const char *port_identity(const struct chardev *chardev)
{
	const struct mux_port *port = (const struct mux_port *)chardev;

	return port->mux->below.chardev ? chardev_identity(port->mux->below.chardev) : NULL;
}

static char *port_describe(const struct chardev *chardev)
{
	const struct mux_port *port = (const struct mux_port *)chardev;

	return chardev_describe(&port->mux->base);
}

static struct chardev *port_child(const struct chardev *chardev, size_t index)
{
	const struct mux_port *port = (const struct mux_port *)chardev;

	return index ? NULL : &port->mux->base;
}

static int port_attach(struct chardev *chardev, struct error **err)
{
	(void)err;
	mux_joined(port_of(chardev)->mux);
	return 0;
}

static void port_close(struct chardev *chardev)
{
	struct mux_port *port = port_of(chardev);
	struct mux *mux = port->mux;
	struct mux_port *next = mux_next(mux, port);

	list_remove(&port->node);
	byte_queue_clear(&port->in);
	if (mux->told == port)
		mux->told = NULL;
	if (mux->focus == port)
		mux_focus(mux, next == port ? NULL : next);
	mux_joined(mux);
}

static const struct chardev_class port_class = {
	.name = "mux",
	.summary = "one holder's part of a mux",
	.size = sizeof(struct mux_port),
	.close = port_close,
	.out = port_out,
	.in_resume = port_in_resume,
	.event = port_event,
	.disconnect = port_disconnect,
	.identity = port_identity,
	.attach = port_attach,
	.detach = chardev_free,
	.describe = port_describe,
	.child = port_child,
};

int mux_port_new(struct mux *mux, struct chardev **ret_port, struct error **err)
{
	struct chardev *chardev = chardev_new_peer(&mux->base, &port_class, mux->base.id);
	struct mux_port *port;

	if (!chardev)
		return error_set(err, ENOMEM, "mux '%s': out of memory", mux->base.id);
	port = port_of(chardev);
	port->mux = mux;
	list_append(&mux->ports, &port->node);
	chardev_set_open(chardev, mux->base.open);
	mux_focus(mux, port);
	*ret_port = chardev;
	return 0;
}
