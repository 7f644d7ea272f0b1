/* SPDX-License-Identifier: MIT */
#include "control/auditor.h"

#include "audit/check.h"
#include "audit/files.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "control/audit-record.h"
#include "control/event-table.h"
#include "control/type.h"
#include "io/work-pool.h"
#include "lib/fault.h"
#include "lib/files.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOME = 2000, MANY = 20000 /* more than may wait */ };

struct fixture {
	struct loop *loop;
	struct event_bus *bus;
	struct work_pool *pool;
	struct auditor *auditor;
	char dir[32], path[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->bus = event_bus_new(f->loop);
	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	strcpy(f->dir, "/tmp/charhub-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/audit", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	auditor_free(f->auditor);
	work_pool_put(f->pool);
	event_bus_free(f->bus);
	loop_free(f->loop);
	empty_folder(f->dir);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int try_start(
	struct fixture *f, const char *more, const struct auditor_state *left, struct error **err)
{
	const struct auditor_config config = { .loop = f->loop, .events = f->bus, .left = left };
	AUTO_OPTS struct opts *opts = NULL;
	char text[160];
	int r;

	snprintf(text, sizeof(text), "path=%s%s", f->path, more);
	assert_int_equal(opts_parse(text, "path", &opts, NULL), 0);
	r = auditor_check(opts, err);
	return r < 0 ? r : auditor_new(&config, opts, &f->auditor, err);
}

static void start(struct fixture *f, const char *more)
{
	assert_int_equal(try_start(f, more, NULL, NULL), 0);
}

static void stop(struct fixture *f)
{
	auditor_free(f->auditor);
	f->auditor = NULL;
	work_pool_drain(f->pool);
}

static void tell(struct fixture *f, const struct event_desc *desc, const char *hub)
{
	event_publish(f->bus, desc, json_pack("{s:s,s:s}", "hub", hub, "member", "m"));
}

/* What the file says that happened there, and how much of it it does not tell. */
static uint64_t count(const struct fixture *f, const char *what)
{
	AUTO_FILE FILE *file = fopen(f->path, "re");
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	uint64_t n = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		AUTO_JSON json_t *json = json_loads(line, 0, NULL);
		const char *is = json_string_value(json_object_get(json, "what"));
		const json_t *details = json_object_get(json, "details");

		n += !strcmp(is, what);
		if (!strcmp(is, "gap"))
			n += (uint64_t)json_integer_value(json_object_get(details, "count"));
	}
	return n;
}

static int feed(void *data, const char *bytes, size_t len)
{
	return audit_check_feed(data, bytes, len);
}

/* All that there is, old files too, is sound. Return: how many lines. */
static uint64_t check(const struct fixture *f)
{
	struct archive files;
	struct audit_check check = { 0 };

	assert_int_equal(audit_files(f->path, &files), 0);
	for (size_t i = 0; i < files.len; i++) {
		assert_int_equal(audit_file_read(&files.items[i], 0, feed, &check), 0);
		assert_int_equal(audit_check_file_ends(&check), 0);
	}
	audit_check_end(&check);
	archive_done(&files);
	assert_int_equal(check.fault, AUDIT_SOUND);
	return check.lines;
}

/* What happened, "begin attached end", by the present file. */
static void expect(const struct fixture *f, const char *words)
{
	AUTO_FREE char *text = file_text(f->path);
	struct strbuf whats = { 0 };
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
		AUTO_JSON json_t *json = json_loads(line, 0, NULL);

		strbuf_printf(&whats, "%s%s", whats.len ? " " : "",
			json_string_value(json_object_get(json, "what")));
	}
	assert_string_equal(whats.data, words);
	strbuf_done(&whats);
}

static void what_happens_is_written(void **state)
{
	struct fixture *f = *state;

	start(f, "");
	tell(f, &event_hub_member_opened, "vm1");
	tell(f, &event_hub_member_skipped, "vm1"); /* none of the audit */
	tell(f, &event_hub_member_closed, "vm1");
	stop(f);
	expect(f, "begin attached detached end");
	assert_int_equal(check(f), 4);
}

static void consoles_are_chosen_by_patterns(void **state)
{
	struct fixture *f = *state;

	start(f, ",consoles=db*  vm1");
	tell(f, &event_hub_member_opened, "vm1");
	tell(f, &event_hub_member_opened, "vm2");
	tell(f, &event_hub_member_closed, "db7");
	event_publish(f->bus, &event_shutdown, json_pack("{s:s}", "reason", "x"));
	stop(f);
	expect(f, "begin attached detached shutdown end");
}

static void the_next_run_goes_on_in_the_chain(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		start(f, "");
		stop(f);
	}
	expect(f, "begin end begin end begin end");
	assert_int_equal(check(f), 6);
}

