/* SPDX-License-Identifier: MIT */
/*
 * Landlock by its system calls, since the C libraries have no functions for it [landlock(7)]. Only
 * rights that the running kernel knows are asked for: of an older one less is kept from us, and
 * nothing fails.
 *
 * Threads that run already stay without limits: Landlock counts from a thread on to what it starts.
 * They write files that are open, and open again those that were named at the start.
 */
/* before the sandbox: fstat landlock_add_rule landlock_create_ruleset landlock_restrict_self */
/* before the sandbox: newfstatat openat prctl */
#include "sandbox/sandbox.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

static const uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE,
		      read_all = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		      run = LANDLOCK_ACCESS_FS_EXECUTE,
		      write_file = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE,
		      make = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

/* Where the C library and others look for what they need: names, services, fonts, time zones. */
const char *const sandbox_readable[] = { "/etc", "/usr", "/lib", "/lib64", "/proc", "/sys",
	"/run/systemd", "/run/resolvconf", "/run/NetworkManager", "/var/lib/sss", NULL };
const char *const sandbox_devices[] = { "/dev/null", "/dev/full", "/dev/zero", "/dev/tty",
	"/dev/ptmx", "/dev/pts", NULL };
/* What a program is loaded by. */
static const char *const loaders[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64" };

/* By the version of the kernel's Landlock. */
static uint64_t known_rights(long version)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;

	if (version >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return rights;
}

/* What can only be done to a folder is no right to a file. A path that is not there needs none. */
static int allow(int rules, const char *path, uint64_t rights)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr beneath = { .parent_fd = fd, .allowed_access = rights };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		beneath.allowed_access &= read_file | write_file | run;
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0
		       ? -errno
		       : 0;
}

static int allow_all(
	int rules, const char *const *paths, size_t n, uint64_t rights, struct error **err)
{
	for (size_t i = 0; i < n; i++) {
		int r = allow(rules, paths[i], rights);

		if (r < 0)
			return error_set(err, -r, "sandbox: '%s': %s", paths[i], strerror(-r));
	}
	return 0;
}

static int fill_rules(
	int rules, uint64_t known, const struct sandbox_paths *paths, struct error **err)
{
	int r = allow_all(rules, sandbox_readable, sizeof(sandbox_readable) / sizeof(char *) - 1,
		known & read_all, err);

	if (r == 0)
		r = allow_all(rules, sandbox_devices, sizeof(sandbox_devices) / sizeof(char *) - 1,
			known & (read_all | write_file), err);
	if (r == 0)
		r = allow_all(
			rules, paths->files, paths->n_files, known & (read_all | write_file), err);
	if (r == 0)
		r = allow_all(rules, paths->folders, paths->n_folders,
			known & (read_all | write_file | make), err);
	if (r == 0)
		r = allow_all(
			rules, paths->programs, paths->n_programs, known & (read_all | run), err);
	if (r == 0 && paths->n_programs)
		r = allow_all(rules, loaders, sizeof(loaders) / sizeof(char *),
			known & (read_all | run), err);
	return r;
}

static int say_why_not(int code, struct error **err)
{
	if (code == ENOSYS || code == EOPNOTSUPP)
		return error_set(
			err, code, "sandbox: the kernel has no Landlock: %s", strerror(code));
	return error_set(err, code, "sandbox: Landlock cannot be used: %s%s", strerror(code),
		code == EPERM ? ", by a filter that was there before" : "");
}

int sandbox_limit_paths(const struct sandbox_paths *paths, struct error **err)
{
	struct landlock_ruleset_attr attr = { 0 };
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	AUTO_CLOSE int rules = -1;
	int r;

	if (version < 0)
		return say_why_not(errno, err);
	attr.handled_access_fs = known_rights(version);
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (rules < 0)
		return error_set(err, errno, "sandbox: Landlock: %s", strerror(errno));
	r = fill_rules(rules, attr.handled_access_fs, paths, err);
	if (r == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return error_set(err, errno, "sandbox: Landlock: %s", strerror(errno));
	return r;
}

int sandbox_gain_nothing(struct error **err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return 0;
	return error_set(err, errno, "sandbox: no_new_privs: %s", strerror(errno));
}
