/* SPDX-License-Identifier: MIT */
#include "object/object.h"
#include "object/secret.h"

#include "base/cleanup.h"
#include "opts/opts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static unsigned things_open, reloads;

static int thing_open(struct object *object, const struct opts *opts, struct error **err)
{
	if (opts_get_bool(opts, "fail"))
		return error_set(err, EIO, "thing '%s': told to fail", object->id);
	things_open++;
	return 0;
}

static void thing_close(struct object *object)
{
	(void)object;
	things_open--;
}

static int thing_reload(struct object *object, struct error **err)
{
	(void)object, (void)err;
	reloads++;
	return 0;
}

static const struct opt_desc thing_options[] = {
	{ .name = "fail", .type = OPT_BOOL, .help = "do not be made" },
	{ 0 },
};

static const struct object_class thing_class = {
	.name = "thing",
	.options = thing_options,
	.size = sizeof(struct object),
	.open = thing_open,
	.close = thing_close,
	.reload = thing_reload,
};

static const struct object_class *const classes[] = { &secret_class, &thing_class, NULL };

static int setup(void **state)
{
	*state = object_set_new(NULL, classes);
	return 0;
}

static int teardown(void **state)
{
	object_set_free(*state);
	assert_int_equal(things_open, 0);
	return 0;
}

static int try_add(struct object_set *set, const char *text, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = opts_parse(text, "qom-type", &opts, err);

	return r < 0 ? r : object_set_add(set, opts, err);
}

static void add(struct object_set *set, const char *text)
{
	AUTO_ERROR struct error *err = NULL;

	if (try_add(set, text, &err) < 0)
		fail_msg("%s", error_message(err));
}

static void add_fails(struct object_set *set, const char *text, int code, const char *message)
{
	AUTO_ERROR struct error *err = NULL;

	assert_int_equal(try_add(set, text, &err), -code);
	assert_string_equal(error_message(err), message);
}

static void mistakes_are_named(void **state)
{
	struct object_set *set = *state;
	AUTO_ERROR struct error *err = NULL;

	add_fails(set, "id=a", EINVAL, "Parameter 'qom-type' is missing");
	add_fails(set, "thing", EINVAL, "Parameter 'id' is missing");
	add_fails(set, "thing,id=a,foo=1", EINVAL, "Invalid parameter 'foo'");
	add_fails(set, "thing,id=a,fail=on", EIO, "thing 'a': told to fail");
	assert_null(object_set_find(set, "a"));
	add(set, "thing,id=a");
	add_fails(set, "secret,id=a,data=x", EEXIST, "Duplicate ID 'a' for object");
	assert_int_equal(try_add(set, "nope,id=b", &err), -EINVAL);
	assert_string_equal(
		error_message(err), "Parameter 'qom-type' does not accept value 'nope'");
	assert_string_equal(error_hint(err), "There are: secret, thing.");
}

static void who_is_held_stays(void **state)
{
	struct object_set *set = *state;
	AUTO_ERROR struct error *err = NULL;
	struct object *thing;

	add(set, "thing,id=a");
	thing = object_get(object_set_find(set, "a"));
	assert_int_equal(object_set_remove(set, "a", &err), -EBUSY);
	assert_string_equal(error_message(err), "object 'a' is in use, can not be deleted");
	object_put(thing);
	assert_int_equal(object_set_remove(set, "a", NULL), 0);
	assert_int_equal(object_set_remove(set, "a", NULL), -ENOENT);
	assert_int_equal(things_open, 0);
}

static void all_are_walked_and_reloaded(void **state)
{
	struct object_set *set = *state;
	struct object *first;

	add(set, "thing,id=a");
	add(set, "secret,id=s,data=x");
	add(set, "thing,id=b");
	first = object_set_next(set, NULL);
	assert_string_equal(first->id, "a");
	assert_string_equal(object_set_next(set, object_set_next(set, first))->id, "b");
	assert_null(object_set_next(set, object_set_find(set, "b")));
	reloads = 0;
	object_set_reload(set);
	assert_int_equal(reloads, 2);
}

static void only_a_secret_has_a_text(void **state)
{
	struct object_set *set = *state;
	AUTO_ERROR struct error *err = NULL;
	AUTO_FREE char *text = NULL;

	add(set, "thing,id=a");
	add(set, "secret,id=s,data=pass");
	assert_int_equal(secret_text(set, "s", &text, NULL), 0);
	assert_string_equal(text, "pass");
	assert_int_equal(secret_text(set, "a", &text, &err), -ENOENT);
	assert_string_equal(error_message(err), "No secret with id 'a'");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mistakes_are_named),
		CASE(who_is_held_stays),
		CASE(all_are_walked_and_reloaded),
		CASE(only_a_secret_has_a_text),
	};

	return cmocka_run_group_tests_name("object/object", tests, NULL, NULL);
}