static void a_line_that_a_crash_has_torn_is_told_of(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *text = NULL;

	start(f, "");
	stop(f);
	text = file_text(f->path);
	text[strlen(text) - 9] = '\0';
	put_file(f->path, text);
	start(f, "");
	stop(f);
	assert_int_equal(check(f), 3);
}

static void files_that_are_rotated_are_one_chain(void **state)
{
	struct fixture *f = *state;

	start(f, ",rotate-size=4k,rotate-keep=0");
	for (int i = 0; i < 200; i++)
		tell(f, &event_hub_member_opened, "vm1");
	stop(f);
	assert_int_equal(check(f), 202);
}

static void what_is_of_no_interest_pushes_nothing_out(void **state)
{
	struct fixture *f = *state;

	start(f, "");
	tell(f, &event_hub_member_opened, "vm1");
	for (int i = 0; i < EVENTS_HELD + 10; i++)
		tell(f, &event_hub_member_skipped, "vm1");
	tell(f, &event_hub_member_closed, "vm1");
	stop(f);
	expect(f, "begin attached detached end");
	check(f);
}

static void a_disk_that_is_full_costs_lines_that_are_counted(void **state)
{
	struct fixture *f = *state;
	struct auditor_figures figures;

	snprintf(f->path, sizeof(f->path), "/dev/full");
	start(f, "");
	for (int i = 0; i < MANY; i++)
		tell(f, &event_hub_member_opened, "vm1");
	loop_step(f->loop, false);
	auditor_figures(f->auditor, &figures);
	assert_true(figures.is_failing);
	assert_in_range(figures.lost, 1, MANY - 1000);
	assert_int_equal(figures.records + figures.lost, MANY + 1);
	stop(f);
}

/* As if what stands behind @at in the file had found no room. Return: what tells of that. */
/* What a FIFO takes meanwhile is read into a file of that name. */
static void take_all_of_fifo(struct fixture *f, int fifo)
{
	AUTO_FILE FILE *file = NULL;
	char buf[4096];
	ssize_t n;

	assert_int_equal(unlink(f->path), 0);
	file = fopen(f->path, "we");
	do {
		while ((n = read(fifo, buf, sizeof(buf))) > 0)
			assert_int_equal(fwrite(buf, 1, (size_t)n, file), n);
		loop_step(f->loop, false);
	} while (n != 0 && auditor_owes(f->auditor));
	while ((n = read(fifo, buf, sizeof(buf))) > 0)
		assert_int_equal(fwrite(buf, 1, (size_t)n, file), n);
}

/* More than the writer queues, and than a FIFO holds. */
static void the_end_is_waited_for_and_is_the_last_line(void **state)
{
	struct fixture *f = *state;
	int fifo;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	start(f, "");
	fifo = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	for (int i = 0; i < SOME; i++)
		tell(f, &event_hub_member_opened, "h");
	loop_step(f->loop, false);
	assert_true(auditor_owes(f->auditor));
	auditor_end(f->auditor);
	tell(f, &event_hub_member_opened, "h"); /* too late */
	take_all_of_fifo(f, fifo);
	stop(f);
	close(fifo);
	assert_int_equal(check(f), SOME + 2);
	assert_int_equal(count(f, "attached"), SOME);
	assert_int_equal(count(f, "end"), 1);
}

