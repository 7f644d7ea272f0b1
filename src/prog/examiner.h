/* SPDX-License-Identifier: MIT */
#ifndef PROG_EXAMINER_H
#define PROG_EXAMINER_H

#include "io/loop.h"

/*
 * The installed program, as a child that looks at snapshots and says whether it could take over.
 * Whatever is wrong with it, it is only a child.
 */
struct examiner;

enum {
	EXAMINER_YES = 'y',
	EXAMINER_NO = 'n', /* what follows says why */
	EXAMINER_ANSWER_MAX = 4096,
	EXAMINER_MS = 60 * 1000,     /* for its first answer: it is being started */
	EXAMINER_NOW_MS = 10 * 1000, /* for another one: consoles wait for it */
};

/** @err: why not, the callee's; NULL: it could */
typedef void examiner_fn(void *data, struct error *err);

/**
 * examiner_new() - start @program as charhubd -check-snapshot, with the arguments @argv besides
 *
 * Return: 0; -errno with @err.
 */
int examiner_new(struct loop *loop, const char *program, char *const *argv, examiner_fn *fn,
	void *data, struct examiner **ret_examiner, struct error **err);

/** examiner_ask() - about a snapshot; @fn comes once. Return: 0; -errno with @err */
int examiner_ask(struct examiner *examiner, int fd, struct error **err);

/** examiner_ask_now() - the same, and wait. Return: 0: it could; -errno with @err */
int examiner_ask_now(struct examiner *examiner, int fd, struct error **err);

/** examiner_free() - end it; may be called from @fn; NULL is fine */
void examiner_free(struct examiner *examiner);

#endif
