/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_OBJECT_H
#define OBJECT_OBJECT_H

#include "base/error.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

struct errand;
struct loop;
struct object;
struct object_set;
struct opt_desc;
struct opts;

/** object_answer_fn - of a rule that was asked about somebody; called from the loop */
typedef void object_answer_fn(void *data, bool allowed);

/**
 * struct object_class - the implementation of a type of `-object`
 *
 * A class is a constant. Its objects embed struct object first.
 */
struct object_class {
	/** As in `-object NAME,id=X`. */
	const char *name;

	/** What it is, one line without a full stop. */
	const char *summary;

	/** Its options besides `qom-type` and `id`; ends with a NULL name. */
	const struct opt_desc *options;

	/** Size of an object, which is zeroed when open() gets it. */
	size_t size;

	/** Required. On an error undo what was done; close() is not called. */
	int (*open)(struct object *object, const struct opts *opts, struct error **err);

	/** Required. Release everything. */
	void (*close)(struct object *object);

	/** Optional: its files may have changed (SIGHUP). Return: 0; -errno with @err. */
	int (*reload)(struct object *object, struct error **err);

	/** Of a rule about people and of no other: does it let @identity in. See authz.h. */
	bool (*allows)(struct object *object, const char *identity);

	/**
	 * The same of a rule that has to ask somebody who may take long: @fn gets the answer,
	 * unless errand_forget() comes first.
	 *
	 * Return: 0; -errno: @identity is not let in.
	 */
	int (*ask)(struct object *object, const char *identity, object_answer_fn *fn, void *data,
		struct errand **ret_errand);
};

/**
 * struct object - what others refer to by name: a secret, credentials, a rule
 * @users: how many hold it, see object_get()
 * @dropped: it is in no set any more
 */
struct object {
	const struct object_class *class;
	struct object_set *set;
	char *id;
	struct list node;
	unsigned users;
	bool dropped;
};

/**
 * object_set_new() - no objects yet
 * @loop:    of those whose answers take long; outlives the set
 * @classes: NULL-terminated, static
 *
 * Return: NULL if memory ran out.
 */
struct object_set *object_set_new(struct loop *loop, const struct object_class *const *classes);

/** object_set_free() - close all, the youngest first; nobody may hold one any more. NULL is fine */
void object_set_free(struct object_set *set);

/** object_common_options - the table of what every object has: qom-type, id */
extern const struct opt_desc *const object_common_options;

/** object_class_find() - by name; NULL: none */
const struct object_class *object_class_find(
	const struct object_class *const *classes, const char *name);

/**
 * object_check() - could an object be made of these options, as far as the tables tell
 * @opts: bound to the class's tables on return
 *
 * Return: 0; -EINVAL with @err.
 */
int object_check(const struct object_class *const *classes, struct opts *opts, struct error **err);

/**
 * object_set_add() - make an object
 * @opts: unchecked; borrowed
 *
 * Return: 0; -EEXIST "Duplicate ID 'x' for object"; another -errno with @err.
 */
int object_set_add(struct object_set *set, struct opts *opts, struct error **err);

/** object_set_remove() - Return: 0; -ENOENT; -EBUSY "object 'x' is in use, can not be deleted" */
int object_set_remove(struct object_set *set, const char *id, struct error **err);

/** object_set_drop() - take it out of the set; it goes with the last who holds it. No-op: none */
void object_set_drop(struct object_set *set, const char *id);

/** object_set_find() - by id; NULL: none */
struct object *object_set_find(const struct object_set *set, const char *id);

/** object_set_next() - walk in order of creation; NULL starts and ends */
struct object *object_set_next(const struct object_set *set, const struct object *after);

/** object_set_reload() - let all look at their files again; what fails is logged and stays */
void object_set_reload(struct object_set *set);

/** object_loop() - its set's */
struct loop *object_loop(const struct object *object);

/** object_get() - hold an object, so that it stays; NULL is fine. Return: @object */
struct object *object_get(struct object *object);

/** object_put() - NULL is fine; the last one of an object that was dropped ends it */
void object_put(struct object *object);

#endif
