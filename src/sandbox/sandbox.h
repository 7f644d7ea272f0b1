/* SPDX-License-Identifier: MIT */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What the program may not do any more once everything has been made: it gains no rights, it makes
 * no system call but those that its own source names (seccomp), it opens no file but where its
 * configuration has some (Landlock).
 *
 * The list of system calls is made when the program is built, of lines that stand where they are
 * made: "syscalls: NAME NAME ..." in a comment of its own, "for an upgrade: NAME ..." of what only
 * that takes. test/meta/syscalls.py looks whether one is missing.
 */

/** sandbox_has_filter() - was the program built with libseccomp */
bool sandbox_has_filter(void);

/** sandbox_gain_nothing() - this process and its children gain no rights by what they run */
int sandbox_gain_nothing(struct error **err);

/**
 * struct sandbox_paths - where files may be; strings are borrowed
 * @files:   may be read and written; what is none is no error
 * @folders: and all below them, where things may also be made and removed
 * @programs: folders of which things can be read and executed; without one nothing can be
 */
struct sandbox_paths {
	const char *const *files, *const *folders, *const *programs;
	size_t n_files, n_folders, n_programs;
};

/** What anybody may read: folders of the system; and write, too: devices. NULL ends each list */
extern const char *const sandbox_readable[], *const sandbox_devices[];

/**
 * sandbox_limit_paths() - of this thread and those that it starts: no other files from now on, but
 * that those of the system can be read
 *
 * What is open stays so. Return: 0; -ENOSYS, -EOPNOTSUPP: the kernel cannot; -EPERM: it is
 * forbidden, as by the filter of a container; another -errno; with @err.
 */
int sandbox_limit_paths(const struct sandbox_paths *paths, struct error **err);

/**
 * sandbox_limit_syscalls() - of all threads: any other ends the program (SIGSYS)
 * @upgrades: another program may be executed, here and in a child
 *
 * Needs sandbox_gain_nothing(). Return: 0; -errno with @err.
 */
int sandbox_limit_syscalls(bool upgrades, struct error **err);

/** sandbox_syscalls() - what is allowed, with blanks between. Return: owned; NULL: no memory */
char *sandbox_syscalls(bool upgrades);

/**
 * sandbox_check_syscalls() - could this program do within a filter that allows @list
 *
 * Return: 0; -EPERM, which names what is missing.
 */
int sandbox_check_syscalls(const char *list, struct error **err);

#endif
