/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_GLOBS_H
#define CONFIG_GLOBS_H

#include "config/request.h"

struct loop;
struct opts;

/*
 * A console whose name has a star stands for as many as there are sockets that its guest= means,
 * unix:/run/vms/STAR.sock: what the star of the path stands for is put where that of the name is.
 */

/** globs_is_one() - has this console a star in its name */
bool globs_is_one(const struct opts *console);

/** globs_fn - one of the consoles, which is borrowed. Return: 0; -errno with @err */
typedef int globs_fn(void *data, struct opts *console, struct error **err);

/**
 * globs_example() - one that might be there, whatever there is, to see whether such can be
 * @console: with its template's options, after console_expand_pattern()
 */
int globs_example(const struct opts *console, globs_fn *fn, void *data, struct error **err);

/**
 * globs_expand() - find what there is
 * @console: as for globs_example()
 *
 * A socket whose console's name would be none is left out with a warning. A symbolic link is what
 * it leads to, and one that leads nowhere may be a socket.
 *
 * Return: 0, also where there is none, nor a folder; -EINVAL, -EACCES and the like with @err.
 */
int globs_expand(const struct opts *console, globs_fn *fn, void *data, struct error **err);

/** struct globs - watches the folders of such consoles */
struct globs;

/** globs_new() - @on_change: something came or went; @group: name of the console, with its star */
int globs_new(struct loop *loop, const struct request_list *consoles,
	void (*on_change)(void *data, const char *group), void *data, struct globs **ret_globs,
	struct error **err);

/** globs_look() - soon, as if something had changed everywhere: so far nobody has looked */
void globs_look(const struct globs *globs);

/** globs_free() - NULL is fine */
void globs_free(struct globs *globs);

#endif
