/* SPDX-License-Identifier: MIT */
#include "record/recorder.h"

#include "../hub/hub-fixture.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "chardev/handover.h"
#include "io/work-pool.h"
#include "io/writer.h"
#include "lib/files.h"
#include "lib/hang.h"
#include "record/left-takes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

enum { BIG = 400 * 1024 };

/**
 * struct fixture
 * @told: "+PATH " and "-PATH " of takes, without the folder
 */
struct fixture {
	struct hub_fixture *hub;
	struct recorder_host host;
	struct recorder *recorder;
	struct work_pool *pool;
	struct strbuf told;
	char dir[32];
};

static void tell(void *data, const char *record, struct chardev *hub, const struct take_info *take,
	bool begins)
{
	struct fixture *f = data;

	assert_string_equal(record, "r");
	assert_true(chardev_is_hub(hub));
	strbuf_printf(&f->told, "%c%s ", begins ? '+' : '-', take->path + strlen(f->dir) + 1);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	hub_setup((void **)&f->hub);
	strcpy(f->dir, "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->host = (struct recorder_host){
		.loop = f->hub->loop, .chardevs = f->hub->set, .tell = tell, .data = f
	};
	assert_int_equal(work_pool_get(f->hub->loop, &f->pool), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *hub = f->hub;

	recorder_free(f->recorder);
	work_pool_put(f->pool);
	hub_teardown(&hub);
	strbuf_done(&f->told);
	empty_folder(f->dir);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* ---- doing ---- */

static struct opts *options(const struct fixture *f, const char *text)
{
	AUTO_ERROR struct error *err = NULL;
	struct opts *opts = NULL;
	char all[256];

	snprintf(all, sizeof(all), "h,id=r,path=%s/%s", f->dir, text);
	if (opts_parse(all, "consoles", &opts, &err) < 0 || recorder_check(opts, &err) < 0)
		fail_msg("%s", error_message(err));
	return opts;
}

/* @text begins with the name of the file. */
static void record(struct fixture *f, const char *text)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_OPTS struct opts *opts = options(f, text);

	if (recorder_new(&f->host, opts, &f->recorder, &err) < 0)
		fail_msg("%s", error_message(err));
}

static void start(struct fixture *f, const char *hub, const char *text)
{
	fixture_fakes(f->hub, 2);
	fixture_hub(f->hub, hub, 0);
	record(f, text);
}

static void stop(struct fixture *f)
{
	recorder_free(TAKE_PTR(f->recorder));
	work_pool_settle(f->pool, 5000);
}

static void print(struct fixture *f, const char *text)
{
	fixture_out(f->hub, text);
	run_idle(f->hub->loop);
}

static void come(struct fixture *f, int who, bool here)
{
	fake_chardev_set_open(f->hub->fake[who], here);
	run_idle(f->hub->loop);
}

static void expect_told(struct fixture *f, const char *text)
{
	assert_string_equal(f->told.len ? f->told.data : "", text);
	strbuf_truncate(&f->told, 0);
}

/* ---- looking ---- */

/* What the events of a file say, without times: "o:TEXT\n". Return: the caller's. */
static char *events(const struct fixture *f, const char *name)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *text = NULL;
	struct strbuf all = { 0 };
	bool first = true;

	assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
	text = file_text(path);
	strbuf_puts(&all, "");
	for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1, first = false) {
		json_t *line;

		*end = 0;
		line = json_loads(at, JSON_ALLOW_NUL, NULL);
		assert_non_null(line);
		if (first)
			assert_string_equal(json_string_value(json_object_get(line, "title")), "h");
		else
			strbuf_printf(&all, "%s:%s\n", json_string_value(json_array_get(line, 1)),
				json_string_value(json_array_get(line, 2)));
		json_decref(line);
		assert_true(*(end + 1) || end == text + strlen(at) + (at - text));
	}
	return strbuf_take(&all);
}

static void expect_events(const struct fixture *f, const char *name, const char *text)
{
	AUTO_FREE char *all = events(f, name);

	assert_string_equal(all, text);
}

