/* SPDX-License-Identifier: MIT */
#ifndef VT_SGR_H
#define VT_SGR_H

#include "vt/cell.h"
#include "vt/parser.h"
#include "base/strbuf.h"

void handle_sgr(struct vt *vt, const struct csi *csi);

/** sgr_apply() - SGR parameters from number @i on to @pen */
void sgr_apply(struct vt_cell *pen, const struct csi *csi, unsigned i);

/** sgr_format() - the parameters that make @pen out of the default, "0;1;38:2::1:2:3" */
void sgr_format(const struct vt_cell *pen, struct strbuf *out);

#endif
