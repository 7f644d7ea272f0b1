/* SPDX-License-Identifier: MIT */
#include "lib/hang.h"
#include "lib/wrap-open.h"

#include <errno.h>
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
	int error; /* of those that hang */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

void hang_begin(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	pthread_mutex_lock(&state.lock);
	state.loop_thread = pthread_self();
	state.dev = st.st_dev;
	state.ino = st.st_ino;
	state.error = 0;
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

void hang_fail(int error)
{
	pthread_mutex_lock(&state.lock);
	state.on = false;
	state.error = error;
	pthread_cond_broadcast(&state.changed);
	pthread_mutex_unlock(&state.lock);
}

void hang_end(void)
{
	hang_fail(0);
}

/* Return: errno of it. */
static int hang_if_it_is(const struct stat *st)
{
	int error = 0;

	pthread_mutex_lock(&state.lock);
	if (state.on && st->st_dev == state.dev && st->st_ino == state.ino) {
		if (pthread_equal(pthread_self(), state.loop_thread))
			fail_msg("the loop's thread waits for a file");
		state.hanging++;
		pthread_cond_broadcast(&state.changed);
		while (state.on)
			pthread_cond_wait(&state.changed, &state.lock);
		state.hanging--;
		error = state.error;
	}
	pthread_mutex_unlock(&state.lock);
	return error;
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	struct stat st;
	int error = fstat(fd, &st) == 0 ? hang_if_it_is(&st) : 0;

	if (!error)
		return __real_writev(fd, iov, n);
	errno = error;
	return -1;
}

static bool before_open(const char *path, int flags)
{
	struct stat st;

	(void)flags;
	if (stat(path, &st) == 0)
		hang_if_it_is(&st);
	return true;
}
