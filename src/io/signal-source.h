/* SPDX-License-Identifier: MIT */
#ifndef IO_SIGNAL_SOURCE_H
#define IO_SIGNAL_SOURCE_H

#include <charhub/loop.h>

/** struct signal_source - a signal that comes through the loop; its default action is gone */
struct signal_source;
typedef void signal_source_fn(void *data);

/** signal_source_new() - call @fn(@data) when signal @number has come. Return: 0; -errno */
int signal_source_new(struct loop *loop, int number, signal_source_fn *fn, void *data,
	struct signal_source **ret_source);

/** signal_source_free() - NULL is fine */
void signal_source_free(struct signal_source *source);

#endif
