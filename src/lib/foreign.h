/* SPDX-License-Identifier: MIT */
#ifndef LIB_FOREIGN_H
#define LIB_FOREIGN_H

#include "base/error.h"

struct charhub;

/**
 * foreign_classes_new() - fill in the table of classes of a context: ours, and its maker's
 *
 * Return: 0; -EINVAL: one of the maker's is wrong; -ENOMEM; then foreign_classes_free() still.
 */
int foreign_classes_new(struct charhub *charhub, struct error **err);

/** foreign_classes_free() - after all that was made of them has gone */
void foreign_classes_free(struct charhub *charhub);

#endif
