/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_BACKENDS_H
#define BACKEND_BACKENDS_H

#include "chardev/chardev-impl.h"

/* The classes of this folder; src/lib/classes.c lists them for the programs. */
extern const struct chardev_class backend_exec_class;
extern const struct chardev_class backend_file_class;
extern const struct chardev_class backend_journald_class;
extern const struct chardev_class backend_memory_class;
extern const struct chardev_class backend_null_class;
extern const struct chardev_class backend_pipe_class;
extern const struct chardev_class backend_pty_class;
extern const struct chardev_class backend_ringbuf_class;
extern const struct chardev_class backend_serial_class;
extern const struct chardev_class backend_socket_class;
extern const struct chardev_class backend_stdio_class;
extern const struct chardev_class backend_syslog_class;
extern const struct chardev_class backend_udp_class;

#endif
