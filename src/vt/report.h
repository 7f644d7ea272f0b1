/* SPDX-License-Identifier: MIT */
#ifndef VT_REPORT_H
#define VT_REPORT_H

#include "vt/parser.h"

/** report() - bytes to the guest, printf-like; at most REPORT_MAX */
#define REPORT_MAX 2048u
void report(struct vt *vt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** report_device_attributes() - DA1, also as DECID */
void report_device_attributes(struct vt *vt);

/* Handlers that answer, and those of modes and keys. */
void handle_da1(struct vt *vt, const struct csi *csi);
void handle_da2(struct vt *vt, const struct csi *csi);
void handle_da3(struct vt *vt, const struct csi *csi);
void handle_dsr(struct vt *vt, const struct csi *csi);
void handle_dec_dsr(struct vt *vt, const struct csi *csi);
void handle_decrqm(struct vt *vt, const struct csi *csi);
void handle_ansi_decrqm(struct vt *vt, const struct csi *csi);
void handle_decreqtparm(struct vt *vt, const struct csi *csi);
void handle_decrqde(struct vt *vt, const struct csi *csi);
void handle_decrqpsr(struct vt *vt, const struct csi *csi);
void handle_xtversion(struct vt *vt, const struct csi *csi);
void handle_decscpp(struct vt *vt, const struct csi *csi);
void handle_decsnls(struct vt *vt, const struct csi *csi);
void handle_window(struct vt *vt, const struct csi *csi);
void handle_query_key_options(struct vt *vt, const struct csi *csi);

void handle_sm(struct vt *vt, const struct csi *csi);
void handle_rm(struct vt *vt, const struct csi *csi);
void handle_decset(struct vt *vt, const struct csi *csi);
void handle_decrst(struct vt *vt, const struct csi *csi);
void handle_xtsave(struct vt *vt, const struct csi *csi);
void handle_xtrestore(struct vt *vt, const struct csi *csi);

void handle_key_options(struct vt *vt, const struct csi *csi);
void handle_decscusr(struct vt *vt, const struct csi *csi);
void handle_decsca(struct vt *vt, const struct csi *csi);
void handle_decscl(struct vt *vt, const struct csi *csi);
void handle_decstr(struct vt *vt, const struct csi *csi);

#endif
