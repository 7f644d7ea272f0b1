/* SPDX-License-Identifier: MIT */
/* A version of which the snapshots are others altogether. */
#include "snapshot/format.h"

const struct snapshot_version snapshot_version = { .major = 2, .minor = 0 };
