/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_DATA_FORMAT_H
#define CONTROL_DATA_FORMAT_H

#include "base/strbuf.h"
#include "control/command.h"

/* Bytes in JSON, as the argument `format` of a command has them: as text, or in base64. */

extern const struct type type_data_format;

bool data_is_base64(const struct call *call);

/** data_read() - append the bytes of the argument `data`. Return: 0; -EINVAL, -ENOMEM with @err */
int data_read(const struct call *call, struct strbuf *bytes, struct error **err);

/** data_write() - @bytes as they are returned. Return: NULL: memory ran out */
json_t *data_write(const struct call *call, const char *bytes, size_t len);

#endif
