/* SPDX-License-Identifier: MIT */
#ifndef IO_THREAD_H
#define IO_THREAD_H

/*
 * For what the kernel only does while somebody waits: files, names. All else runs in the loop.
 */

/**
 * thread_start() - run @fn(@arg) in a detached thread that gets no signals
 *
 * Signals belong to the thread of the loop: one that another thread took would be lost to it.
 *
 * Return: 0; -EAGAIN, -ENOMEM: limits.
 */
int thread_start(void *(*fn)(void *arg), void *arg);

#endif
