/* SPDX-License-Identifier: MIT */
/* syscalls: clock_nanosleep rt_sigaction rt_sigprocmask tgkill */
#include "io/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

enum {
	STACK_BYTES = 1024 * 1024, /* of address space; what PAM's modules need nobody says */
};

static const struct timespec moment = { .tv_nsec = 50000 };

/* What interrupts a thread: no other use of it is known. */
static int end_signal(void)
{
	return SIGRTMIN;
}

static void interrupt(int number)
{
	(void)number;
}

/* A signal that is ignored, or restarts the call, interrupts nothing. */
void thread_allow_interrupts(void)
{
	struct sigaction action = { .sa_handler = interrupt };

	sigaction(end_signal(), &action, NULL);
}

static bool interrupts_are_allowed(void)
{
	struct sigaction action;

	return sigaction(end_signal(), NULL, &action) == 0 && action.sa_handler == interrupt;
}

static int start(void *(*fn)(void *arg), void *arg, int detached, pthread_t *ret_thread)
{
	sigset_t mask, before;
	pthread_attr_t attr;
	int code = pthread_attr_init(&attr);

	if (code)
		return -code;
	pthread_attr_setdetachstate(&attr, detached);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&mask);
	if (detached == PTHREAD_CREATE_JOINABLE)
		sigdelset(&mask, end_signal());
	pthread_sigmask(SIG_SETMASK, &mask, &before);
	code = pthread_create(ret_thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -code;
}

int thread_start(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	return start(fn, arg, PTHREAD_CREATE_DETACHED, &thread);
}

int thread_begin(void *(*fn)(void *arg), void *arg, pthread_t *ret_thread)
{
	if (!interrupts_are_allowed())
		return -ENOTSUP;
	return start(fn, arg, PTHREAD_CREATE_JOINABLE, ret_thread);
}

/* A signal that comes right before a call does not interrupt that: the next one will. */
void thread_end(pthread_t thread)
{
	while (pthread_tryjoin_np(thread, NULL) == EBUSY) {
		pthread_kill(thread, end_signal());
		nanosleep(&moment, NULL);
	}
}
