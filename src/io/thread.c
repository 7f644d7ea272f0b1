/* SPDX-License-Identifier: MIT */
#include "io/thread.h"

#include <pthread.h>
#include <signal.h>

enum { STACK_BYTES = 256 * 1024 };

int thread_start(void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int code = pthread_attr_init(&attr);

	if (code)
		return -code;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -code;
}
