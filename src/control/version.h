/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_VERSION_H
#define CONTROL_VERSION_H

#include <jansson.h>

/**
 * version_json() - what query-version says, and the greeting
 *
 * Clients choose by "qemu" what they may ask for: it is the version of QEMU whose commands are
 * these. Who wants to know what really runs reads "package".
 *
 * Return: NULL if memory ran out.
 */
json_t *version_json(void);

#endif
