/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_DRAIN_H
#define CONTROL_DRAIN_H

#include <stdbool.h>

struct loop;

/**
 * drain() - at the end of the program: let files have what is theirs
 * @owes: are there bytes that would be lost if the program ended now, see writer_owes()
 *
 * To be called when no guest is read any more. Waits until nothing has happened for two seconds in
 * which this process ran, ten at most, and for nobody who reads at a pace of his own. Who closes a
 * file that has not taken all then tells how much that is.
 */
void drain(struct loop *loop, bool (*owes)(const void *data), const void *data);

#endif
