/* SPDX-License-Identifier: MIT */
#include "control/commands.h"

#include <stddef.h>

const struct command *const command_tables[] = {
	commands_attach,
	commands_chardev,
	commands_config,
	commands_console,
	commands_fd,
	commands_hub,
	commands_memory,
	commands_monitor,
	commands_object,
	commands_query,
	commands_recording,
	commands_screen,
	commands_session,
	commands_trace,
	commands_upgrade,
	commands_vnc,
	NULL,
};
