/* SPDX-License-Identifier: MIT */
/*
 * Members fail, each in a way of its own, in every order, while the guest prints and others read
 * on: those have all that the guest has printed, to the byte.
 */
#include "hub-fixture.h"

#include "lib/kept-log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	OTHERS = 8,
	WAYS = 5,
	PART_BYTES = 20000, /* with one a failure, more than a window */
	GRACE_MS = 100,
};

static const char *const other_classes[OTHERS] = { "fake", "fake-reserve", "fake-sink", "fake",
	"fake-reserve", "fake", "fake-sink", "fake" };

struct race {
	struct hub_fixture *f;
	struct fake_chardev *others[OTHERS], *failing[WAYS];
};

/* ---- ways to fail ---- */

static void hangs_up(struct fake_chardev *fake)
{
	fake_chardev_hang_up(fake);
}

static void gives_an_error(struct fake_chardev *fake)
{
	fake_chardev_fail(fake, EIO);
}

static void half_closes_and_takes_no_more(struct fake_chardev *fake)
{
	fake_chardev_half_close(fake);
	fake_chardev_fail(fake, EPIPE);
}

static void stalls(struct fake_chardev *fake)
{
	fake_chardev_set_accept(fake, 100);
}

static void is_removed(struct fake_chardev *fake)
{
	chardev_free(&fake->base);
}

static void (*const ways[WAYS])(struct fake_chardev *fake) = { hangs_up, gives_an_error,
	half_closes_and_takes_no_more, stalls, is_removed };

/* ---- a race ---- */

static struct fake_chardev *add(struct hub_fixture *f, const char *class, char letter, int i)
{
	struct chardev *chardev = NULL;
	char text[64];

	snprintf(text, sizeof(text), "%s,id=%c%d", class, letter, i);
	assert_int_equal(chardev_set_add_text(f->set, text, &chardev, NULL), 0);
	return fake_chardev_of(chardev);
}

/* One that fails stands between two that do not. */
static void start(struct race *race, const char *options)
{
	char text[512];
	int len, n = 0;

	len = snprintf(
		text, sizeof(text), "window=64k,grace-ms=%d,terminal=off%s", GRACE_MS, options);
	for (int i = 0; i < OTHERS; i++) {
		race->others[i] = add(race->f, other_classes[i], 'o', i);
		len += snprintf(text + len, sizeof(text) - (size_t)len, ",chardevs.%d=o%d", n++, i);
		if (i >= WAYS)
			continue;
		race->failing[i] = add(race->f, "fake", 'f', i);
		len += snprintf(text + len, sizeof(text) - (size_t)len, ",chardevs.%d=f%d", n++, i);
	}
	fixture_hub(race->f, text, 0);
}

/* The guest waits for who stalls, a grace at most. One of the others is late now and then. */
static void guest_prints(struct race *race)
{
	size_t done;

	fake_chardev_set_accept(race->others[0], PART_BYTES / 2);
	done = fixture_fill(race->f, PART_BYTES);
	fake_chardev_set_accept(race->others[0], SIZE_MAX);

	if (done < PART_BYTES) {
		loop_advance(race->f->loop, GRACE_MS + 1);
		run_idle(race->f->loop);
		done += fixture_fill(race->f, PART_BYTES - done);
	}
	assert_int_equal(done, PART_BYTES);
}

static void fail_in_order(struct hub_fixture *f, const int order[WAYS], const char *options)
{
	struct race race = { .f = f };

	start(&race, options);
	guest_prints(&race);
	for (int i = 0; i < WAYS; i++) {
		ways[order[i]](race.failing[order[i]]);
		guest_prints(&race);
	}
	run_idle(f->loop);
	for (int i = 0; i < OTHERS; i++) {
		const struct strbuf *out = &race.others[i]->out;

		assert_int_equal(out->len, (WAYS + 1) * PART_BYTES);
		assert_true(fixture_is_stream(out->data, out->len, 0));
	}
}

static void swap(int *a, int *b)
{
	int old = *a;

	*a = *b;
	*b = old;
}

/* Each order of what is from @at on, each in a hub of its own. */
static void permute(void **state, int order[WAYS], int at, const char *options)
{
	if (at == WAYS) {
		hub_setup(state);
		fail_in_order(*state, order, options);
		hub_teardown(state);
		return;
	}
	for (int i = at; i < WAYS; i++) {
		swap(&order[at], &order[i]);
		permute(state, order, at + 1, options);
		swap(&order[at], &order[i]);
	}
}

static void others_have_all_where_the_late_are_skipped(void **state)
{
	permute(state, (int[WAYS]){ 0, 1, 2, 3, 4 }, 0, ",stall=skip");
}

static void others_have_all_where_the_late_are_closed(void **state)
{
	permute(state, (int[WAYS]){ 0, 1, 2, 3, 4 }, 0, ",stall=close");
}

/* ---- what is told ---- */

static void error_is_told_and_a_peer_that_has_left_is_not(void **state)
{
	struct hub_fixture *f = *state;
	struct kept_log log;
	char text[128];

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,terminal=off", 0);
	kept_log_begin(&log);
	fake_chardev_fail(f->fake[0], EPIPE);
	fixture_out(f, "a");
	assert_string_equal(log.last, "");
	fake_chardev_fail(f->fake[1], EIO);
	fixture_out(f, "b");
	snprintf(text, sizeof(text), "hub 'h': member 'f1' failed: %s", strerror(EIO));
	assert_non_null(strstr(log.last, text));
	kept_log_end(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(error_is_told_and_a_peer_that_has_left_is_not),
		cmocka_unit_test(others_have_all_where_the_late_are_skipped),
		cmocka_unit_test(others_have_all_where_the_late_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
