/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

#include "base/error.h"

#include <stdbool.h>

/*
 * Ctrl-C is how one ends what else goes on for ever: that is no failure, and what has come until
 * then is to be shown.
 */

/**
 * interrupt_open() - from now on the first SIGINT is told here, instead of killing
 *
 * The second one kills as ever: what is written may wait for a reader that does not read.
 *
 * Return: 0; -errno with @err.
 */
int interrupt_open(struct error **err);

/** interrupt_fd() - readable once it was told; -1: it is not open */
int interrupt_fd(void);

/** interrupt_came() - within @wait_ms. Return: true: end what goes on */
bool interrupt_came(int wait_ms);

#endif
