/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCREEN_COPY_H
#define CONTROL_SCREEN_COPY_H

struct vt;

/**
 * screen_copy() - a screen as it is now, for who reads it in several rounds of the loop
 *
 * Return: 0, *@ret_copy is the caller's to free; -ENOMEM.
 */
int screen_copy(struct vt *vt, struct vt **ret_copy);

#endif
