/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_PARCEL_H
#define TRANSPORT_PARCEL_H

#include <stddef.h>

/*
 * Any number of descriptors that wait in a socket nobody has read yet, so that one descriptor
 * stands for all of them. They come out once, in their order; when the last copy of the socket is
 * closed the kernel closes what has not come out.
 */

/**
 * parcel_pack() - copies of descriptors, which stay the caller's
 *
 * Return: the parcel, the caller's; -EAGAIN, -ETOOMANYREFS: more than a socket, or the limit of
 * open files, lets wait; -EINVAL: more than a parcel has; another -errno.
 */
int parcel_pack(const int *fds, size_t n);

/**
 * parcel_unpack() - take out all
 * @parcel:  stays the caller's
 * @ret_fds: the caller's, and each of the *@ret_n in it
 *
 * Return: 0; -EBADMSG: it is none, or they came out before; -EMFILE: more than this process may
 * have; another -errno; nothing is open then.
 */
int parcel_unpack(int parcel, int **ret_fds, size_t *ret_n);

#endif
