/* SPDX-License-Identifier: MIT */
#include "client/attachment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/**
 * struct rig - an attachment, the daemon's end of its connection, and what was told
 * @told: "abc" was printed, "[5]" bytes were missed, "(abc)" is for the terminal only
 */
struct rig {
	struct attachment at;
	int daemon;
	char told[256];
};

static void on_output(void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len)
{
	struct rig *rig = data;
	size_t told = strlen(rig->told);

	(void)offset;
	snprintf(rig->told + told, sizeof(rig->told) - told, printed ? "%.*s" : "(%.*s)", (int)len,
		(const char *)bytes);
}

static void on_missed(void *data, uint64_t bytes)
{
	struct rig *rig = data;
	size_t told = strlen(rig->told);

	snprintf(rig->told + told, sizeof(rig->told) - told, "[%u]", (unsigned)bytes);
}

static const struct attachment_ops ops = { .on_output = on_output, .on_missed = on_missed };

static void start(struct rig *rig)
{
	int fds[2];

	*rig = (struct rig){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	attachment_init(&rig->at, NULL, "vm", &ops, rig);
	rig->at.connection.fd = fds[0];
	rig->daemon = fds[1];
}

static void stop(struct rig *rig)
{
	close(rig->daemon);
	attachment_done(&rig->at);
}

static void print(struct rig *rig, enum attach_type type, uint64_t offset, const char *text)
{
	uint8_t frame[64];
	uint8_t *end = attach_put_output(frame, type, offset, strlen(text));

	memcpy(end, text, strlen(text));
	end += strlen(text);
	assert_int_equal(write(rig->daemon, frame, (size_t)(end - frame)), end - frame);
	assert_int_equal(attachment_read(&rig->at), 0);
}

static void a_gap_is_told_once_and_before_what_follows(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	print(&rig, ATTACH_DATA, 100, "abc");
	print(&rig, ATTACH_DATA, 110, "def");
	print(&rig, ATTACH_DATA, 113, "ghi");
	assert_string_equal(rig.told, "abc[7]defghi");
	stop(&rig);
}

static void a_screen_after_a_gap_tells_it(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	print(&rig, ATTACH_DATA, 0, "abc");
	print(&rig, ATTACH_SHOWN, 10, "screen");
	print(&rig, ATTACH_DATA, 10, "def");
	assert_string_equal(rig.told, "abc[7](screen)def");
	stop(&rig);
}

static void what_is_known_is_told_no_more(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	attachment_know(&rig.at, 105);
	print(&rig, ATTACH_DATA, 100, "abc");
	print(&rig, ATTACH_SHOWN, 103, "screen");
	print(&rig, ATTACH_DATA, 103, "defgh");
	print(&rig, ATTACH_DATA, 108, "ijk");
	assert_string_equal(rig.told, "(screen)fghijk");
	assert_int_equal(rig.at.offset, 111);
	stop(&rig);
}

static void a_gap_that_is_known_in_part_counts_from_there(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	print(&rig, ATTACH_DATA, 100, "abc");
	attachment_know(&rig.at, 108);
	print(&rig, ATTACH_DATA, 110, "def");
	assert_string_equal(rig.told, "abc[2]def");
	stop(&rig);
}

static void a_gap_in_front_of_the_first_output_is_told_where_that_is_known(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	attachment_know(&rig.at, 100);
	print(&rig, ATTACH_DATA, 104, "abc");
	assert_string_equal(rig.told, "[4]abc");
	stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_is_told_once_and_before_what_follows),
		cmocka_unit_test(a_screen_after_a_gap_tells_it),
		cmocka_unit_test(what_is_known_is_told_no_more),
		cmocka_unit_test(a_gap_that_is_known_in_part_counts_from_there),
		cmocka_unit_test(a_gap_in_front_of_the_first_output_is_told_where_that_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
