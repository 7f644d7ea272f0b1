/* SPDX-License-Identifier: MIT */
#ifndef VT_EDIT_H
#define VT_EDIT_H

#include "vt/parser.h"
#include "vt/vt.h"

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

/** edit_line_size() - DECDHL, DECDWL, DECSWL: the cursor's row; not with left and right margins */
void edit_line_size(struct vt *vt, enum vt_line_size size);

/** edit_single_lines() - all rows of both screens are of single size */
void edit_single_lines(struct vt *vt);

/** edit_clear_screen() - ED 2 on the shown screen */
void edit_clear_screen(struct vt *vt);

#endif
