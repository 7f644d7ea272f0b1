/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_BACKEND_OPTS_H
#define CONTROL_BACKEND_OPTS_H

#include "control/type.h"
#include "opts/opts.h"

struct chardev_class;

/** type_chardev_backend - QAPI's ChardevBackend: {"type": ..., "data": {...}} */
extern const struct type type_chardev_backend;

/**
 * backend_opts_read() - a chardev as QAPI writes it, as options
 * @classes: what "type" may be
 * @id:      of the chardev
 * @backend: has been checked by type_chardev_backend
 *
 * Members are those of QAPI where QEMU has the class, and the options of the class besides. A
 * socket is a server unless it says otherwise, and never waits for a client.
 *
 * Return: 0, the caller owns *@ret_opts; -EINVAL with @err in QEMU's words; -ENOMEM.
 */
int backend_opts_read(const struct chardev_class *const *classes, const char *id,
	const json_t *backend, struct opts **ret_opts, struct error **err);

/**
 * backend_opts_next_member() - walk the members of a class's data, for the schema
 * @class: one of those of backend_opts_read()
 * @index: from 0
 *
 * Return: false: there are no more.
 */
bool backend_opts_next_member(
	const struct chardev_class *class, size_t index, struct field *ret_field);

#endif
