/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/cast.h"
#include "client/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void temporary(char path[32])
{
	int fd;

	memcpy(path, "/tmp/test-cast-XXXXXX", 22);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

/* Of the event in the next line: that it is @kind with @data. */
static void check_event(FILE *file, const char *kind, const char *data, size_t len)
{
	AUTO_FREE char *line = NULL;
	AUTO_JSON json_t *event = NULL;
	size_t size = 0;

	assert_true(getline(&line, &size, file) > 0);
	event = json_loads(line, 0, NULL);
	assert_int_equal(json_array_size(event), 3);
	assert_true(json_is_number(json_array_get(event, 0)));
	assert_string_equal(json_string_value(json_array_get(event, 1)), kind);
	assert_int_equal(json_string_length(json_array_get(event, 2)), len);
	assert_memory_equal(json_string_value(json_array_get(event, 2)), data, len);
}

static void what_happens_is_written_as_asciicast(void **state)
{
	struct cast cast = { 0 };
	AUTO_FREE char *header = NULL;
	AUTO_JSON json_t *first = NULL;
	size_t size = 0;
	char path[32];
	FILE *file;

	(void)state;
	temporary(path);
	assert_int_equal(cast_open(&cast, path, "vm", 132, 43, NULL), 0);
	cast_output(&cast, "a\"\\\033\xc3", 5);
	cast_output(&cast, "\xbc\xff", 2);
	cast_input(&cast, "\r", 1);
	cast_resize(&cast, 80, 24);
	cast_mark(&cast, "");
	assert_int_equal(cast_close(&cast), 0);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(getline(&header, &size, file) > 0);
	first = json_loads(header, 0, NULL);
	assert_int_equal(json_number(first, "version"), 2);
	assert_int_equal(json_number(first, "width"), 132);
	assert_int_equal(json_number(first, "height"), 43);
	check_event(file, "o", "a\"\\\033", 4);
	check_event(file, "o", "\xc3\xbc\xef\xbf\xbd", 5);
	check_event(file, "i", "\r", 1);
	check_event(file, "r", "80x24", 5);
	check_event(file, "m", "", 0);
	fclose(file);
	unlink(path);
}

static void nothing_is_written_where_nothing_is_open(void **state)
{
	struct cast cast = { 0 };

	(void)state;
	cast_output(&cast, "x", 1);
	cast_resize(&cast, 80, 24);
	cast_mark(&cast, "m");
	assert_int_equal(cast_close(&cast), 0);
}

static bool no_wait(uint64_t ms)
{
	(void)ms;
	return true;
}

static void what_is_no_recording_is_refused(void **state)
{
	static const char *const texts[] = { "no\n", "{\"version\": 1}\n",
		"{\"version\": 2}\n{\"a\": 1}\n", "{\"version\": 2}\n[1, 2, 3]\n" };
	char path[32];

	(void)state;
	temporary(path);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO_ERROR struct error *err = NULL;
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		fputs(texts[i], file);
		fclose(file);
		assert_int_equal(cast_play(path, 1, 0, no_wait, &err), -EPROTO);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_happens_is_written_as_asciicast),
		cmocka_unit_test(nothing_is_written_where_nothing_is_open),
		cmocka_unit_test(what_is_no_recording_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
