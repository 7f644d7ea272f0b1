/* SPDX-License-Identifier: MIT */
#ifndef IO_OWN_FD_H
#define IO_OWN_FD_H

/**
 * own_fd() - use what a descriptor leads to without the others who have it
 * @fd:     inherited, passed: its O_NONBLOCK is shared, and anybody may clear it at any time
 * @access: O_RDONLY or O_WRONLY
 *
 * Never waiting does not depend on that flag any more: a terminal, a pipe or a device is opened
 * anew; where that is not allowed (it is another user's) a thread of its own copies the bytes. A
 * socket is duplicated, for those who pass MSG_DONTWAIT; a regular file too, which keeps its place
 * and does not know the flag.
 *
 * Return: a descriptor, non-blocking but for the last two; -errno.
 */
int own_fd(int fd, int access);

/** own_fd_relay() - the last resort by itself: the end of a pipe that a thread fills or empties */
int own_fd_relay(int fd, int access);

#endif
