/* SPDX-License-Identifier: MIT */
#ifndef VT_RECT_H
#define VT_RECT_H

#include "vt/parser.h"

/* The VT420's operations on rectangles. */
void handle_deccra(struct vt *vt, const struct csi *csi);
void handle_decfra(struct vt *vt, const struct csi *csi);
void handle_decera(struct vt *vt, const struct csi *csi);
void handle_decsera(struct vt *vt, const struct csi *csi);
void handle_deccara(struct vt *vt, const struct csi *csi);
void handle_decrara(struct vt *vt, const struct csi *csi);
void handle_decsace(struct vt *vt, const struct csi *csi);
void handle_decrqcra(struct vt *vt, const struct csi *csi);

#endif
