/* SPDX-License-Identifier: MIT */
#include "client/when.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { NOW = 1795946405 }; /* 2026-11-29 10:00:05 UTC, a Sunday */

static int64_t moment(const char *text, int64_t now)
{
	struct error *err = NULL;
	int64_t when = -1;

	if (when_parse(text, now, &when, &err) < 0)
		fail_msg("%s", error_message(err));
	return when;
}

static void check(const char *text, int64_t wanted)
{
	int64_t when = moment(text, NOW);

	if (when != wanted)
		fail_msg("'%s' is %lld, not %lld", text, (long long)when, (long long)wanted);
}

static void set_clock(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* As in Berlin, and without any list of zones. */
static int berlin(void **state)
{
	(void)state;
	set_clock("CET-1CEST,M3.5.0,M10.5.0/3");
	return 0;
}

static void seconds_since_1970(void **state)
{
	(void)state;
	check("1795946405", NOW);
	check("@1795946405", NOW);
	check("0", 0);
}

static void before_now(void **state)
{
	(void)state;
	check("-5m", NOW - 300);
	check("5m", NOW - 300);
	check("5m ago", NOW - 300);
	check("90s ago", NOW - 90);
	check("1h30m", NOW - 5400);
	check("-2d", NOW - 2 * 86400);
	check("1w ago", NOW - 7 * 86400);
	check("9999w", 0);
}

static void the_last_time_that_it_was_so_late(void **state)
{
	(void)state;
	check("10:00", NOW - 3600 - 5);
	check("10:00:05", NOW - 3600);
	check("11:00:05", NOW);
	check("11:00:06", NOW + 1 - 86400);
	check("00:00", NOW - 11 * 3600 - 5);
	check("23:30", NOW - 11 * 3600 - 5 - 1800);
}

static void days_by_the_clock_here(void **state)
{
	(void)state;
	check("2026-11-29", NOW - 11 * 3600 - 5);
	check("2026-11-29 10:00", NOW - 3600 - 5);
	check("2026-11-29 10:00:05", NOW - 3600);
	check("2026-11-29T10:00:05", NOW - 3600);
	check("2026-11-29T10:00:05.123", NOW - 3600);
	check("2026-07-01 12:00", 1782900000);
	check("2024-02-29 00:00", 1709161200);
}

static void days_by_a_clock_elsewhere(void **state)
{
	(void)state;
	check("2026-11-29T10:00:05Z", NOW);
	check("2026-11-29 10:00:05Z", NOW);
	check("2026-11-29T10:00:05.5Z", NOW);
	check("2026-11-29T11:00:05+01:00", NOW);
	check("2026-11-29T02:00:05-0800", NOW);
	check("2026-11-29T15:30:05+05:30", NOW);
	check("2026-11-29T10:00Z", NOW - 5);
}

static void a_time_that_the_clock_leaves_out_is_when_it_does(void **state)
{
	const int64_t jump = 1774746000; /* 2026-03-29 01:00 UTC */

	(void)state;
	check("2026-03-29 01:59:59", jump - 1);
	check("2026-03-29 02:00", jump);
	check("2026-03-29 02:30", jump);
	check("2026-03-29 02:59:59", jump);
	check("2026-03-29 03:00", jump);
	assert_int_equal(moment("02:30", jump + 60), jump);
	assert_int_equal(moment("02:30", jump - 60), jump - 86400 + 1800);
	/* at midnight, so that a day begins later */
	set_clock("EET-2EEST,M3.5.0/0,M10.5.0/0");
	check("2026-03-29", 1774735200);
	check("2026-03-29 01:00", 1774735200);
}

static void of_a_time_that_comes_twice_the_first_is_meant(void **state)
{
	const int64_t back = 1792890000; /* 2026-10-25 01:00 UTC */

	(void)state;
	check("2026-10-25 02:30", back - 1800);
	check("2026-10-25 02:00", back - 3600);
	check("2026-10-25 03:00", back + 3600);
	check("2026-10-25T02:30+01:00", back + 1800);
}

static void what_is_no_time_is_told(void **state)
{
	static const char *const bad[] = { "", "x", "-", "-5", "5x", "5m x", "-5m ago", "m", "@",
		"@x", "10:", "10:00:", "25:00", "10:60", "10:00x", "10:00Z", "2026-13-01",
		"2026-02-29", "2026-02-30 10:00", "2026-11-29 ", "2026-11-29 10",
		"2026-11-29 10:00 x", "2026-11-29T10:00+1", "2026-11-29T10:00+25:00",
		"2026-11-29T10:00:05.", "9999999999w", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error *err = NULL;
		int64_t when = -1;
		int r = when_parse(bad[i], NOW, &when, &err);

		if (r != -EINVAL || !error_hint(err) || when != -1)
			fail_msg("'%s' is %lld", bad[i], (long long)when);
		error_free(err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_since_1970),
		cmocka_unit_test(before_now),
		cmocka_unit_test_setup(the_last_time_that_it_was_so_late, berlin),
		cmocka_unit_test_setup(days_by_the_clock_here, berlin),
		cmocka_unit_test_setup(days_by_a_clock_elsewhere, berlin),
		cmocka_unit_test_setup(a_time_that_the_clock_leaves_out_is_when_it_does, berlin),
		cmocka_unit_test_setup(of_a_time_that_comes_twice_the_first_is_meant, berlin),
		cmocka_unit_test_setup(what_is_no_time_is_told, berlin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
