/* SPDX-License-Identifier: MIT */
#ifndef VT_CURSOR_H
#define VT_CURSOR_H

#include "vt/parser.h"

struct screen;

/** cursor_index() - IND: down, scrolling at the bottom margin; keeps a pending wrap */
void cursor_index(struct vt *vt);

/** cursor_reverse_index() - RI */
void cursor_reverse_index(struct vt *vt);

void cursor_carriage_return(struct vt *vt);
void cursor_backspace(struct vt *vt);

/** cursor_tab() - forward to the @count-th tab stop; backward where negative */
void cursor_tab(struct vt *vt, int count);

/** cursor_home() - the first place, that of the margins in origin mode */
void cursor_home(struct vt *vt);

/** cursor_save(), cursor_restore() - DECSC and DECRC on the shown screen */
void cursor_save(struct vt *vt);
void cursor_restore(struct vt *vt);

/** cursor_edge() - the last column of a line of text: the right margin, or the screen's edge */
unsigned cursor_edge(const struct vt *vt);

/** cursor_check_wrap() - end a pending wrap at an edge that cuts a wide character in two */
void cursor_check_wrap(struct vt *vt);

/** saved_cursor_reset() - what DECRC brings when nothing was saved */
void saved_cursor_reset(struct screen *screen);

static inline bool tab_is_set(const uint8_t *tabs, unsigned x)
{
	return tabs[x / 8] >> x % 8 & 1;
}

/* CSI handlers; csi.c has the table that says which is which. */
void handle_cuu(struct vt *vt, const struct csi *csi);
void handle_cud(struct vt *vt, const struct csi *csi);
void handle_cuf(struct vt *vt, const struct csi *csi);
void handle_cub(struct vt *vt, const struct csi *csi);
void handle_cnl(struct vt *vt, const struct csi *csi);
void handle_cpl(struct vt *vt, const struct csi *csi);
void handle_cha(struct vt *vt, const struct csi *csi);
void handle_cup(struct vt *vt, const struct csi *csi);
void handle_vpa(struct vt *vt, const struct csi *csi);
void handle_hpr(struct vt *vt, const struct csi *csi);
void handle_vpr(struct vt *vt, const struct csi *csi);
void handle_cht(struct vt *vt, const struct csi *csi);
void handle_cbt(struct vt *vt, const struct csi *csi);
void handle_tbc(struct vt *vt, const struct csi *csi);
void handle_decst8c(struct vt *vt, const struct csi *csi);
void handle_decstbm(struct vt *vt, const struct csi *csi);
void handle_save_or_margins(struct vt *vt, const struct csi *csi);
void handle_restore(struct vt *vt, const struct csi *csi);

/** tab_set() - HTS */
void tab_set(struct vt *vt);

#endif
