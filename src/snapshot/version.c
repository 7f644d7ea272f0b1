/* SPDX-License-Identifier: MIT */
/* A file of its own, so that tests can put another one in its place. */
#include "snapshot/format.h"

const struct snapshot_version snapshot_version = { .major = 1, .minor = 5 };
