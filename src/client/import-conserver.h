/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONSERVER_H
#define CLIENT_IMPORT_CONSERVER_H

#include "client/import.h"

/**
 * struct conserver_source - a configuration of conserver, [conserver.cf(5)]
 * @read:  for `#include FILE`; @data: its own
 * @hosts: names of this host: only consoles whose master is one of them come over. Ends with NULL
 */
struct conserver_source {
	struct import_text text;
	import_read_fn *read;
	void *data;
	const char *const *hosts;
};

/**
 * import_conserver() - understand it
 * @import: zeroed; has what came over, and notes about all else
 *
 * Return: 0; -EINVAL: the text is wrong, "FILE:LINE: ..."; -errno; with @err.
 */
int import_conserver(
	const struct conserver_source *source, struct import *import, struct error **err);

#endif
