/* SPDX-License-Identifier: MIT */
#ifndef TEST_VT_REPLAY_CHECK_H
#define TEST_VT_REPLAY_CHECK_H

#include "vt/vt.h"

/** replay_check() - whether a replay of @vt into a new engine gives an equal state; @tell: print if
 * not */
bool replay_check(struct vt *vt, bool tell);

/**
 * replay_check_in_use() - the same on a terminal of that size that is in any state
 *
 * But for titles, which pile up there.
 */
bool replay_check_in_use(struct vt *vt, struct vt *viewer, bool tell);

/** state_fault() - what engine.h promises about the state and does not hold; NULL: nothing */
const char *state_fault(struct vt *vt);

#endif
