/* SPDX-License-Identifier: MIT */
#include "vt/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/*
 * What may be put off, and what of it need not be read at all. That nothing is told for what is
 * quiet is tested with random streams where it matters: test/unit/hub/test-lazy.c.
 */

/* ---- what is quiet ---- */

#define ALL SIZE_MAX

static const struct {
	const char *bytes;
	enum vt_quiet sound;
	size_t len;
} sounds[] = {
	{ "", VT_QUIET, ALL },
	{ "text\tand\r\nmore\v\f\b\016\017\177", VT_QUIET, ALL },
	{ "na\xc3\xafve \xe6\x97\xa5 \xc2\xb0 \x80\xff", VT_QUIET, ALL },
	{ "half of \xe6\x97", VT_UNFINISHED, 8 },
	{ "half \xf0", VT_UNFINISHED, 5 },
	{ "half \xf0\x9f\x98", VT_UNFINISHED, 5 },
	{ "all \xf0\x9f\x98\x80", VT_QUIET, ALL },
	{ "none \xe0\x80", VT_QUIET, ALL },
	{ "none \xc1", VT_QUIET, ALL },
	{ "\x80\x80\x80\x80", VT_QUIET, ALL },
	{ "cut \xe6\033", VT_LOUD, 5 },
	{ "cut \xe6\xe6", VT_LOUD, ALL },
	{ "cut \xe6\033[6n", VT_LOUD, 5 },
	{ "perhaps C1 \xc2", VT_UNFINISHED, 11 },
	{ "C1 \xc2\x9b", VT_LOUD, 3 },
	{ "ask \005", VT_LOUD, 4 },
	{ "ring\a", VT_LOUD, 4 },
	{ "a\033", VT_UNFINISHED, 1 },
	{ "a\033[", VT_UNFINISHED, 1 },
	{ "a\033[38;5", VT_UNFINISHED, 1 },
	{ "\033[m\033[1;31m\033[38:2::1:2:3m", VT_QUIET, ALL },
	{ "\033[H\033[3;4f\033[2A\033[K\033[0Kx", VT_QUIET, ALL },
	{ "\033[1K", VT_LOUD, 0 },
	{ "\033[2J", VT_LOUD, 0 },
	{ "\033[6n", VT_LOUD, 0 },
	{ "\033[c", VT_LOUD, 0 },
	{ "\033[1:2H", VT_LOUD, 0 },
	{ "\033[8;24;80t", VT_LOUD, 0 },
	{ "\033[s\033[u", VT_QUIET, ALL },
	{ "\033[3;7s", VT_LOUD, 0 },
	{ "\033[?25l\033[?2004;1h", VT_QUIET, ALL },
	{ "\033[?3h", VT_LOUD, 0 },
	{ "\033[?25;3h", VT_LOUD, 0 },
	{ "\033[?h", VT_LOUD, 0 },
	{ "\033[?25;h", VT_LOUD, 0 },
	{ "\033[?25n", VT_LOUD, 0 },
	{ "\033[>c", VT_LOUD, 0 },
	{ "\033[!p", VT_LOUD, 0 },
	{ "\033[\177", VT_LOUD, 0 },
	{ "\033[1\n", VT_LOUD, 0 },
	{ "\0337\0338\033(0\033)B", VT_QUIET, ALL },
	{ "\033(", VT_UNFINISHED, 0 },
	{ "\033(\n", VT_LOUD, 0 },
	{ "\033c", VT_LOUD, 0 },
	{ "\033%@", VT_LOUD, 0 },
	{ "\033Z", VT_LOUD, 0 },
	{ "\033P$qm\033\\", VT_LOUD, 0 },
	{ "\033]0;title\a\033]2;other\033\\$ ", VT_QUIET, ALL },
	{ "\033]0;ti", VT_UNFINISHED, 0 },
	{ "\033]0;ti\033", VT_UNFINISHED, 0 },
	{ "\033]0;ti\033[", VT_LOUD, 0 },
	{ "\033]", VT_UNFINISHED, 0 },
	{ "\033]0", VT_UNFINISHED, 0 },
	{ "\033]04", VT_LOUD, 0 },
	{ "\033]4;1;?\a", VT_LOUD, 0 },
	{ "\033]2;\xc3\xa4\a", VT_LOUD, 0 },
};

static void only_what_concerns_nobody_is_quiet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sounds) / sizeof(sounds[0]); i++) {
		struct vt_backlog backlog = { 0 };
		size_t all = strlen(sounds[i].bytes), len;
		enum vt_quiet sound = vt_listen(&backlog, 0, sounds[i].bytes, all, &len);

		if (sound != sounds[i].sound || len != (sounds[i].len == ALL ? all : sounds[i].len))
			fail_msg("number %zu: %d at %zu", i, sound, len);
	}
}

static void sequence_is_waited_for_only_so_long(void **state)
{
	struct vt_backlog backlog = { 0 };
	char bytes[1000];
	size_t len;

	(void)state;
	memset(bytes, '0', sizeof(bytes));
	memcpy(bytes, "x\033[", 3);
	assert_int_equal(vt_listen(&backlog, 0, bytes, 200, &len), VT_UNFINISHED);
	assert_int_equal(vt_listen(&backlog, 0, bytes, sizeof(bytes), &len), VT_LOUD);
	assert_int_equal(len, 1);
}

/* ---- what need not be read ---- */

enum { COLS = 12, ROWS = 5, SCROLLBACK = 40, ENOUGH = 2 * ROWS + SCROLLBACK };

