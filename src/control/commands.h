/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

#include "control/command.h"

/* The tables, each of which is a file; command_tables lists them. */
extern const struct command commands_attach[];	  /* going over to the attach protocol */
extern const struct command commands_chardev[];	  /* chardevs and ring buffers */
extern const struct command commands_upgrade[];	  /* another program in the place of this one */
extern const struct command commands_config[];	  /* what was configured, and reading it again */
extern const struct command commands_console[];	  /* history, input, who types */
extern const struct command commands_fd[];	  /* descriptors that are passed */
extern const struct command commands_hub[];	  /* who takes part in a hub */
extern const struct command commands_memory[];	  /* what consoles may take for what they hold */
extern const struct command commands_monitor[];	  /* the human monitor for programs */
extern const struct command commands_object[];	  /* objects and devices */
extern const struct command commands_query[];	  /* the program itself and what it can do */
extern const struct command commands_recording[]; /* consoles that are recorded */
extern const struct command commands_screen[];	  /* what stands on a console */
extern const struct command commands_session[];	  /* the session itself */
extern const struct command commands_trace[];	  /* debug lines of the log */
extern const struct command commands_vnc[];	  /* VNC servers */

#endif
