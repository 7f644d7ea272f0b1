/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_BLOCKING_H
#define CLIENT_BLOCKING_H

#include <stddef.h>

/* Input and output that wait, also where others who share the descriptor made it not do so. */

/** blocking_write() - all of it. Return: 0; -errno */
int blocking_write(int fd, const void *bytes, size_t len);

/**
 * blocking_read_line() - a line and no byte more: what follows is for somebody else
 *
 * Return: its length with the line feed; 0: the end, or it is longer than @size.
 */
size_t blocking_read_line(int fd, char *line, size_t size);

#endif