static size_t lose_behind(const struct fixture *f, const char *text, const char *at)
{
	struct strbuf all AUTO_STRBUF = { 0 };
	char words[AUDIT_LINE_MAX] = "";
	size_t len = audit_last_words(at, strlen(at), words, sizeof(words));

	strbuf_append(&all, text, (size_t)(at - text));
	strbuf_append(&all, words, len);
	strbuf_putc(&all, '\0');
	put_file(f->path, all.data);
	return len;
}

static size_t lose_lines(const struct fixture *f, unsigned from)
{
	AUTO_FREE char *text = file_text(f->path);
	const char *at = text;

	while (from--)
		at = strchr(at, '\n') + 1;
	return lose_behind(f, text, at);
}

static void lines_that_find_no_room_at_the_end_are_counted(void **state)
{
	struct fixture *f = *state;

	start(f, "");
	for (int i = 0; i < 5; i++)
		tell(f, &event_hub_member_opened, "vm1");
	stop(f);
	assert_in_range(lose_lines(f, 3), 1, AUDIT_LINE_MAX); /* three, and the end */
	assert_int_equal(check(f), 4);
	assert_int_equal(count(f, "attached"), 2 + 4);
	assert_in_range(lose_lines(f, 2), 1, AUDIT_LINE_MAX); /* what says so, and one more */
	assert_int_equal(check(f), 3);
	assert_int_equal(count(f, "attached"), 1 + 5);
	start(f, "");
	stop(f);
	expect(f, "begin attached gap begin end");
	assert_int_equal(check(f), 5);
}

static void what_counts_them_tells_of_a_torn_line_too(void **state)
{
	static const char torn[] = "{\"seq\":";
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;
	struct fixture *f = *state;
	struct strbuf text AUTO_STRBUF = { 0 };

	start(f, "");
	stop(f);
	before = file_text(f->path);
	strbuf_puts(&text, before);
	strbuf_append(&text, torn, sizeof(torn));
	put_file(f->path, text.data);
	start(f, "");
	stop(f);
	after = file_text(f->path);
	assert_in_range(lose_behind(f, after, after + strlen(text.data)), 1, AUDIT_LINE_MAX);
	assert_int_equal(check(f), 3);
	assert_int_equal(audit_last_words(torn, strlen(torn), after, strlen(after)), 0);
}

/* Whatever there is no memory for: the line, its hash, the event itself. */
static void events_for_which_there_is_no_memory_are_counted(void **state)
{
	struct fixture *f = *state;
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		start(f, "");
		fault_arm_code(n, ENOMEM);
		for (int i = 0; i < 3; i++)
			tell(f, &event_hub_member_opened, "vm1");
		loop_step(f->loop, false);
		failed = fault_disarm();
		tell(f, &event_hub_member_opened, "vm1");
		stop(f);
		assert_int_equal(count(f, "attached"), 4);
		check(f);
		assert_int_equal(unlink(f->path), 0);
	}
}

/* What waits goes on, and so does the count of what found no room. */
static void who_takes_over_tells_what_is_missing(void **state)
{
	struct fixture *f = *state;
	AUTO_STRBUF struct strbuf pending = { 0 };
	struct auditor_state left;
	struct auditor *before;

	start(f, "");
	for (int i = 0; i < MANY; i++)
		tell(f, &event_hub_member_opened, "vm1");
	before = f->auditor;
	work_pool_drain(f->pool);
	auditor_save(before, &pending, &left);
	assert_int_equal(try_start(f, "", &left, NULL), 0);
	stop(f);
	assert_int_equal(count(f, "attached"), MANY);
	check(f);
	auditor_free(before);
}

static void who_takes_over_goes_on_in_the_chain(void **state)
{
	struct fixture *f = *state;
	struct auditor_state left;
	struct strbuf pending = { 0 };
	struct auditor *before;
	char session[32], head[AUDIT_HASH_BYTES];

	start(f, "");
	tell(f, &event_hub_member_opened, "vm1");
	before = f->auditor;
	work_pool_drain(f->pool);
	auditor_save(before, &pending, &left);
	snprintf(session, sizeof(session), "%s", left.session);
	snprintf(head, sizeof(head), "%s", left.head);
	left.session = session, left.head = head;
	assert_int_equal(try_start(f, "", &left, NULL), 0);
	stop(f);
	expect(f, "begin attached begin end");
	check(f);
	strbuf_done(&pending);
	strcpy(f->path, "/dev/null");
	auditor_free(before);
}