static bool has_event(const struct fixture *f, const char *name, const char *event)
{
	AUTO_FREE char *all = events(f, name);

	return strstr(all, event);
}

/* ---- when ---- */

static void always_is_from_the_start_to_the_end(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	expect_told(f, "+a.cast ");
	print(f, "one");
	come(f, 0, false);
	print(f, "two\n");
	stop(f);
	expect_told(f, "-a.cast ");
	expect_events(f, "a.cast", "o:one\nm:f0 detached\no:two\n\n");
}

static void late_start_shows_what_was_there(void **state)
{
	struct fixture *f = *state;

	fixture_fakes(f->hub, 2);
	fixture_hub(f->hub, "chardevs.0=f0,terminal=on", 0);
	print(f, "before");
	record(f, "a.cast");
	print(f, " after");
	stop(f);
	assert_true(has_event(f, "a.cast", "before"));
	assert_true(has_event(f, "a.cast", "o: after\n"));
}

static void attended_time_has_a_file_of_its_own(void **state)
{
	struct fixture *f = *state;

	fixture_fakes(f->hub, 2);
	fake_chardev_set_open(f->hub->fake[0], false);
	fake_chardev_set_open(f->hub->fake[1], false);
	fixture_hub(f->hub, "chardevs.0=f0,chardevs.1=f1,terminal=off", 0);
	record(f, "a.cast,when=attached");
	print(f, "nobody");
	expect_told(f, "");
	come(f, 0, true);
	print(f, "one");
	come(f, 1, true);
	come(f, 0, false);
	print(f, "two");
	expect_told(f, "+a.cast ");
	come(f, 1, false);
	expect_told(f, "-a.cast ");
	print(f, "nobody");
	work_pool_settle(f->pool, 5000);
	expect_events(f, "a.cast", "o:one\nm:f1 attached\nm:f0 detached\no:two\nm:f1 detached\n");
	come(f, 0, true);
	expect_told(f, "+a.cast ");
	stop(f);
	expect_events(f, "a.cast", "");
}

static void typed_begins_with_the_first_key(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=on", "a.cast,when=typed");
	print(f, "login: ");
	expect_told(f, "");
	fake_chardev_type(f->hub->fake[0], "r", 1);
	run_idle(f->hub->loop);
	expect_told(f, "+a.cast ");
	print(f, "r");
	come(f, 0, false);
	expect_told(f, "-a.cast ");
	come(f, 0, true);
	print(f, "again");
	expect_told(f, "");
	work_pool_settle(f->pool, 5000);
	assert_true(has_event(f, "a.cast", "login: "));
	assert_true(has_event(f, "a.cast", "o:r\n"));
}

static void files_are_no_people(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chardev_set_add_text(
				 f->hub->set, "fake-sink,id=log", &(struct chardev *){ 0 }, NULL),
		0);
	fixture_hub(f->hub, "chardevs.0=log", 0);
	record(f, "a.cast,when=attached");
	expect_told(f, "");
}

/* ---- what ---- */

static void sizes_stand_between_what_was_printed(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=on", "a.cast");
	print(f, "one");
	assert_int_equal(hub_resize(f->hub->hub, 100, 30, NULL), 0);
	run_idle(f->hub->loop);
	print(f, "two");
	stop(f);
	expect_events(f, "a.cast", "o:one\nr:100x30\no:two\n");
}

static void typed_text_is_told_and_passwords_are_withheld(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=off", "a.cast,input=on");
	fake_chardev_type(f->hub->fake[0], "root\r", 5);
	print(f, "root\r\nPassword: ");
	fake_chardev_type(f->hub->fake[0], "secret\r", 7);
	print(f, "\r\n# ");
	stop(f);
	assert_true(has_event(f, "a.cast", "i:root\r\n"));
	assert_true(has_event(f, "a.cast", "m:typed, and not shown\n"));
	assert_false(has_event(f, "a.cast", "secret"));
}

