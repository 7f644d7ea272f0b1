/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_WRITER_H
#define CONTROL_JSON_WRITER_H

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>

/**
 * json_write() - append a value as QEMU's monitors write it
 * @pretty: in lines, indented by four blanks, which end in CR LF
 *
 * ASCII only: the rest is escaped. jansson's own writer has another idea of empty objects, of
 * numbers and of DEL.
 */
void json_write(struct strbuf *text, const json_t *value, bool pretty);

/** json_write_line() - the same with CR LF behind it */
void json_write_line(struct strbuf *text, const json_t *value, bool pretty);

#endif
