/* SPDX-License-Identifier: MIT */
#include "snapshot/index.h"
#include "snapshot/writer.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { TAG_MEMBER = 9, FILE_MAX = 4096 };

struct one_member {
	const char *id;
	uint64_t offset;
};

static const struct snapshot_field member_fields[] = {
	SNAPSHOT_FIELD(struct one_member, id, 1, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct one_member, offset, 2, SNAPSHOT_U64),
	{ 0 },
};

struct thing {
	uint64_t offset;
	unsigned policy;
	bool open;
	const char *name, *nothing;
	struct snapshot_bytes typed;
	int fd;
	struct snapshot_bulk journal;
	struct snapshot_groups members;
};

static const struct snapshot_field thing_fields[] = {
	SNAPSHOT_FIELD(struct thing, offset, 1, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct thing, policy, 2, SNAPSHOT_U32, .max = 3),
	SNAPSHOT_FIELD(struct thing, open, 3, SNAPSHOT_BOOL),
	SNAPSHOT_FIELD(struct thing, name, 4, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct thing, nothing, 5, SNAPSHOT_STRING),
	SNAPSHOT_FIELD(struct thing, typed, 6, SNAPSHOT_BLOB),
	SNAPSHOT_FIELD(struct thing, fd, 7, SNAPSHOT_FILE),
	SNAPSHOT_FIELD(struct thing, journal, 8, SNAPSHOT_LARGE),
	SNAPSHOT_FIELD(struct thing, members, TAG_MEMBER, SNAPSHOT_EACH, .of = member_fields,
		.size = sizeof(struct one_member)),
	{ 0 },
};

static const struct thing example = {
	.offset = 0x123456789abcdef0,
	.policy = 2,
	.open = true,
	.name = "hub0",
	.typed = { "a\0b", 3 },
	.fd = 1,
};

static void put_members(struct snapshot_writer *writer)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct one_member member = { i ? "b" : "a", i + 70 };

		snapshot_begin_group(writer, TAG_MEMBER, false);
		snapshot_put(writer, member_fields, &member);
		snapshot_end_group(writer);
	}
}

static void begin(struct snapshot_writer *writer)
{
	assert_int_equal(snapshot_begin(writer, false, NULL), 0);
}

static void put_example(struct snapshot_writer *writer)
{
	struct thing thing = example;

	snapshot_put_bulk(writer, &thing.journal, "jour", 4);
	snapshot_put_bulk(writer, &thing.journal, "nal", 3);
	snapshot_put(writer, thing_fields, &thing);
	put_members(writer);
}

/* Return: a descriptor of its own. */
static int finish(struct snapshot_writer *writer)
{
	int fd;

	assert_int_equal(snapshot_finish(writer, NULL), 0);
	fd = dup(writer->fd);
	snapshot_done(writer);
	return fd;
}

static int write_example(void)
{
	struct snapshot_writer writer;

	begin(&writer);
	put_example(&writer);
	return finish(&writer);
}

static void what_is_put_comes_back(void **state)
{
	struct snapshot snapshot;
	struct snapshot_part part;
	struct one_member member;
	struct thing thing;

	(void)state;
	assert_int_equal(snapshot_open(write_example(), &snapshot, NULL), 0);
	assert_int_equal(snapshot_check(&snapshot.all, thing_fields, sizeof(thing), NULL), 0);
	assert_int_equal(snapshot_get(&snapshot.all, thing_fields, &thing, NULL), 0);
	assert_true(thing.offset == example.offset);
	assert_int_equal(thing.policy, 2);
	assert_true(thing.open);
	assert_string_equal(thing.name, "hub0");
	assert_null(thing.nothing);
	assert_int_equal(thing.typed.len, 3);
	assert_memory_equal(thing.typed.data, "a\0b", 3);
	assert_int_equal(thing.fd, 1);
	assert_int_equal(thing.journal.len, 7);
	assert_memory_equal(snapshot_bulk(&snapshot, &thing.journal), "journal", 7);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(snapshot_next_group(&thing.members, &part));
		assert_int_equal(snapshot_get(&part, member_fields, &member, NULL), 0);
		assert_string_equal(member.id, i ? "b" : "a");
		assert_true(member.offset == i + 70);
	}
	assert_false(snapshot_next_group(&thing.members, &part));
	snapshot_close(&snapshot);
}

/* ---- broken files ---- */

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, 0), len);
	return fd;
}

