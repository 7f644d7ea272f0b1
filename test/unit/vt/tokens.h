/* SPDX-License-Identifier: MIT */
#ifndef TEST_UNIT_VT_TOKENS_H
#define TEST_UNIT_VT_TOKENS_H

/* Pieces of guests' output that mean something, of which random streams are put together. */
extern const char *const vt_tokens[];
extern const unsigned vt_token_count;

#endif
