/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCHEMA_H
#define CONTROL_SCHEMA_H

#include <jansson.h>

struct chardev_class;

/**
 * schema_json() - all commands, events and their types, as QAPI's SchemaInfo
 * @chardev_classes: what a ChardevBackend may be
 *
 * Types have the names of the tables; QEMU numbers its own, and clients find theirs by following
 * the commands and events.
 *
 * Return: an array; NULL if memory ran out.
 */
json_t *schema_json(const struct chardev_class *const *chardev_classes);

#endif
