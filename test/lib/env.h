/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_ENV_H
#define TEST_LIB_ENV_H

#include "chardev/chardev.h"
#include "lib/fake-holder.h"

/**
 * struct env - a loop, a set of chardevs and a holder, for tests of classes
 * @dir: a fresh directory for files and sockets; removed at the end
 */
struct env {
	struct loop *loop;
	struct chardev_set *set;
	struct fake_holder holder;
	char dir[32];
};

/** env_new() - asserts that all is there; @classes as for chardev_set_new() */
struct env *env_new(const struct chardev_class *const *classes);

/** env_free() - asserts that the holder saw no breach of the contract */
void env_free(struct env *env);

/** env_add() - make a chardev from `-chardev` text; `%s` in it is the directory; asserts success */
struct chardev *env_add(struct env *env, const char *text);

/** env_add_fails() - the same must fail, and the message must hold @words */
void env_add_fails(struct env *env, const char *text, const char *words);

/** env_attach() - make the holder take a chardev; asserts success */
void env_attach(struct env *env, struct chardev *chardev);

/** env_path() - a name in the directory; the string is overwritten by the next call */
const char *env_path(struct env *env, const char *name);

/** env_dial() - connect to the unix socket of that name in the directory; asserts success */
int env_dial(struct env *env, const char *name);

/** dial_path() - the same by its path */
int dial_path(const char *path);

/** remove_folder() - with the files in it */
void remove_folder(const char *path);

/** open_fds() - how many descriptors this process has; to prove that none leaks */
unsigned open_fds(void);

/**
 * has_serial_lines() - can terminals be set to any speed here (TCGETS2)
 *
 * Says why not. Emulators of user programs cannot: QEMU's, before 10.2.
 */
bool has_serial_lines(void);

/**
 * wakeups() - how often the loop wakes up within some tens of milliseconds
 *
 * One of them is the timer that ends the measurement, one may be left over from before.
 */
unsigned wakeups(struct loop *loop);

enum { WAKEUPS_IDLE = 3 };

#endif
