/* SPDX-License-Identifier: MIT */
#ifndef VT_CLUSTER_H
#define VT_CLUSTER_H

#include "vt/vt.h"

/* Characters that share a cell, and hyperlinks: what a cell holds only the number of. */
#define CLUSTERS_MAX	  65535u
#define CLUSTER_BYTES_MAX (4u << 20)
#define LINKS_MAX	  4095u
#define LINK_BYTES_MAX	  (1u << 20)
#define LINK_URI_MAX	  2083u
#define LINK_ID_MAX	  255u

/** cluster_joins() - whether the last of @n characters belongs to the ones before [UAX 29] */
bool cluster_joins(const uint32_t *chars, unsigned n);

/** cluster_width() - columns of a whole cluster in mode 2027 */
int cluster_width(const uint32_t *chars, unsigned n);

/** cluster_number() - what to put in a cell's ch for @n > 1 characters; 0: no room */
uint32_t cluster_number(struct vt *vt, const uint32_t *chars, unsigned n);

/** cluster_find() - the same without making room: for reading lines back */
uint32_t cluster_find(struct vt *vt, const uint32_t *chars, unsigned n);

/** link_number() - a hyperlink of OSC 8; 0: no room */
uint32_t link_number(struct vt *vt, const char *id, const char *uri);

/** link_id() - the id it was given by the guest, may be empty; NULL: no such link */
const char *link_id(const struct vt *vt, unsigned link);

#endif
