/* SPDX-License-Identifier: MIT */
#ifndef IO_SHORT_TIMER_H
#define IO_SHORT_TIMER_H

#include "io/loop.h"

/** struct short_timer - a one-shot timer for less than a millisecond, unlike struct timer */
struct short_timer;

/** short_timer_new() - not started. Return: 0; -ENOMEM, -EMFILE */
int short_timer_new(struct loop *loop, timer_fn *fn, void *data, struct short_timer **ret_timer);

/** short_timer_start() - call once in @us microseconds, 1..999; a running timer is set anew */
void short_timer_start(struct short_timer *timer, unsigned us);

/** short_timer_stop() - no-op where it does not run */
void short_timer_stop(struct short_timer *timer);

/** short_timer_free() - NULL is fine */
void short_timer_free(struct short_timer *timer);

#endif
