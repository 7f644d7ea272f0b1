/* SPDX-License-Identifier: MIT */
#ifndef PROG_FOREIGN_H
#define PROG_FOREIGN_H

#include "base/error.h"

/**
 * foreign_option() - say of an option of QEMU's that we do not have what to do instead
 * @name: without the dash
 * @word: as it was typed
 *
 * Return: -EINVAL with @err, also where it is no option of QEMU's.
 */
int foreign_option(const char *name, const char *word, struct error **err);

#endif
