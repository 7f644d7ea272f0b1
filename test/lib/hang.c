/* SPDX-License-Identifier: MIT */
#include "lib/hang.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <cmocka.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t loop_thread;
	bool on;
	dev_t dev;
	ino_t ino;
	unsigned hanging;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

void hang_begin(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	pthread_mutex_lock(&state.lock);
	state.loop_thread = pthread_self();
	state.dev = st.st_dev;
	state.ino = st.st_ino;
	state.on = true;
	pthread_mutex_unlock(&state.lock);
}

void hang_wait(void)
{
	pthread_mutex_lock(&state.lock);
	while (!state.hanging)
		pthread_cond_wait(&state.changed, &state.lock);
	pthread_mutex_unlock(&state.lock);
}

void hang_end(void)
{
	pthread_mutex_lock(&state.lock);
	state.on = false;
	pthread_cond_broadcast(&state.changed);
	pthread_mutex_unlock(&state.lock);
}

static void hang_if_it_is(const struct stat *st)
{
	pthread_mutex_lock(&state.lock);
	if (state.on && st->st_dev == state.dev && st->st_ino == state.ino) {
		if (pthread_equal(pthread_self(), state.loop_thread))
			fail_msg("the loop's thread waits for a file");
		state.hanging++;
		pthread_cond_broadcast(&state.changed);
		while (state.on)
			pthread_cond_wait(&state.changed, &state.lock);
		state.hanging--;
	}
	pthread_mutex_unlock(&state.lock);
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		hang_if_it_is(&st);
	return __real_writev(fd, iov, n);
}

/* What open() is called where files may be large (open64), and where its calls are checked. */
#define WRAP_OPEN(name)                                              \
	int __wrap_##name(const char *path, int flags, ...);         \
	int __wrap_##name(const char *path, int flags, ...)          \
	{                                                            \
		mode_t mode = 0;                                     \
		struct stat st;                                      \
		va_list ap;                                          \
                                                                     \
		va_start(ap, flags);                                 \
		if (flags & O_CREAT)                                 \
			mode = va_arg(ap, mode_t);                   \
		va_end(ap);                                          \
		if (stat(path, &st) == 0)                            \
			hang_if_it_is(&st);                          \
		return __real_open(path, flags | O_LARGEFILE, mode); \
	}

int __real_open(const char *path, int flags, ...);
WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPEN(__open_2)
WRAP_OPEN(__open64_2)