static void typed_text_is_not_told_unless_asked_for(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	fake_chardev_type(f->hub->fake[0], "root\r", 5);
	print(f, "root\r\n");
	stop(f);
	expect_events(f, "a.cast", "o:root\r\n\n");
}

/* ---- files ---- */

static void full_recording_is_followed_by_another_one(void **state)
{
	struct fixture *f = *state;
	char line[1001];

	start(f, "chardevs.0=f0,terminal=off", "a.cast,rotate-size=4k");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	for (int i = 0; i < 5; i++)
		print(f, line);
	expect_told(f, "+a.cast -a.cast +a.cast ");
	print(f, "next");
	stop(f);
	expect_events(f, "a.cast", "o:next\n");
}

/* Or there would be no end of recordings. */
static void screen_at_the_beginning_fills_no_recording(void **state)
{
	struct fixture *f = *state;
	char line[32];

	fixture_fakes(f->hub, 2);
	fixture_hub(f->hub, "chardevs.0=f0,terminal=on", 0);
	for (int row = 0; row < 24; row++)
		for (int cell = 0; cell < 40; cell++) {
			snprintf(line, sizeof(line), "\033[%d;%dH\033[3%dmx", row + 1, 2 * cell + 1,
				cell % 8);
			print(f, line);
		}
	record(f, "a.cast,rotate-size=4k");
	print(f, "a");
	print(f, "b");
	expect_told(f, "+a.cast ");
}

static void what_is_there_already_is_moved_aside(void **state)
{
	struct fixture *f = *state;
	struct archive archive;
	char path[64];

	snprintf(path, sizeof(path), "%s/a.cast", f->dir);
	put_file(path, "old\n");
	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	print(f, "new");
	stop(f);
	expect_events(f, "a.cast", "o:new\n");
	assert_int_equal(archive_list(path, &archive), 0);
	assert_int_equal(archive.len, 2);
	assert_true(file_is(archive.items[0].path, "old\n"));
	archive_done(&archive);
}

