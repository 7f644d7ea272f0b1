/* SPDX-License-Identifier: MIT */
#ifndef LIB_COMMAND_H
#define LIB_COMMAND_H

#include "base/error.h"

struct charhub;

/** events_start() - let the context's maker hear of events, if it wants. Return: 0; -ENOMEM */
int events_start(struct charhub *charhub, struct error **err);

/** commands_cancel() - those at work end without an answer */
void commands_cancel(struct charhub *charhub);

#endif
