/* SPDX-License-Identifier: MIT */
#include "prog/classes.h"

#include "frontend/frontend.h"

#include <stddef.h>

const struct frontend_class *const frontend_classes[] = {
	&frontend_console_class,
	&frontend_virtconsole_class,
	&frontend_virtio_serial_class,
	&frontend_virtserialport_class,
	NULL,
};
