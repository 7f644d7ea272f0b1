/* SPDX-License-Identifier: MIT */
#ifndef VC_INPUT_H
#define VC_INPUT_H

#include "chardev/chardev-impl.h"
#include "io/byte-queue.h"

/*
 * What is typed at a screen waits until the guest takes it: it is given to the holder by a task,
 * never from inside of somebody's call.
 */

/** vc_input_queue() - all of it or nothing. Return: 0; -ENOBUFS: VC_INPUT_MAX; -ENOMEM */
int vc_input_queue(struct byte_queue *input, const char *bytes, size_t len);

/**
 * vc_input_deliver() - give the holder what it takes, as much as one dispatch allows
 *
 * Return: whether it would take more, which is due after this dispatch; false also: the chardev is
 * gone.
 */
bool vc_input_deliver(struct chardev *chardev, struct byte_queue *input);

#endif
