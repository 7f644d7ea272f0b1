/* SPDX-License-Identifier: MIT */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <errno.h>
#include <string.h>

/**
 * copy_text() - of a text that need not be there
 * @ret_copy: the caller's; NULL where @text is
 *
 * Return: 0; -ENOMEM, *@ret_copy is NULL.
 */
static inline int copy_text(const char *text, char **ret_copy)
{
	*ret_copy = text ? strdup(text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

#endif
