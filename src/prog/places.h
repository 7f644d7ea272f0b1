/* SPDX-License-Identifier: MIT */
#ifndef PROG_PLACES_H
#define PROG_PLACES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct setup;

/** struct path_list - paths, owned; all zero: none. @failed: memory ran out */
struct path_list {
	char **items;
	size_t len;
	bool failed;
};

/** path_list_add() - a copy of @path; NULL: it could not be made. What fails is remembered */
void path_list_add(struct path_list *list, const char *path);
void path_list_done(struct path_list *list);

/** path_list_add_folder() - the same of the folder that @path is in */
void path_list_add_folder(struct path_list *list, const char *path);

/**
 * struct places - where files may be
 * @files:   devices, each by itself
 * @folders: with all below them
 * @relative: the first path that does not begin with '/', but those of files of the configuration
 *            itself; owned; NULL: there is none
 */
struct places {
	struct path_list files, folders;
	char *relative;
};

/** places_read() - those that the configuration names. Return: 0; -ENOMEM with @err */
int places_read(struct places *places, const struct setup *setup, struct error **err);

/** places_done() - also of a zeroed one */
void places_done(struct places *places);

/** places_real() - all that are there, as the kernel calls them. Return: 0; -ENOMEM with @err */
int places_real(const struct places *places, struct path_list *ret_real, struct error **err);

/**
 * places_check() - are all that are there within those that were allowed
 * @allowed: of places_real()
 *
 * Return: 0; -EPERM, which names the first that is not; -ENOMEM; with @err.
 */
int places_check(const struct places *places, const struct path_list *allowed, struct error **err);

#endif
