/* SPDX-License-Identifier: MIT */
#ifndef BASE_MINMAX_H
#define BASE_MINMAX_H

static inline unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static inline unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

#endif