static void a_line_that_is_too_long_goes_without_its_details(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *text = NULL, *reason = malloc(AUDIT_LINE_MAX + 1);

	memset(reason, 'x', AUDIT_LINE_MAX);
	reason[AUDIT_LINE_MAX] = '\0';
	start(f, "");
	event_publish(f->bus, &event_shutdown, json_pack("{s:s}", "reason", reason));
	stop(f);
	expect(f, "begin shutdown end");
	text = file_text(f->path);
	assert_non_null(strstr(text, "\"cut\":true"));
	check(f);
}

static void what_is_typed_is_asked_for(void **state)
{
	struct fixture *f = *state;

	start(f, "");
	assert_false(event_bus_hears_typing(f->bus));
	stop(f);
	start(f, ",typed=on");
	assert_true(event_bus_hears_typing(f->bus));
	tell(f, &event_console_typed, "vm1");
	stop(f);
	assert_false(event_bus_hears_typing(f->bus));
	expect(f, "begin end begin typed end");
}

static void options_change_while_it_runs(void **state)
{
	struct fixture *f = *state;
	AUTO_OPTS struct opts *opts = NULL;

	start(f, "");
	assert_int_equal(
		opts_parse("path=x,consoles=db*,typed=on,rotate-size=8k", "path", &opts, NULL), 0);
	assert_int_equal(auditor_check(opts, NULL), 0);
	assert_int_equal(auditor_change(f->auditor, opts, NULL), 0);
	tell(f, &event_hub_member_opened, "vm1");
	tell(f, &event_console_typed, "db1");
	stop(f);
	check(f);
	expect(f, "begin typed end");
}

static void what_cannot_be_is_an_error(void **state)
{
	static const struct {
		const char *more, *says;
	} cases[] = {
		{ ",mode=9", "Parameter 'mode' expects three octal digits" },
		{ ",rotate-age=x", "Parameter 'rotate-age' expects a time" },
		{ ",compress=zstd", "Parameter 'compress' needs 'rotate-size'" },
		{ ",foo=1", "foo" },
	};
	struct fixture *f = *state;
	AUTO_ERROR struct error *where = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ERROR struct error *err = NULL;

		assert_true(try_start(f, cases[i].more, NULL, &err) < 0);
		if (!strstr(error_message(err), cases[i].says))
			fail_msg("%s", error_message(err));
	}
	strcpy(f->path, "/nonexistent/audit");
	assert_int_equal(try_start(f, "", NULL, &where), -ENOENT);
	assert_non_null(strstr(error_message(where), "audit: '/nonexistent/audit' cannot be"));
}

/* The library asks our functions for memory, which may be made to fail. */
static void *get(size_t size)
{
	return malloc(size);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_happens_is_written),
		CASE(consoles_are_chosen_by_patterns),
		CASE(the_next_run_goes_on_in_the_chain),
		CASE(a_line_that_a_crash_has_torn_is_told_of),
		CASE(files_that_are_rotated_are_one_chain),
		CASE(what_is_of_no_interest_pushes_nothing_out),
		CASE(a_disk_that_is_full_costs_lines_that_are_counted),
		CASE(the_end_is_waited_for_and_is_the_last_line),
		CASE(lines_that_find_no_room_at_the_end_are_counted),
		CASE(what_counts_them_tells_of_a_torn_line_too),
		CASE(events_for_which_there_is_no_memory_are_counted),
		CASE(who_takes_over_goes_on_in_the_chain),
		CASE(who_takes_over_tells_what_is_missing),
		CASE(a_line_that_is_too_long_goes_without_its_details),
		CASE(what_is_typed_is_asked_for),
		CASE(options_change_while_it_runs),
		CASE(what_cannot_be_is_an_error),
	};

	json_set_alloc_funcs(get, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
