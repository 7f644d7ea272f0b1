/* SPDX-License-Identifier: MIT */
/*
 * What a context of the library has: of classes.c all but stdio, of the program's frontends those
 * that need no handler. A table links what it names, so that there is one for each;
 * test/meta/classes.py compares them.
 */
#include "lib/classes.h"

#include "backend/backends.h"
#include "hub/hub.h"
#include "lib/guest.h"
#include "mux/mux.h"
#include "vc/vc.h"

#include <stddef.h>

const struct chardev_class *const charhub_lib_classes[] = {
	&backend_exec_class,
	&backend_file_class,
	&hub_class,
	&backend_journald_class,
	&backend_memory_class,
	&mux_class,
	&backend_null_class,
	&backend_pipe_class,
	&backend_pty_class,
	&backend_ringbuf_class,
	&backend_serial_class,
	&backend_socket_class,
	&backend_syslog_class,
	&backend_udp_class,
	&vc_class,
	NULL,
};

const struct frontend_class *const charhub_lib_frontends[] = {
	&frontend_console_class,
	&guest_class,
	NULL,
};
