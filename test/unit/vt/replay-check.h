/* SPDX-License-Identifier: MIT */
#ifndef TEST_VT_REPLAY_CHECK_H
#define TEST_VT_REPLAY_CHECK_H

#include "vt/vt.h"

/** replay_check() - whether a replay of @vt into a new engine gives an equal state; @tell: print if
 * not */
bool replay_check(struct vt *vt, bool tell);

/** state_fault() - what engine.h promises about the state and does not hold; NULL: nothing */
const char *state_fault(struct vt *vt);

#endif
