/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONSERVER_IMPL_H
#define CLIENT_IMPORT_CONSERVER_IMPL_H

#include "client/import-conserver.h"

enum {
	CONSERVER_BLOCKS_MAX = 1 << 16,
	CONSERVER_USERS_MAX = 4096, /* of a list */
};

/** What a console may be told, as far as it means something here. */
enum conserver_key {
	KEY_NONE,
	KEY_BAUD,
	KEY_CIPHER,
	KEY_DEVICE,
	KEY_DEVICE_SUBST,
	KEY_EXEC,
	KEY_EXEC_SUBST,
	KEY_HOST,
	KEY_LEVEL,
	KEY_LOGFILE,
	KEY_MASTER,
	KEY_PARITY,
	KEY_PASSWORD,
	KEY_PORT,
	KEY_PORT_BASE,
	KEY_PORT_INC,
	KEY_PROTOCOL,
	KEY_REPLSTRING,
	KEY_TIMESTAMP,
	KEY_TYPE,
	KEY_UDS,
	KEY_UDS_SUBST,
	KEY_USERNAME,
	CONSERVER_KEYS,
};

/** Options that mean something here: bits of struct conserver_block. */
enum {
	OPTION_IXON = 1 << 0,
	OPTION_IXOFF = 1 << 1,
	OPTION_CRTSCTS = 1 << 2,
	OPTION_CSTOPB = 1 << 3,
	OPTION_AUTOREINIT = 1 << 4,
	OPTION_LOGIN = 1 << 5,
};

/**
 * struct conserver_user - who may, or may not; the newest word about somebody counts
 * @older: said before it; lists share what they have in common
 * @count: of this one and the older ones
 */
struct conserver_user {
	const struct conserver_user *older;
	const char *name;
	bool not ;
	unsigned count;
};

/** struct conserver_remark - what a block says that has no counterpart */
struct conserver_remark {
	struct conserver_remark *next;
	const char *text;
};

/**
 * struct conserver_block - a group, a set of defaults or a console
 * @values: NULL: not said; "": taken back
 * @options_said, @options_on: of OPTION_...
 * @next: the console that came after it
 */
struct conserver_block {
	const char *name;
	struct import_place place;
	const char *values[CONSERVER_KEYS];
	const struct conserver_user *rw, *ro;
	unsigned options_said, options_on;
	struct conserver_remark *remarks, *last_remark;
	struct name in_names;
	struct conserver_block *next;
	bool replaced;
};

/** conserver_check_value() - could a console have this? Return: 0; -EINVAL with @err */
int conserver_check_value(enum conserver_key key, const char *value,
	const struct import_place *place, struct error **err);

/**
 * conserver_put_console() - a console of this host comes over, or there is a note why not
 *
 * Return: 0; -EINVAL: it lacks something; -ENOMEM; with @err.
 */
int conserver_put_console(struct import *import, const struct conserver_block *console,
	const char *const *hosts, struct error **err);

#endif
