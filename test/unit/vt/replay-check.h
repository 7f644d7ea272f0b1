/* SPDX-License-Identifier: MIT */
#ifndef TEST_VT_REPLAY_CHECK_H
#define TEST_VT_REPLAY_CHECK_H

#include "vt/vt.h"

/** replay_check() - whether a replay of @vt into a new engine gives an equal state; prints if not */
bool replay_check(struct vt *vt);

/** state_check() - whether what engine.h promises about the state holds; prints if not */
bool state_check(struct vt *vt);

#endif
