/* SPDX-License-Identifier: MIT */
#ifndef IO_THREAD_H
#define IO_THREAD_H

#include <pthread.h>

/*
 * For what the kernel only does while somebody waits: files, names, modem lines. All else runs in
 * the loop.
 */

/**
 * thread_start() - run @fn(@arg) in a detached thread that gets no signals
 *
 * Signals belong to the thread of the loop: one that another thread took would be lost to it.
 *
 * Return: 0; -EAGAIN, -ENOMEM: limits.
 */
int thread_start(void *(*fn)(void *arg), void *arg);

/**
 * thread_allow_interrupts() - once, by a program that may set handlers of signals: what
 * thread_begin() needs
 */
void thread_allow_interrupts(void);

/**
 * thread_begin() - the same for a thread that thread_end() is to end
 *
 * Return: as there; -ENOTSUP: nobody has called thread_allow_interrupts().
 */
int thread_begin(void *(*fn)(void *arg), void *arg, pthread_t *ret_thread);

/**
 * thread_end() - interrupt the thread, again and again, until its function has returned
 *
 * System calls of the thread fail with EINTR; what it is to do then it has been told before.
 */
void thread_end(pthread_t thread);

#endif
