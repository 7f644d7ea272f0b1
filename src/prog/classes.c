/* SPDX-License-Identifier: MIT */
#include "prog/classes.h"

#include "frontend/frontend.h"

#include <stddef.h>

const struct frontend_class *const frontend_classes[] = {
	&frontend_console_class,
	NULL,
};
