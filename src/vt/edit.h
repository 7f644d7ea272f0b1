/* SPDX-License-Identifier: MIT */
#ifndef VT_EDIT_H
#define VT_EDIT_H

#include "vt/parser.h"

/* CSI handlers that insert, delete, erase and scroll. */
void handle_ich(struct vt *vt, const struct csi *csi);
void handle_dch(struct vt *vt, const struct csi *csi);
void handle_ech(struct vt *vt, const struct csi *csi);
void handle_il(struct vt *vt, const struct csi *csi);
void handle_dl(struct vt *vt, const struct csi *csi);
void handle_ed(struct vt *vt, const struct csi *csi);
void handle_el(struct vt *vt, const struct csi *csi);
void handle_decsed(struct vt *vt, const struct csi *csi);
void handle_decsel(struct vt *vt, const struct csi *csi);
void handle_su(struct vt *vt, const struct csi *csi);
void handle_sd(struct vt *vt, const struct csi *csi);
void handle_sl(struct vt *vt, const struct csi *csi);
void handle_sr(struct vt *vt, const struct csi *csi);
void handle_decic(struct vt *vt, const struct csi *csi);
void handle_decdc(struct vt *vt, const struct csi *csi);
void handle_rep(struct vt *vt, const struct csi *csi);

/** edit_back_index(), edit_forward_index() - DECBI, DECFI */
void edit_back_index(struct vt *vt);
void edit_forward_index(struct vt *vt);

/** edit_align() - DECALN */
void edit_align(struct vt *vt);

/** edit_erase_selective() - blank what DECSCA does not protect; keeps the attributes' background */
void edit_erase_selective(struct vt *vt, unsigned y, unsigned first, unsigned end);

/** edit_clear_screen() - ED 2 on the shown screen */
void edit_clear_screen(struct vt *vt);

#endif
