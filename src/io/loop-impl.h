/* SPDX-License-Identifier: MIT */
#ifndef IO_LOOP_IMPL_H
#define IO_LOOP_IMPL_H

#include <charhub/loop.h>

#include <uv.h>

/** loop_opens_slot() - where io/open-watch.c keeps what its watches of one loop share */
void **loop_opens_slot(struct loop *loop);

/** loop_uv() - for what libuv does besides descriptors and timers: name resolution */
uv_loop_t *loop_uv(struct loop *loop);

#endif
