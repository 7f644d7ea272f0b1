/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_CONSOLE_WAIT_H
#define CONTROL_CONSOLE_WAIT_H

#include "control/command.h"

/*
 * The command console-wait: an answer comes when a console prints something that fits a pattern.
 */

extern const struct field console_wait_args[];
extern const struct type console_wait_result;

int console_wait_run(struct call *call, struct error **err);

#endif