static struct vt *new_vt(void)
{
	struct vt_config config = { .cols = COLS, .rows = ROWS, .scrollback_lines = SCROLLBACK };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	return vt;
}

static void put_line(struct strbuf *out, unsigned number)
{
	static const char *const ends[] = { "\r\n", "\r\n", "\n\r\n", "\r\t\tx\r\n", "\t\r\n" };

	for (unsigned i = 0; i < number * 7 % 31; i++)
		strbuf_putc(out, (char)('!' + (number + i) % 94));
	strbuf_puts(out, ends[number % 5]);
}

static void show(struct vt *vt, struct strbuf *out)
{
	const struct vt_replay how = { .flags = VT_REPLAY_HISTORY };

	vt_dump(vt, out);
	assert_int_equal(vt_replay(vt, out, &how), 0);
	strbuf_printf(out, "%u lines above", vt_scrollback_count(vt));
}

static void feed(struct vt *vt, const struct strbuf *bytes, size_t from)
{
	vt_feed(vt, bytes->data + from, bytes->len - from);
}

/* Settings with which plain text lands otherwise, and which it leaves alone. */
static const char *const settings[] = {
	"",
	"some text",
	"\033[1;31;44mred",
	"\033[?1049h\033[3;3Halternate",
	"\033[?7l",
	"\033[20h",
	"\033[?41h",
	"\033[?6h\033[2;4H\0337",
	"\033#3double\r\n\033#6wide",
	"0123456789ab",
	"\xe6\x97\xa5\xe6\x9c\xac e\xcc\x81\r\n",
	"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng",
	"\033]8;;http://x\alink",
	"\033[1\"qprotected",
};

static void skipped_lines_leave_nothing_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		for (unsigned lines = 1; lines < 70; lines += 3) {
			AUTO_STRBUF struct strbuf bytes = { 0 };
			AUTO_STRBUF struct strbuf is = { 0 };
			AUTO_STRBUF struct strbuf should = { 0 };
			struct vt *all = new_vt(), *some = new_vt();
			uint64_t enough;
			size_t skipped;

			vt_feed(all, settings[i], strlen(settings[i]));
			vt_feed(some, settings[i], strlen(settings[i]));
			for (unsigned line = 0; line < lines; line++)
				put_line(&bytes, line * 5);
			skipped = bytes.len;
			enough = vt_skip_after(some);
			assert_true(enough <= ENOUGH);
			/* without CRs all depends on the column that the first of them begins in */
			for (unsigned line = 0; line < enough; line++)
				if (lines % 2)
					put_line(&bytes, line);
				else
					strbuf_puts(&bytes, "x\n");
			feed(all, &bytes, 0);
			vt_skip(some, skipped);
			feed(some, &bytes, skipped);
			show(all, &should);
			show(some, &is);
			assert_string_equal(is.data, should.data);
			assert_int_equal(vt_offset(some), vt_offset(all));
			vt_free(all);
			vt_free(some);
		}
	}
}

static void nothing_is_skipped_where_lines_may_stay(void **state)
{
	static const char *const barred[] = { "\033[2;4r", "\033[?69h\033[2;5s", "\033(0",
		"\033[4h", "\033N", "\033", "\033[1", "\xe6\x97", "\033%@", "\033]2;" };

	(void)state;
	for (size_t i = 0; i < sizeof(barred) / sizeof(barred[0]); i++) {
		struct vt *vt = new_vt();

		vt_feed(vt, barred[i], strlen(barred[i]));
		assert_true(vt_skip_after(vt) == UINT64_MAX);
		vt_free(vt);
	}
}

static void scrollback_limited_by_bytes_keeps_what_it_keeps(void **state)
{
	struct vt_config config = { .cols = 1024, .rows = 5 };
	struct vt *vt = NULL;

	(void)state;
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	assert_true(vt_skip_after(vt) == UINT64_MAX);
	vt_free(vt);
}

static size_t listen(struct vt_backlog *backlog, const struct strbuf *bytes, size_t from)
{
	size_t len;

	assert_int_equal(
		vt_listen(backlog, from, bytes->data + from, bytes->len - from, &len), VT_QUIET);
	return from + len;
}

static void of_a_flood_the_end_is_left(void **state)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct vt_backlog backlog = { 0 };
	struct vt *vt = new_vt();
	size_t at = 0, skip;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		strbuf_puts(&bytes, "a plain line\r\n");
	at = listen(&backlog, &bytes, at);
	skip = vt_backlog_skip(&backlog, vt, 0);
	assert_true(skip > bytes.len / 2 && skip <= bytes.len - ENOUGH * 14);
	assert_memory_equal(bytes.data + skip - 2, "\r\n", 2);
	assert_int_equal(vt_backlog_skip(&backlog, vt, skip), 0);
	/* what comes between has to be read first */
	strbuf_puts(&bytes, "\033[1m");
	at = listen(&backlog, &bytes, at);
	assert_int_equal(vt_backlog_skip(&backlog, vt, 0), 0);
	assert_int_equal(backlog.plain, at);
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_concerns_nobody_is_quiet),
		cmocka_unit_test(sequence_is_waited_for_only_so_long),
		cmocka_unit_test(skipped_lines_leave_nothing_behind),
		cmocka_unit_test(nothing_is_skipped_where_lines_may_stay),
		cmocka_unit_test(scrollback_limited_by_bytes_keeps_what_it_keeps),
		cmocka_unit_test(of_a_flood_the_end_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
