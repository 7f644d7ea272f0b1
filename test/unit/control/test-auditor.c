/* SPDX-License-Identifier: MIT */
#include "control/auditor.h"

#include "audit/check.h"
#include "audit/files.h"
#include "base/cleanup.h"
#include "control/event-table.h"
#include "control/type.h"
#include "io/work-pool.h"
#include "lib/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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

static void events_that_are_lost_are_counted(void **state)
{
	struct fixture *f = *state;
	struct auditor_figures figures;
	AUTO_FREE char *text = NULL;

	start(f, "");
	for (int i = 0; i < EVENTS_HELD + 10; i++)
		tell(f, &event_hub_member_skipped, "vm1");
	tell(f, &event_hub_member_opened, "vm1");
	loop_step(f->loop, false);
	auditor_figures(f->auditor, &figures);
	assert_int_equal(figures.lost, 11);
	stop(f);
	expect(f, "begin gap attached end");
	text = file_text(f->path);
	assert_non_null(strstr(text, "\"count\":11"));
	check(f);
}

static void a_disk_that_is_full_costs_lines_that_are_counted(void **state)
{
	struct fixture *f = *state;
	struct auditor_figures figures;

	snprintf(f->path, sizeof(f->path), "/dev/full");
	start(f, "");
	for (int i = 0; i < 3 * EVENTS_HELD; i++)
		tell(f, &event_hub_member_opened, "vm1");
	loop_step(f->loop, false);
	auditor_figures(f->auditor, &figures);
	assert_true(figures.is_failing);
	assert_int_equal(figures.lost, 2 * EVENTS_HELD);
	stop(f);
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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_happens_is_written),
		CASE(consoles_are_chosen_by_patterns),
		CASE(the_next_run_goes_on_in_the_chain),
		CASE(a_line_that_a_crash_has_torn_is_told_of),
		CASE(files_that_are_rotated_are_one_chain),
		CASE(events_that_are_lost_are_counted),
		CASE(a_disk_that_is_full_costs_lines_that_are_counted),
		CASE(who_takes_over_goes_on_in_the_chain),
		CASE(a_line_that_is_too_long_goes_without_its_details),
		CASE(what_is_typed_is_asked_for),
		CASE(options_change_while_it_runs),
		CASE(what_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
