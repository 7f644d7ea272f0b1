/* SPDX-License-Identifier: MIT */
#ifndef VNC_MESSAGE_IN_H
#define VNC_MESSAGE_IN_H

#include "vnc/session.h"

#include <sys/types.h>

/**
 * message_in() - bytes of a viewer that has logged in
 *
 * May set the peer's yield. Return: how many were used; 0: more are needed; -errno: close.
 */
ssize_t message_in(struct session *session, const uint8_t *bytes, size_t len);

#endif
