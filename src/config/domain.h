/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_DOMAIN_H
#define CONFIG_DOMAIN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct domain_serial - the first serial line of a libvirt domain that is a unix socket
 * @path:    owned
 * @connect: the VMM dials that path; else it listens there
 */
struct domain_serial {
	char *path;
	bool connect;
};

/**
 * domain_find() - by the domain's name
 *
 * Its file NAME.xml is looked for in the folders of $CHARHUB_LIBVIRT, a colon between them; else
 * where libvirt describes domains that run, and those that are defined.
 *
 * Return: 0; -ENOENT: there is no such domain; -EINVAL: it has no such line; with @err.
 */
int domain_find(const char *name, struct domain_serial *ret_serial, struct error **err);

/** domain_parse() - of the text of such a file. Return: 0; -EINVAL: there is none; -ENOMEM */
int domain_parse(const char *text, size_t len, struct domain_serial *ret_serial);

/** domain_serial_done() */
void domain_serial_done(struct domain_serial *serial);

#endif
