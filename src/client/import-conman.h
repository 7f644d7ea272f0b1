/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONMAN_H
#define CLIENT_IMPORT_CONMAN_H

#include "client/import.h"

/** What a path leads to, as ConMan looks: a line is a character device, a program another file. */
enum conman_path { CONMAN_NOT_HERE, CONMAN_LINE_DEVICE, CONMAN_PROGRAM };

/**
 * struct conman_source - a configuration of ConMan, [conman.conf(5)]
 * @look: what is a path outside of /dev, which may be either; @data: its own
 */
struct conman_source {
	struct import_text text;
	enum conman_path (*look)(void *data, const char *path);
	void *data;
};

/**
 * import_conman() - understand it
 * @import: zeroed; has what came over, and notes about all else
 *
 * Return: 0; -EINVAL: the text is wrong, "FILE:LINE: ..."; -ENOMEM; with @err.
 */
int import_conman(const struct conman_source *source, struct import *import, struct error **err);

#endif