static void permissions_are_as_asked_for(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char path[64];

	start(f, "chardevs.0=f0", "a.cast,mode=0600");
	snprintf(path, sizeof(path), "%s/a.cast", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void file_that_cannot_be_written_is_an_error(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	AUTO_OPTS struct opts *opts = options(f, "none/a.cast");

	fixture_fakes(f->hub, 1);
	fixture_hub(f->hub, "chardevs.0=f0", 0);
	assert_int_equal(recorder_new(&f->host, opts, &f->recorder, &err), -ENOENT);
	assert_non_null(strstr(error_message(err), "record 'r', console 'h': file: '"));
	assert_non_null(strstr(error_message(err), "none/a.cast' cannot be written: No such file"));
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void note_failing(void *data, const struct recording_info *info)
{
	*(struct take_info *)data = info->take;
}

/* The writer's queue and the window of the console are full, and more is printed. */
static void full_disk_is_marked_and_it_goes_on(void **state)
{
	struct fixture *f = *state;
	struct take_info info = { 0 };
	char label[64];

	start(f, "chardevs.0=f0,terminal=off,window=64k,keep=0", "a.cast");
	print(f, "begin\n");
	limit_files(1);
	for (size_t sent = 0; sent < BIG + WRITER_QUEUE_BYTES; sent += 32 * 1024) {
		fixture_fill(f->hub, 32 * 1024);
		run_idle(f->hub->loop);
	}
	recorder_each(f->recorder, note_failing, &info);
	assert_true(info.is_failing);
	limit_files(RLIM_INFINITY);
	for (int i = 0; !info.missing; i++) {
		loop_advance(f->hub->loop, WRITER_RETRY_MS);
		work_pool_settle(f->pool, 5000);
		run_idle(f->hub->loop);
		recorder_each(f->recorder, note_failing, &info);
	}
	print(f, "end");
	stop(f);
	snprintf(label, sizeof(label), "m:%llu bytes are missing here\n",
		(unsigned long long)info.missing);
	assert_true(has_event(f, "a.cast", label));
	assert_true(has_event(f, "a.cast", "o:end\n"));
}

/* More than the writer's queue has room for. */
static void what_waits_at_the_end_is_written(void **state)
{
	struct fixture *f = *state;
	char path[64];
	struct stat st;
	size_t sent = 0;

	snprintf(path, sizeof(path), "%s/a.cast", f->dir);
	start(f, "chardevs.0=f0,terminal=off,window=4M", "a.cast");
	hang_begin(path);
	while (sent < BIG + WRITER_QUEUE_BYTES)
		sent += fixture_fill(f->hub, 32 * 1024);
	recorder_free(TAKE_PTR(f->recorder));
	hang_end();
	work_pool_settle(f->pool, 5000);
	assert_int_equal(stat(path, &st), 0);
	assert_true((size_t)st.st_size > sent);
}

static void hub_that_goes_ends_it(void **state)
{
	struct fixture *f = *state;

	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	fixture_out(f->hub, "last words");
	chardev_free(f->hub->hub);
	work_pool_settle(f->pool, 5000);
	expect_told(f, "+a.cast -a.cast ");
	expect_events(f, "a.cast", "o:last words\n");
}

/* ---- rules ---- */

static void refuse(const struct fixture *f, const char *text, const char *message)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_OPTS struct opts *opts = NULL;

	(void)f;
	assert_int_equal(opts_parse(text, "consoles", &opts, NULL), 0);
	assert_int_equal(recorder_check(opts, &err), -EINVAL);
	assert_string_equal(error_message(err), message);
}

static void what_makes_no_sense_is_refused(void **state)
{
	refuse(*state, "id=r", "Parameter 'consoles' is missing");
	refuse(*state, "*,path=%x.cast", "Parameter 'path': '%x' means nothing");
	refuse(*state, "*,path=a%", "Parameter 'path': '%' means nothing");
	refuse(*state, "*,path=/var/%n/x",
		"Parameter 'path': '%n' is in the name of a folder, not of the file");
	refuse(*state, "*,users=user:joe",
		"Parameter 'users' needs 'when=attached' or 'when=typed'");
	refuse(*state, "*,path=%t,rotate-size=1M,rotate-keep=3",
		"Parameter 'rotate-keep' needs a path without %t: files that have a time in their "
		"names all stay as they are");
}

static void rules_fit_consoles_by_patterns_and_change(void **state)
{
	struct fixture *f = *state;
	AUTO_OPTS struct opts *other = NULL;

	start(f, "chardevs.0=f0", "%n.cast,consoles=x* h");
	expect_told(f, "+h.cast ");
	other = options(f, "%n.cast,consoles=x*");
	assert_int_equal(recorder_change(f->recorder, other, NULL), 0);
	expect_told(f, "-h.cast ");
	print(f, "not recorded");
	stop(f);
	expect_events(f, "h.cast", "");
}

/* ---- another program ---- */

static const struct snapshot_field left_fields[] = {
	{ .name = "takes",
		.tag = 1,
		.type = SNAPSHOT_EACH,
		.of = take_fields,
		.size = sizeof(struct take_state) },
	{ 0 },
};

/* What is left is all that there is: it closes its file, and has written no more. */
static void vanish(struct fixture *f, const struct snapshot_groups *left)
{
	struct snapshot_groups takes = *left;
	struct snapshot_part part;
	struct take_state state;
	struct stat st;
	int fd;

	assert_true(snapshot_next_group(&takes, &part));
	assert_int_equal(snapshot_get(&part, take_fields, &state, NULL), 0);
	fd = dup(state.fd);
	assert_int_equal(fstat(fd, &st), 0);
	stop(f);
	assert_int_equal(ftruncate(fd, st.st_size), 0);
	assert_int_equal(dup2(fd, state.fd), state.fd);
	close(fd);
}

static void another_program_goes_on_in_the_same_file(void **state)
{
	struct fixture *f = *state;
	struct chardev_bequest to = { 0 };
	struct snapshot_groups left = { 0 };
	struct snapshot snapshot;

	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	print(f, "one\xc3");
	work_pool_settle(f->pool, 5000);
	assert_int_equal(snapshot_begin(&to.writer, false, NULL), 0);
	recorder_save(f->recorder, 1, &to);
	assert_int_equal(snapshot_finish(&to.writer, NULL), 0);
	assert_int_equal(snapshot_open(dup(to.writer.fd), &snapshot, NULL), 0);
	assert_int_equal(snapshot_get(&snapshot.all, left_fields, &left, NULL), 0);
	vanish(f, &left);
	f->host.left = left_takes_new(&left);
	record(f, "a.cast");
	left_takes_free(TAKE_PTR(f->host.left));
	expect_told(f, "+a.cast -a.cast ");
	print(f, "\xa4two");
	stop(f);
	expect_events(f, "a.cast", "o:one\no:\xc3\xa4two\n");
	snapshot_close(&snapshot);
	snapshot_done(&to.writer);
}

static int file_of(const struct snapshot_groups *groups)
{
	struct snapshot_groups rest = *groups;
	struct snapshot_part part;
	struct take_state state;

	assert_true(snapshot_next_group(&rest, &part));
	assert_int_equal(snapshot_get(&part, take_fields, &state, NULL), 0);
	return state.fd;
}

/* It is taken once, by the recorder and for the console that it was of; or it is closed. */
static void what_is_left_is_one_recorders_at_one_console(void **state)
{
	struct fixture *f = *state;
	struct chardev_bequest to = { 0 };
	struct snapshot_groups groups = { 0 };
	struct snapshot snapshot;
	struct left_takes *left;
	struct take_state take;

	start(f, "chardevs.0=f0,terminal=off", "a.cast");
	assert_int_equal(snapshot_begin(&to.writer, false, NULL), 0);
	recorder_save(f->recorder, 1, &to);
	assert_int_equal(snapshot_finish(&to.writer, NULL), 0);
	assert_int_equal(snapshot_open(dup(to.writer.fd), &snapshot, NULL), 0);
	assert_int_equal(snapshot_get(&snapshot.all, left_fields, &groups, NULL), 0);
	vanish(f, &groups);
	left = left_takes_new(&groups);
	assert_false(left_takes_take(left, "r", "h1", &take));
	assert_false(left_takes_take(left, "q", "h", &take));
	assert_true(left_takes_take(left, "r", "h", &take));
	assert_false(left_takes_take(left, "r", "h", &take));
	left_takes_free(left);
	assert_true(fcntl(take.fd, F_GETFD) >= 0);
	left_takes_free(left_takes_new(&groups));
	assert_int_equal(fcntl(file_of(&groups), F_GETFD), -1);
	snapshot_close(&snapshot);
	snapshot_done(&to.writer);
}

#define recorder_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		recorder_test(always_is_from_the_start_to_the_end),
		recorder_test(late_start_shows_what_was_there),
		recorder_test(attended_time_has_a_file_of_its_own),
		recorder_test(typed_begins_with_the_first_key),
		recorder_test(files_are_no_people),
		recorder_test(sizes_stand_between_what_was_printed),
		recorder_test(typed_text_is_told_and_passwords_are_withheld),
		recorder_test(typed_text_is_not_told_unless_asked_for),
		recorder_test(full_recording_is_followed_by_another_one),
		recorder_test(screen_at_the_beginning_fills_no_recording),
		recorder_test(what_is_there_already_is_moved_aside),
		recorder_test(permissions_are_as_asked_for),
		recorder_test(file_that_cannot_be_written_is_an_error),
		recorder_test(full_disk_is_marked_and_it_goes_on),
		recorder_test(what_waits_at_the_end_is_written),
		recorder_test(hub_that_goes_ends_it),
		recorder_test(what_makes_no_sense_is_refused),
		recorder_test(rules_fit_consoles_by_patterns_and_change),
		recorder_test(another_program_goes_on_in_the_same_file),
		recorder_test(what_is_left_is_one_recorders_at_one_console),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("record/recorder", tests, NULL, NULL);
}
