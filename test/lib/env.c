/* SPDX-License-Identifier: MIT */
#include "lib/env.h"

#include "base/cleanup.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

enum { TEXT_BYTES = 1024, MEASURE_MS = 30 };

struct env *env_new(const struct chardev_class *const *classes)
{
	struct env *env = calloc(1, sizeof(*env));

	assert_non_null(env);
	snprintf(env->dir, sizeof(env->dir), "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(env->dir));
	env->loop = loop_new();
	assert_non_null(env->loop);
	env->set = chardev_set_new(env->loop, classes);
	assert_non_null(env->set);
	fake_holder_init(&env->holder, env->loop);
	return env;
}

void remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[TEXT_BYTES];

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove(name);
	}
	if (dir)
		closedir(dir);
	remove(path);
}

void env_free(struct env *env)
{
	unsigned faults = env->holder.faults;

	fake_holder_done(&env->holder);
	chardev_set_free(env->set);
	loop_free(env->loop);
	remove_folder(env->dir);
	free(env);
	assert_int_equal(faults, 0);
}

/* @text with its only "%s", if any, replaced by the directory. */
static void fill_in(struct env *env, const char *text, char *ret_text)
{
	const char *at = strstr(text, "%s");

	if (!at)
		snprintf(ret_text, TEXT_BYTES, "%s", text);
	else
		snprintf(
			ret_text, TEXT_BYTES, "%.*s%s%s", (int)(at - text), text, env->dir, at + 2);
}

struct chardev *env_add(struct env *env, const char *text)
{
	AUTO_ERROR struct error *err = NULL;
	struct chardev *chardev = NULL;
	char filled[TEXT_BYTES];

	fill_in(env, text, filled);
	if (chardev_set_add_text(env->set, filled, &chardev, &err) < 0)
		fail_msg("%s: %s", filled, error_message(err));
	return chardev;
}

void env_add_fails(struct env *env, const char *text, const char *words)
{
	AUTO_ERROR struct error *err = NULL;
	char filled[TEXT_BYTES];

	fill_in(env, text, filled);
	if (chardev_set_add_text(env->set, filled, NULL, &err) == 0)
		fail_msg("%s: was accepted", filled);
	if (!strstr(error_message(err), words))
		fail_msg("%s: \"%s\" lacks \"%s\"", filled, error_message(err), words);
}

void env_attach(struct env *env, struct chardev *chardev)
{
	AUTO_ERROR struct error *err = NULL;

	if (fake_holder_attach(&env->holder, chardev, FAKE_HOLDER_PLAIN, &err) < 0)
		fail_msg("attach: %s", error_message(err));
}

const char *env_path(struct env *env, const char *name)
{
	static char path[TEXT_BYTES];

	snprintf(path, sizeof(path), "%s/%s", env->dir, name);
	return path;
}

int dial_path(const char *path)
{
	struct sockaddr_un sockaddr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sockaddr.sun_path, sizeof(sockaddr.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sockaddr, sizeof(sockaddr)), 0);
	return fd;
}

int env_dial(struct env *env, const char *name)
{
	return dial_path(env_path(env, name));
}

unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and that of the directory */
}

bool has_serial_lines(void)
{
	AUTO_CLOSE int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios2 mode;

	assert_true(terminal >= 0);
	if (ioctl(terminal, TCGETS2, &mode) == 0)
		return true;
	print_message("no serial lines: this system has no TCGETS2: %s\n", strerror(errno));
	return false;
}

static void set_flag(void *data)
{
	*(bool *)data = true;
}

unsigned wakeups(struct loop *loop)
{
	bool over = false;
	struct timer *timer = timer_new(loop, set_flag, &over);
	unsigned n = 0;

	assert_non_null(timer);
	run_idle(loop);
	timer_start(timer, MEASURE_MS);
	while (!over) {
		loop_step(loop, true);
		n++;
	}
	timer_free(timer);
	return n;
}
