/* SPDX-License-Identifier: MIT */
#ifndef PROG_UPGRADE_H
#define PROG_UPGRADE_H

#include "io/loop.h"

struct notify;
struct pidfile;
struct setup;
struct world;

/*
 * The side of the program that is replaced (doc/upgrade.md). Nothing is given up before the program
 * that is to take over has said that it can.
 */
struct upgrade;

/* How long, while consoles go on, screens are prepared, histories compressed, answers sent. */
enum { UPGRADE_PREPARE_MS = 10 * 1000, UPGRADE_PACK_MS = 2000, UPGRADE_TOLD_MS = 1000 };

/** upgrade_new() - Return: 0; -ENOMEM. The world's upgrader from now on */
int upgrade_new(struct loop *loop, struct world *world, const struct setup *setup,
	const struct notify *notify, const struct pidfile *pidfile, struct upgrade **ret_upgrade);

/** upgrade_free() - before the world; NULL is fine */
void upgrade_free(struct upgrade *upgrade);

/** upgrade_begin() - nobody waits for it: what comes of it is told in the log */
void upgrade_begin(struct upgrade *upgrade);

/** upgrade_find_program() - where what was started as @name is, now and later; NULL: not found */
char *upgrade_find_program(const char *name);

#endif
