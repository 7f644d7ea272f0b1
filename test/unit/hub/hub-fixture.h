/* SPDX-License-Identifier: MIT */
#ifndef TEST_UNIT_HUB_HUB_FIXTURE_H
#define TEST_UNIT_HUB_HUB_FIXTURE_H

#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct object_class;

/**
 * struct hub_fixture - a hub over scripted chardevs, held by a recording holder, under a clock that
 * stands still
 * @objects: NULL until there are rules
 */
struct hub_fixture {
	struct loop *loop;
	const struct object_class *classes[2];
	struct object_set *objects;
	struct chardev_set *set;
	struct fake_chardev *fake[8];
	struct chardev *hub;
	struct fake_holder guest;
};

int hub_setup(void **state);
int hub_teardown(void **state);

/** fixture_rule() - the -object @text, of @class; all rules of a test are of one class */
void fixture_rule(struct hub_fixture *f, const struct object_class *class, const char *text);

/** fixture_fakes() - @n fakes f0, f1, ... */
void fixture_fakes(struct hub_fixture *f, int n);

/** fixture_hub() - hub "h" with the -chardev options @text (without type and id), held by guest */
void fixture_hub(struct hub_fixture *f, const char *text, unsigned flags);

/** fixture_fail() - creation with these options must fail with exactly this text */
void fixture_fail(struct hub_fixture *f, const char *text, const char *message);

/** fixture_out() - the guest writes a text, all of which is accepted */
void fixture_out(struct hub_fixture *f, const char *text);

/** fixture_fill() - the guest writes numbered lines until @len bytes are accepted or it is full */
size_t fixture_fill(struct hub_fixture *f, size_t len);

/** fixture_line() - the byte at @offset of what fixture_fill() writes */
char fixture_line(uint64_t offset);

/** fixture_is_stream() - are @bytes those of fixture_fill() from offset @from on */
bool fixture_is_stream(const char *bytes, size_t len, uint64_t from);

/** fixture_info() - of a member by id */
struct hub_member_info fixture_info(const struct hub_fixture *f, const char *id);

#define hub_test(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)

#endif
