/* SPDX-License-Identifier: MIT */
#include "client/when.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* ---- by a clock ---- */

static bool shows(time_t when, const struct tm *wanted)
{
	struct tm tm;

	return localtime_r(&when, &tm) && tm.tm_year == wanted->tm_year &&
	       tm.tm_yday == wanted->tm_yday && tm.tm_hour == wanted->tm_hour &&
	       tm.tm_min == wanted->tm_min && tm.tm_sec == wanted->tm_sec;
}

static time_t to_time(const struct tm *wanted, int is_summer)
{
	struct tm tm = *wanted;

	tm.tm_isdst = is_summer;
	return mktime(&tm);
}

/* The clock is put forward between the two: when? */
static time_t find_jump(time_t before, time_t after)
{
	struct tm then, tm;

	localtime_r(&before, &then);
	while (after - before > 1) {
		time_t middle = before + (after - before) / 2;

		localtime_r(&middle, &tm);
		if (tm.tm_gmtoff == then.tm_gmtoff)
			before = middle;
		else
			after = middle;
	}
	return after;
}

static time_t by_our_clock(const struct tm *wanted)
{
	time_t summer = to_time(wanted, 1), winter = to_time(wanted, 0);

	if (shows(summer, wanted))
		return summer;
	return shows(winter, wanted) ? winter : find_jump(summer, winter);
}

/* Is there such a day; fills in which one of its year it is. */
static bool is_date(struct tm *tm)
{
	struct tm same = *tm;

	if (timegm(&same) == -1 || same.tm_mday != tm->tm_mday || same.tm_sec != tm->tm_sec)
		return false;
	tm->tm_yday = same.tm_yday;
	return true;
}

/* Return: what follows the time of the day at @at; NULL: there is none. */
static const char *read_time(const char *at, struct tm *tm)
{
	const char *end = strptime(at, "%H:%M:%S", tm);

	if (!end) {
		tm->tm_sec = 0;
		return strptime(at, "%H:%M", tm);
	}
	if (*end == '.' && end[1] >= '0' && end[1] <= '9')
		end += 1 + strspn(end + 1, "0123456789");
	return end;
}

/* "Z", "+01:00", "-0800": how many seconds that clock is ahead of UTC's. */
static int read_zone(const char *text, int64_t *ret_ahead)
{
	struct tm zone = { 0 };
	const char *end;

	*ret_ahead = 0;
	if (!strcmp(text, "Z"))
		return 0;
	if ((*text != '+' && *text != '-') || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	end = strptime(text + 1, strchr(text, ':') ? "%H:%M" : "%H%M", &zone);
	if (!end || *end)
		return -EINVAL;
	*ret_ahead = (zone.tm_hour * 60 + zone.tm_min) * 60 * (*text == '-' ? -1 : 1);
	return 0;
}

/* Return: 0; -EINVAL: @text is nothing of that form. */
static int read_date(const char *text, int64_t *ret_when)
{
	struct tm tm = { 0 };
	int64_t ahead;
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	if (end && (*end == ' ' || *end == 'T'))
		end = read_time(end + 1, &tm);
	if (!end || !is_date(&tm))
		return -EINVAL;
	if (!*end) {
		*ret_when = by_our_clock(&tm);
		return 0;
	}
	if (read_zone(end, &ahead) < 0)
		return -EINVAL;
	*ret_when = timegm(&tm) - ahead;
	return 0;
}

static void go_back_a_day(struct tm *tm)
{
	struct tm day = {
		.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday - 1
	};

	timegm(&day);
	tm->tm_year = day.tm_year;
	tm->tm_mon = day.tm_mon;
	tm->tm_mday = day.tm_mday;
	tm->tm_yday = day.tm_yday;
}

static int read_clock(const char *text, int64_t now, int64_t *ret_when)
{
	time_t today = (time_t)now, when;
	struct tm tm;
	const char *end;

	if (!localtime_r(&today, &tm))
		return -EINVAL;
	end = read_time(text, &tm);
	if (!end || *end || !is_date(&tm))
		return -EINVAL;
	when = by_our_clock(&tm);
	if (when > now) {
		go_back_a_day(&tm);
		when = by_our_clock(&tm);
	}
	*ret_when = when;
	return 0;
}

/* ---- before now ---- */

static int read_ago(const char *text, int64_t now, int64_t *ret_when)
{
	const char *end = strstr(text, " ago");
	bool is_minus = *text == '-';
	AUTO_FREE char *span = NULL;
	uint64_t ago;

	if (end && (end[4] || is_minus))
		return -EINVAL;
	text += is_minus;
	span = end ? strndup(text, (size_t)(end - text)) : strdup(text);
	if (!span || parse_duration(span, &ago) < 0)
		return -EINVAL;
	*ret_when = now - (int64_t)ago;
	return 0;
}

/* ---- any of them ---- */

static int read_epoch(const char *text, int64_t *ret_when)
{
	uint64_t value;

	text += *text == '@';
	if (text[strspn(text, "0123456789")] || parse_u64(text, &value) < 0 || value > INT64_MAX)
		return -EINVAL;
	*ret_when = (int64_t)value;
	return 0;
}

int when_parse(const char *text, int64_t now, int64_t *ret_when, struct error **err)
{
	int64_t when;

	if (read_epoch(text, &when) < 0 && read_ago(text, now, &when) < 0 &&
		read_clock(text, now, &when) < 0 && read_date(text, &when) < 0) {
		error_set(err, EINVAL, "'%s' is no time", text);
		error_set_hint(err, "It is one as 10:00, 2026-11-29 10:00:05, 2026-11-29T10:00Z, "
				    "5m ago, or seconds since 1970.");
		return -EINVAL;
	}
	*ret_when = when > 0 ? when : 0;
	return 0;
}
