/* SPDX-License-Identifier: MIT */
#ifndef FRONTEND_VIRTIO_SERIAL_H
#define FRONTEND_VIRTIO_SERIAL_H

#include "frontend/frontend.h"

#include "virtio/console.h"

struct vhost_user;

/**
 * struct virtio_serial - `-device virtio-serial`: a virtio console device, a bus for ports
 * @used: which port ids are taken; 0 stays reserved for the first virtconsole
 */
struct virtio_serial {
	struct frontend base;
	struct virtio_console *device;
	struct vhost_user *transport;
	unsigned max_ports;
	bool used[VIRTIO_CONSOLE_PORTS_MAX];
};

/**
 * virtio_serial_find() - the bus that a port goes to
 * @bus:    "ID", "ID.0", or NULL: any that there is
 * @driver: of the port, for the message
 *
 * Return: 0; -ENOENT with @err.
 */
int virtio_serial_find(const struct frontend_set *set, const char *bus, const char *driver,
	struct virtio_serial **ret_serial, struct error **err);

/**
 * virtio_serial_add_default() - make a bus with a socket in the runtime directory
 *
 * Says on stdout where it is and what to give to the guest's VMM.
 *
 * Return: 0; -errno with @err.
 */
int virtio_serial_add_default(
	struct frontend_set *set, struct virtio_serial **ret_serial, struct error **err);

#endif
