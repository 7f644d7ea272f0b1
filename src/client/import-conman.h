/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONMAN_H
#define CLIENT_IMPORT_CONMAN_H

#include "client/import.h"

/**
 * import_conman() - understand a configuration of ConMan, [conman.conf(5)]
 * @import: zeroed; has what came over, and notes about all else
 *
 * Return: 0; -EINVAL: the text is wrong, "FILE:LINE: ..."; -ENOMEM; with @err.
 */
int import_conman(const struct import_text *text, struct import *import, struct error **err);

#endif
