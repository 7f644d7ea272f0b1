/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "base/cleanup.h"
#include "object/object.h"
#include "opts/opts.h"

#include <stdio.h>
#include <string.h>

int hub_setup(void **state)
{
	static const struct chardev_class *const classes[] = { &hub_class, &fake_chardev_class,
		&fake_reserve_chardev_class, &fake_sink_chardev_class, NULL };
	struct hub_fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->set = chardev_set_new(f->loop, classes);
	fake_holder_init(&f->guest, f->loop);
	*state = f;
	return 0;
}

int hub_teardown(void **state)
{
	struct hub_fixture *f = *state;

	assert_int_equal(f->guest.faults, 0);
	fake_holder_done(&f->guest);
	chardev_set_free(f->set);
	object_set_free(f->objects); /* asserts that nobody holds a rule any more */
	loop_free(f->loop);
	free(f);
	return 0;
}

void fixture_rule(struct hub_fixture *f, const struct object_class *class, const char *text)
{
	AUTO_OPTS struct opts *opts = NULL;

	if (!f->objects) {
		f->classes[0] = class;
		f->objects = object_set_new(f->loop, f->classes);
		chardev_set_objects(f->set, f->objects);
	}
	assert_int_equal(opts_parse(text, "qom-type", &opts, NULL), 0);
	assert_int_equal(object_set_add(f->objects, opts, NULL), 0);
}

void fixture_fakes(struct hub_fixture *f, int n)
{
	for (int i = 0; i < n; i++) {
		char id[16];

		snprintf(id, sizeof(id), "f%d", i);
		f->fake[i] = fake_chardev_add(f->set, id);
		assert_non_null(f->fake[i]);
	}
}

void fixture_hub(struct hub_fixture *f, const char *text, unsigned flags)
{
	AUTO_ERROR struct error *err = NULL;
	char all[512];

	snprintf(all, sizeof(all), "hub,id=h,%s", text);
	if (chardev_set_add_text(f->set, all, &f->hub, &err) < 0)
		fail_msg("%s", error_message(err));
	if (fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, &err) < 0)
		fail_msg("%s", error_message(err));
	chardev_link_set_flags(&f->guest.link, flags);
	run_idle(f->loop);
}

void fixture_fail(struct hub_fixture *f, const char *text, const char *message)
{
	AUTO_ERROR struct error *err = NULL;
	char all[512];

	snprintf(all, sizeof(all), "hub,id=h,%s", text);
	assert_true(chardev_set_add_text(f->set, all, &f->hub, &err) < 0);
	assert_string_equal(error_message(err), message);
	assert_null(chardev_set_find(f->set, "h"));
	run_idle(f->loop);
}

void fixture_out(struct hub_fixture *f, const char *text)
{
	assert_int_equal(fake_holder_out_all(&f->guest, text, strlen(text)), 0);
}

char fixture_line(uint64_t offset)
{
	static const char digits[] = "0123456789abcdef";
	unsigned column = (unsigned)(offset % 16);

	return column == 15 ? '\n' : digits[(offset / 16) >> (4 * column) & 15];
}

bool fixture_is_stream(const char *bytes, size_t len, uint64_t from)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != fixture_line(from + i))
			return false;
	return true;
}

/* A hub that is a terminal reads so much a dispatch: has it only been waiting for the next one? */
static bool goes_on_by_itself(struct hub_fixture *f)
{
	unsigned calls = f->guest.room_calls;

	run_idle(f->loop);
	if (f->guest.room_calls == calls)
		return false;
	f->guest.room_calls = calls;
	return true;
}

size_t fixture_fill(struct hub_fixture *f, size_t len)
{
	size_t done = 0;

	while (done < len) {
		char chunk[1000];
		size_t want = len - done < sizeof(chunk) ? len - done : sizeof(chunk);
		ssize_t n;

		for (size_t i = 0; i < want; i++)
			chunk[i] = fixture_line(f->hub->out_bytes + i);
		n = fake_holder_out(&f->guest, chunk, want);
		assert_true(n >= 0);
		done += (size_t)n;
		if ((size_t)n < want && !goes_on_by_itself(f))
			break;
	}
	return done;
}

struct hub_member_info fixture_info(const struct hub_fixture *f, const char *id)
{
	struct hub_member_info info = { 0 };

	for (size_t i = 0; hub_member_info(f->hub, i, &info) == 0; i++)
		if (!strcmp(info.id, id))
			return info;
	fail_msg("no member %s", id);
	return info;
}
