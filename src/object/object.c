/* SPDX-License-Identifier: MIT */
/*
 * Objects by name. They only answer; nothing happens in them. Who refers to one for longer than a
 * call holds it, and it cannot be removed meanwhile.
 */
#include "object/object.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "opts/opts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct object_set {
	struct loop *loop;
	const struct object_class *const *classes;
	struct list objects;
};

static const struct opt_desc common_options[] = {
	{ .name = "qom-type", .type = OPT_STRING, .help = "type of the object; needs no key" },
	{ .name = "id", .type = OPT_STRING, .required = true, .help = "its name" },
	{ 0 },
};

const struct opt_desc *const object_common_options = common_options;

struct object_set *object_set_new(struct loop *loop, const struct object_class *const *classes)
{
	struct object_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->loop = loop;
	set->classes = classes;
	list_init(&set->objects);
	return set;
}

static void release(struct object *object)
{
	list_remove(&object->node);
	free(object->id);
	free(object);
}

static void close_object(struct object *object)
{
	assert(!object->users);
	object->class->close(object);
	release(object);
}

void object_set_free(struct object_set *set)
{
	if (!set)
		return;
	while (!list_is_empty(&set->objects))
		close_object(container_of(set->objects.prev, struct object, node));
	free(set);
}

/* ---- making ---- */

const struct object_class *object_class_find(
	const struct object_class *const *classes, const char *name)
{
	for (; *classes; classes++)
		if (!strcmp((*classes)->name, name))
			return *classes;
	return NULL;
}

static int no_such_class(
	const struct object_class *const *classes, const char *name, struct error **err)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	for (; *classes; classes++)
		strbuf_printf(&names, "%s%s", names.len ? ", " : "", (*classes)->name);
	error_set(err, EINVAL, "Parameter 'qom-type' does not accept value '%s'", name);
	if (names.data)
		error_set_hint(err, "There are: %s.", names.data);
	return -EINVAL;
}

static int check(const struct object_class *const *classes, struct opts *opts,
	const struct object_class **ret_class, struct error **err)
{
	const char *type = opts_text(opts, "qom-type");
	const struct object_class *class = NULL;

	if (!type)
		return error_set(err, EINVAL, "Parameter 'qom-type' is missing");
	class = object_class_find(classes, type);
	if (!class)
		return no_such_class(classes, type, err);
	*ret_class = class;
	return opts_check(opts, class->name,
		(const struct opt_desc *const[]){ class->options, common_options, NULL }, err);
}

int object_check(const struct object_class *const *classes, struct opts *opts, struct error **err)
{
	const struct object_class *class = NULL;

	return check(classes, opts, &class, err);
}

static struct object *object_new(
	struct object_set *set, const struct object_class *class, const char *id)
{
	struct object *object = calloc(1, class->size);

	if (!object)
		return NULL;
	object->id = strdup(id);
	if (!object->id) {
		free(object);
		return NULL;
	}
	object->class = class;
	object->set = set;
	list_init(&object->node);
	return object;
}

int object_set_add(struct object_set *set, struct opts *opts, struct error **err)
{
	const struct object_class *class = NULL;
	struct object *object;
	const char *id;
	int r = check(set->classes, opts, &class, err);

	if (r < 0)
		return r;
	id = opts_get_string(opts, "id");
	if (object_set_find(set, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for object", id);
	object = object_new(set, class, id);
	if (!object)
		return error_set(err, ENOMEM, "object '%s': out of memory", id);
	r = class->open(object, opts, err);
	if (r < 0)
		release(object);
	else
		list_append(&set->objects, &object->node);
	return r;
}

int object_set_remove(struct object_set *set, const char *id, struct error **err)
{
	struct object *object = object_set_find(set, id);

	if (!object)
		return error_set(err, ENOENT, "object '%s' not found", id);
	if (object->users)
		return error_set(err, EBUSY, "object '%s' is in use, can not be deleted", id);
	close_object(object);
	return 0;
}

void object_set_drop(struct object_set *set, const char *id)
{
	struct object *object = object_set_find(set, id);

	if (!object)
		return;
	list_remove(&object->node);
	object->dropped = true;
	if (!object->users)
		close_object(object);
}

/* ---- looking up ---- */

struct object *object_set_find(const struct object_set *set, const char *id)
{
	list_for_each (object, &set->objects, struct object, node)
		if (!strcmp(object->id, id))
			return object;
	return NULL;
}

struct object *object_set_next(const struct object_set *set, const struct object *after)
{
	const struct list *next = after ? after->node.next : set->objects.next;

	return next == &set->objects ? NULL : container_of(next, struct object, node);
}

void object_set_reload(struct object_set *set)
{
	list_for_each (object, &set->objects, struct object, node) {
		struct error *err = NULL;

		if (object->class->reload && object->class->reload(object, &err) < 0)
			log_report(LOG_ERROR, err);
	}
}

struct loop *object_loop(const struct object *object)
{
	return object->set->loop;
}

struct object *object_get(struct object *object)
{
	if (object)
		object->users++;
	return object;
}

void object_put(struct object *object)
{
	if (!object)
		return;
	object->users--;
	if (object->dropped && !object->users)
		close_object(object);
}