static size_t read_example(char bytes[FILE_MAX])
{
	int fd = write_example();
	ssize_t len = pread(fd, bytes, FILE_MAX, 0);

	close(fd);
	assert_true(len > 0 && len < FILE_MAX);
	return (size_t)len;
}

static void assert_refused(const void *bytes, size_t len)
{
	AUTO_ERROR struct error *err = NULL;
	int fd = file_of(bytes, len);
	struct snapshot snapshot;

	assert_true(snapshot_open(fd, &snapshot, &err) < 0);
	assert_non_null(err);
	close(fd);
}

static void a_snapshot_that_is_cut_anywhere_is_refused(void **state)
{
	char bytes[FILE_MAX];
	size_t len = read_example(bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_refused(bytes, cut);
	bytes[len] = 0;
	assert_refused(bytes, len + 1);
}

static void a_byte_of_the_records_that_is_another_one_is_found(void **state)
{
	char bytes[FILE_MAX];
	size_t len = read_example(bytes);

	(void)state;
	for (size_t at = 0; at < len; at++) {
		if (at == 10 || at == 11 || (at >= SNAPSHOT_HEADER_BYTES && at < 39))
			continue; /* the minor version, and what is bulk */
		bytes[at] ^= 4;
		assert_refused(bytes, len);
		bytes[at] ^= 4;
	}
}

static void a_later_minor_version_is_read_and_another_major_one_refused(void **state)
{
	AUTO_ERROR struct error *err = NULL;
	char bytes[FILE_MAX];
	size_t len = read_example(bytes);
	struct snapshot snapshot;
	int fd;

	(void)state;
	bytes[11]++;
	assert_int_equal(snapshot_open(file_of(bytes, len), &snapshot, NULL), 0);
	assert_int_equal(snapshot.version.minor, snapshot_version.minor + 1);
	snapshot_close(&snapshot);
	bytes[9]++;
	fd = file_of(bytes, len);
	assert_int_equal(snapshot_open(fd, &snapshot, &err), -ENOTSUP);
	assert_non_null(strstr(error_message(err), "takes over 1 only"));
	close(fd);
}

/* ---- records that a table does not want ---- */

struct more {
	uint64_t more;
};

static const struct snapshot_field may_skip[] = {
	{ .name = "more", .tag = 77, .type = SNAPSHOT_U64, .offset = 0, .optional = true }, { 0 }
};
static const struct snapshot_field may_miss_only[] = { { .name = "more",
							       .tag = 77,
							       .type = SNAPSHOT_U64,
							       .offset = 0,
							       .optional = true,
							       .vital = true },
	{ 0 } };
static const struct snapshot_field may_not_skip[] = {
	{ .name = "more", .tag = 77, .type = SNAPSHOT_U64, .offset = 0 }, { 0 }
};

static int check_with(const struct snapshot_field *more, struct error **err)
{
	const struct more value = { 5 };
	struct snapshot_writer writer;
	struct snapshot snapshot;
	int r;

	begin(&writer);
	put_example(&writer);
	snapshot_put(&writer, more, &value);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	r = snapshot_check(&snapshot.all, thing_fields, sizeof(struct thing), err);
	snapshot_close(&snapshot);
	return r;
}

static void an_unknown_record_is_skipped_if_it_may_be(void **state)
{
	AUTO_ERROR struct error *err = NULL;

	(void)state;
	assert_int_equal(check_with(may_skip, NULL), 0);
	assert_int_equal(check_with(may_not_skip, &err), -ENOTSUP);
	assert_non_null(strstr(error_message(err), "record 77 is not known"));
}

/* Of a minor version that an older program would lose something with. */
static void a_vital_record_may_be_missing_and_is_not_skipped(void **state)
{
	static const struct snapshot_field another[] = {
		{ .name = "other", .tag = 78, .type = SNAPSHOT_U64, .optional = true }, { 0 }
	};
	struct more value = { 5 };
	struct snapshot_writer writer;
	struct snapshot snapshot;

	(void)state;
	assert_int_equal(check_with(may_miss_only, NULL), -ENOTSUP);
	begin(&writer);
	snapshot_put(&writer, another, &value);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	assert_int_equal(snapshot_check(&snapshot.all, may_miss_only, sizeof(value), NULL), 0);
	assert_int_equal(snapshot_get(&snapshot.all, may_miss_only, &value, NULL), 0);
	assert_int_equal(value.more, 0);
	snapshot_close(&snapshot);
}

static int check_fields(const struct snapshot_field *written, const void *from,
	const struct snapshot_field *read, struct error **err)
{
	struct snapshot_writer writer;
	struct snapshot snapshot;
	int r;

	begin(&writer);
	snapshot_put(&writer, written, from);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	r = snapshot_check(&snapshot.all, read, sizeof(struct thing), err);
	snapshot_close(&snapshot);
	return r;
}

static void what_is_missing_twice_or_out_of_bounds_is_told_by_name(void **state)
{
	static const struct snapshot_field twice[] = {
		{ .name = "a", .tag = 2, .type = SNAPSHOT_U64, .offset = 0 },
		{ .name = "b", .tag = 2, .type = SNAPSHOT_U64, .offset = 0 }, { 0 }
	};
	static const struct snapshot_field once[] = {
		{ .name = "a", .tag = 2, .type = SNAPSHOT_U64, .offset = 0, .max = 4 }, { 0 }
	};
	static const struct snapshot_field text[] = {
		{ .name = "a", .tag = 2, .type = SNAPSHOT_STRING, .offset = 0 }, { 0 }
	};
	static const struct snapshot_field other[] = {
		{ .name = "a", .tag = 2, .type = SNAPSHOT_U64, .offset = 0, .max = 4 },
		{ .name = "gone", .tag = 3, .type = SNAPSHOT_U64, .offset = 8 }, { 0 }
	};
	const struct {
		const struct snapshot_field *written, *read;
		uint64_t value;
		const char *error;
	} cases[] = {
		{ once, once, 4, NULL },
		{ once, once, 5, "'a' is out of bounds" },
		{ twice, once, 1, "'a' is there twice" },
		{ once, text, 1, "'a' is out of bounds" },
		{ once, other, 1, "'gone' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ERROR struct error *err = NULL;
		int r = check_fields(cases[i].written, &cases[i].value, cases[i].read, &err);

		assert_int_equal(r, cases[i].error ? -EBADMSG : 0);
		if (cases[i].error)
			assert_string_equal(error_message(err), cases[i].error);
	}
}

static void groups_are_no_deeper_than_may_be(void **state)
{
	AUTO_ERROR struct error *err = NULL;
	struct snapshot_writer writer;

	(void)state;
	begin(&writer);
	for (int i = 0; i <= SNAPSHOT_DEPTH_MAX; i++)
		snapshot_begin_group(&writer, 1, false);
	for (int i = 0; i <= SNAPSHOT_DEPTH_MAX; i++)
		snapshot_end_group(&writer);
	assert_int_equal(snapshot_finish(&writer, &err), -ELOOP);
	snapshot_done(&writer);
}

/* ---- descriptors ---- */

static bool stays(int fd)
{
	return !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void descriptors_stay_open_as_long_as_they_are_to(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	const struct thing thing = { .name = "a", .fd = fd };
	struct snapshot_writer writer;
	struct snapshot snapshot;

	(void)state;
	begin(&writer);
	snapshot_begin_group(&writer, 1, false);
	snapshot_put(&writer, thing_fields, &thing);
	snapshot_end_group(&writer);
	assert_int_equal(snapshot_leave_fds(&writer, true), 0);
	assert_true(stays(fd));
	assert_int_equal(snapshot_leave_fds(&writer, false), 0);
	assert_false(stays(fd));
	assert_int_equal(snapshot_leave_fds(&writer, true), 0);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	snapshot_own_fds(&snapshot.all);
	assert_false(stays(fd));
	snapshot_close(&snapshot);
	close(fd);
}

/* ---- parts by name ---- */

static int key_of(const struct snapshot_part *part, char **ret_key)
{
	struct thing thing;

	if (snapshot_get(part, thing_fields, &thing, NULL) < 0 || !*thing.name)
		return -EBADMSG;
	*ret_key = strdup(thing.name);
	return *ret_key ? 0 : -ENOMEM;
}

static void put_named(struct snapshot_writer *writer, const char *name, int fd)
{
	const struct thing thing = { .name = name, .fd = fd };

	snapshot_begin_group(writer, TAG_MEMBER, false);
	snapshot_put(writer, thing_fields, &thing);
	snapshot_end_group(writer);
}

static void a_part_is_taken_once_by_its_name_or_closed(void **state)
{
	enum { A, B, NAMELESS, PARTS };
	static const char *const names[PARTS] = { "a", "b", "" };
	struct snapshot_index index;
	struct snapshot_entry *entry;
	struct snapshot_writer writer;
	struct snapshot snapshot;
	int fds[PARTS];

	(void)state;
	begin(&writer);
	for (int i = 0; i < PARTS; i++) {
		fds[i] = memfd_create(names[i], MFD_CLOEXEC);
		put_named(&writer, names[i], fds[i]);
	}
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	assert_int_equal(snapshot_index_init(&index,
				 (struct snapshot_groups){ snapshot.all, TAG_MEMBER }, key_of),
		0);
	assert_null(snapshot_index_find(&index, "c"));
	entry = snapshot_index_find(&index, "a");
	assert_string_equal(entry->key, "a");
	assert_ptr_equal(snapshot_index_find(&index, "a"), entry);
	snapshot_index_take(entry);
	assert_null(snapshot_index_find(&index, "a"));
	snapshot_index_done(&index);
	assert_int_equal(fcntl(fds[B], F_GETFD), -1);
	assert_int_equal(fcntl(fds[NAMELESS], F_GETFD), -1);
	assert_int_equal(close(fds[A]), 0);
	snapshot_close(&snapshot);
}

/* The one of a group, and the one behind it. */
static const struct snapshot_field outer_fields[] = {
	SNAPSHOT_FIELD(struct thing, members, 1, SNAPSHOT_EACH, .of = thing_fields,
		.size = sizeof(struct thing)),
	SNAPSHOT_FIELD(struct thing, fd, 2, SNAPSHOT_FILE),
	{ 0 },
};

static void descriptors_may_have_other_numbers(void **state)
{
	static const int others[] = { 300, 7, 8 };
	const struct thing first = { .name = "a", .fd = 7 }, last = { .fd = 300 };
	AUTO_ERROR struct error *err = NULL;
	struct snapshot_writer writer;
	struct snapshot snapshot;
	struct snapshot_part part;
	struct thing got;

	(void)state;
	begin(&writer);
	snapshot_put_group(&writer, 1, thing_fields, &first);
	snapshot_put(&writer, outer_fields, &last);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	assert_int_equal(snapshot_set_fds(&snapshot, others, 3, &err), -EBADMSG);
	assert_string_equal(
		error_message(err), "the snapshot refers to 2 descriptors, and 3 are there");
	assert_int_equal(snapshot_set_fds(&snapshot, others, 2, NULL), 0);
	assert_int_equal(snapshot_get(&snapshot.all, outer_fields, &got, NULL), 0);
	assert_int_equal(got.fd, 7);
	assert_true(snapshot_next_group(&got.members, &part));
	assert_int_equal(snapshot_get(&part, thing_fields, &got, NULL), 0);
	assert_int_equal(got.fd, 300);
	snapshot_close(&snapshot);
}

static void a_trial_is_without_bulk(void **state)
{
	struct thing thing = example;
	struct snapshot_writer writer;
	struct snapshot snapshot;

	(void)state;
	assert_int_equal(snapshot_begin(&writer, true, NULL), 0);
	snapshot_put_bulk(&writer, &thing.journal, "x", 1);
	snapshot_put(&writer, thing_fields, &thing);
	assert_int_equal(snapshot_open(finish(&writer), &snapshot, NULL), 0);
	assert_int_equal(snapshot_check(&snapshot.all, thing_fields, sizeof(thing), NULL), 0);
	snapshot_close(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_comes_back),
		cmocka_unit_test(a_snapshot_that_is_cut_anywhere_is_refused),
		cmocka_unit_test(a_byte_of_the_records_that_is_another_one_is_found),
		cmocka_unit_test(a_later_minor_version_is_read_and_another_major_one_refused),
		cmocka_unit_test(an_unknown_record_is_skipped_if_it_may_be),
		cmocka_unit_test(a_vital_record_may_be_missing_and_is_not_skipped),
		cmocka_unit_test(what_is_missing_twice_or_out_of_bounds_is_told_by_name),
		cmocka_unit_test(groups_are_no_deeper_than_may_be),
		cmocka_unit_test(descriptors_stay_open_as_long_as_they_are_to),
		cmocka_unit_test(descriptors_may_have_other_numbers),
		cmocka_unit_test(a_part_is_taken_once_by_its_name_or_closed),
		cmocka_unit_test(a_trial_is_without_bulk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
