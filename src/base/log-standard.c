/* SPDX-License-Identifier: MIT */
/*
 * The log of a program, which has one. What is linked into a program of others (src/lib) has one a
 * context, and defines log_current itself: then this file is not linked, and with it the only
 * writable global goes.
 */
#include "base/log-impl.h"

static struct log standard = { .level = LOG_INFO, .name = "charhub" };

_Thread_local struct log *log_current = &standard;
