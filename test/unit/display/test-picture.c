/* SPDX-License-Identifier: MIT */
/*
 * A viewer keeps a picture of its own and does to it what the updates say. Whatever happens, it
 * must then be the picture that a full reading gives.
 */
#include "display-fixture.h"

#include "io/loop.h"
#include "lib/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MIRROR_COLS = 40, MIRROR_ROWS = 16, STEPS = 4000, VIEWERS = 3 };

/* What a viewer has on its screen, and the name of that. */
struct mirror {
	struct text_cell cells[MIRROR_ROWS][MIRROR_COLS];
	uint64_t name;
};

static void mirror_scroll(struct mirror *mirror, const struct display_update *update)
{
	int lines = update->scroll_lines;
	size_t count, top = update->scroll_top;

	if (!lines)
		return;
	count = update->scroll_bottom - top - (size_t)abs(lines);
	assert_true(update->scroll_bottom <= update->rows);
	if (lines > 0)
		memmove(mirror->cells[top], mirror->cells[top + (size_t)lines],
			count * sizeof(mirror->cells[0]));
	else
		memmove(mirror->cells[top + (size_t)-lines], mirror->cells[top],
			count * sizeof(mirror->cells[0]));
}

/* @view gives the cells of the spans. */
static void mirror_apply(
	struct mirror *mirror, const struct display_update *update, struct display_view *view)
{
	mirror_scroll(mirror, update);
	for (unsigned row = 0; row < update->rows; row++) {
		const struct vt_span *span = &update->spans[row];

		assert_true(span->first <= span->end && span->end <= update->cols);
		if (span->first < span->end)
			display_view_read(view, row, span->first, span->end,
				&mirror->cells[row][span->first]);
	}
	mirror->name = update->to;
}

/* Numbers of grapheme clusters may differ between two readings; nothing else may. */
static void assert_is_what_is_seen(const struct mirror *mirror, struct display_view *view)
{
	struct text_cell cells[MIRROR_COLS];

	for (unsigned row = 0; row < display_view_rows(view); row++) {
		unsigned cols = display_view_cols(view);

		display_view_read(view, row, 0, cols, cells);
		for (unsigned col = 0; col < cols; col++)
			assert_memory_equal(
				&mirror->cells[row][col], &cells[col], sizeof(cells[col]));
	}
}

static unsigned next_random(uint32_t *seed, unsigned below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static void feed_something(struct fixture *f, uint32_t *seed)
{
	static const char *const pieces[] = { "text ", "\r\n", "\n", "\n\n\n", "\033[H", "\033[2J",
		"\033[K", "\033[5mblink\033[m", "\u4e2d\u6587", "\033[2;4r", "\033[r", "\033M",
		"\033[L", "\033[2M", "\033[S", "\033[T", "\033[?25l", "\033[?25h", "\033[4 q",
		"\033[2 q", "\033[6 q", "\033[?1049h", "\033[?1049l", "\033[7m inv \033[m", "\b\b",
		"\033[3;7H", "\033[8;12H", "\033[?5h", "\033[?5l", "\033]4;1;#123456\007",
		"\033[31mred", "\033[12X", "\033[3J", "line\r\nline\r\nline\r\n", "e\xcc\x81" };
	unsigned pick = next_random(seed, sizeof(pieces) / sizeof(*pieces));

	fixture_feed(f, pieces[pick]);
}

static void change_notice(struct fixture *f, uint32_t *seed)
{
	if (next_random(seed, 3))
		display_console_notice(f->console, "'ann' has \u4e2d\u6587\u4e2d\u6587 "
						   "\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587");
	else
		loop_advance(f->loop, next_random(seed, 2 * DISPLAY_NOTICE_MS));
}

static void do_something(struct fixture *f, struct display_view *view, uint32_t *seed)
{
	unsigned x = next_random(seed, 350), y = next_random(seed, 120);

	switch (next_random(seed, 16)) {
	case 0: display_view_scroll(view, (int)next_random(seed, 11) - 5); break;
	case 1: display_view_blink(view, next_random(seed, 2)); break;
	case 2: display_view_pointer(view, x, y, DISPLAY_BUTTON_LEFT, *seed >> 24); break;
	case 3: display_view_pointer(view, x, y, 0, *seed >> 24); break;
	case 4: display_view_scroll(view, -1000); break;
	case 5:
		if (next_random(seed, 8) == 0)
			assert_int_equal(
				display_view_request_size(view, 1 + next_random(seed, MIRROR_COLS),
					1 + next_random(seed, MIRROR_ROWS)),
				0);
		break;
	case 6:
	case 7: change_notice(f, seed); break;
	default: feed_something(f, seed);
	}
}

static void updates_lead_to_the_picture(void **state)
{
	struct fixture *f = *state;
	struct watcher watchers[VIEWERS] = { 0 };
	static struct mirror mirrors[VIEWERS];
	uint32_t seed = 1;

	loop_fake_clock(f->loop);
	for (unsigned i = 0; i < VIEWERS; i++)
		watcher_open(f, &watchers[i], "viewer");
	for (unsigned step = 0; step < STEPS; step++) {
		struct watcher *who = &watchers[next_random(&seed, VIEWERS)];
		unsigned i = (unsigned)(who - watchers);

		do_something(f, who->view, &seed);
		if (next_random(&seed, 3))
			continue;
		display_view_collect(who->view, &f->update);
		mirror_apply(&mirrors[i], &f->update, who->view);
		assert_is_what_is_seen(&mirrors[i], who->view);
	}
	for (unsigned i = 0; i < VIEWERS; i++)
		watcher_close(&watchers[i]);
}

/* Two viewers collect one after the other: the second takes the update of the first. */
static void an_update_with_the_same_names_does_for_another_viewer(void **state)
{
	struct fixture *f = *state;
	struct watcher other = { 0 };
	static struct mirror mine, others;
	struct display_update update;
	uint32_t seed = 7;
	unsigned shared = 0;

	loop_fake_clock(f->loop);
	watcher_open(f, &other, "other");
	for (unsigned step = 0; step < STEPS; step++) {
		feed_something(f, &seed);
		if (next_random(&seed, 8) == 0)
			change_notice(f, &seed);
		if (next_random(&seed, 3))
			continue;
		fixture_collect(f);
		mirror_apply(&mine, &f->update, f->watcher.view);
		if (next_random(&seed, 4) == 0)
			feed_something(f, &seed);
		display_view_collect(other.view, &update);
		if (update.from && update.from == f->update.from && update.to == f->update.to) {
			shared++;
			memcpy(&others, &mine, sizeof(others));
		} else {
			mirror_apply(&others, &update, other.view);
		}
		assert_is_what_is_seen(&others, other.view);
	}
	assert_true(shared > STEPS / 10);
	watcher_close(&other);
}

static void a_scroll_moves_pixels_instead_of_drawing(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "a\r\nb\r\nc\r\nd\r\ne");
	fixture_collect(f);
	fixture_feed(f, "\r\nf");
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.scroll_lines, 1);
	assert_int_equal(f->update.spans[0].end, 0);
	/* The old cursor was moved up with its line. */
	assert_int_equal(f->update.spans[3].first, 1);
	assert_int_equal(f->update.spans[3].end, 2);
}

static void looking_back_moves_pixels_too(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20; i++)
		fixture_feed(f, "line\r\n");
	fixture_collect(f);
	display_view_scroll(f->watcher.view, 2);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.scroll_lines, -2);
	assert_int_equal(f->update.spans[1].end, FIXTURE_COLS);
	assert_int_equal(f->update.spans[2].end, 0);
}

static void output_leaves_alone_who_looks_far_back(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20; i++)
		fixture_feed(f, "line\r\n");
	display_view_scroll(f->watcher.view, 10);
	fixture_collect(f);
	fixture_feed(f, "more\r\nand more\r\n");
	assert_false(fixture_collect(f));
	assert_int_equal(watcher_back(&f->watcher), 12);
}

static void blinking_shows_and_hides_cells_and_cursor(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "\033[?25la\033[5mb\033[mc");
	fixture_collect(f);
	assert_string_equal(watcher_row(&f->watcher, 0), "abc");
	assert_true(display_view_wants_blink(f->watcher.view));
	display_view_blink(f->watcher.view, false);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.spans[0].first, 1);
	assert_int_equal(f->update.spans[0].end, 2);
	assert_string_equal(watcher_row(&f->watcher, 0), "a c");
	fixture_feed(f, "\033[2J");
	fixture_collect(f);
	display_view_blink(f->watcher.view, true);
	assert_false(fixture_collect(f));
	assert_false(display_view_wants_blink(f->watcher.view));
	fixture_feed(f, "\033[?25h\033[2 q");
	assert_false(display_view_wants_blink(f->watcher.view));
	fixture_feed(f, "\033[1 q");
	assert_true(display_view_wants_blink(f->watcher.view));
}

static void the_phase_of_what_blinks_is_part_of_a_pictures_name(void **state)
{
	struct fixture *f = *state;
	struct watcher other = { 0 };
	struct display_update update;
	uint64_t lit, dark;

	fixture_feed(f, "\033[5mblink");
	fixture_collect(f);
	lit = f->update.to;
	watcher_open(f, &other, "other");
	display_view_blink(other.view, false);
	display_view_collect(other.view, &update);
	dark = update.to;
	assert_int_not_equal(lit, 0);
	assert_int_not_equal(dark, 0);
	assert_int_not_equal(lit, dark);
	display_view_blink(other.view, true);
	assert_true(display_view_collect(other.view, &update));
	assert_int_equal(update.from, dark);
	assert_int_equal(update.to, lit);
	watcher_close(&other);
}

/* ---- golden pictures ---- */

static void check_view(struct watcher *watcher, const char *golden)
{
	unsigned cols = display_view_cols(watcher->view), rows = display_view_rows(watcher->view);
	struct text_cell cells[VT_COLS_MAX];
	struct font *font;
	struct picture picture;

	assert_int_equal(font_new("", &font, NULL), 0);
	picture_init(&picture, cols * TEXT_CELL_WIDTH, rows * TEXT_CELL_HEIGHT);
	for (unsigned row = 0; row < rows; row++) {
		display_view_read(watcher->view, row, 0, cols, cells);
		text_render_cells(font, display_view_vt(watcher->view), cells, cols,
			picture.pixels + (size_t)row * TEXT_CELL_HEIGHT * picture.width,
			picture.width, 1);
	}
	picture_check(&picture, golden);
	picture_done(&picture);
	font_free(font);
}

static void cursor_shapes(void **state)
{
	static const char *const names[] = { GOLDEN_DIR "/cursor-block.png",
		GOLDEN_DIR "/cursor-underline.png", GOLDEN_DIR "/cursor-bar.png" };
	static const char *const shapes[] = { "\033[2 q", "\033[4 q", "\033[6 q" };
	struct fixture *f = *state;

	vt_resize(f->vt, 12, 1);
	fixture_feed(f, "one \033[4mtwo\033[m\033[2G");
	for (unsigned i = 0; i < 3; i++) {
		fixture_feed(f, shapes[i]);
		check_view(&f->watcher, names[i]);
	}
	fixture_feed(f, "\033[2 q\033[H\u4e2d\033[H");
	check_view(&f->watcher, GOLDEN_DIR "/cursor-wide.png");
	fixture_feed(f, "\033]12;#ff8000\007\033[H\033[Kx\033[2;6m\033[H");
	check_view(&f->watcher, GOLDEN_DIR "/cursor-colour.png");
}

static void a_selection_is_inverse(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "first \033[31mred\033[m line\r\nsecond \033[7minverse\033[m\r\nthird");
	display_view_pointer(f->watcher.view, 6 * 8, 0, DISPLAY_BUTTON_LEFT, 0);
	display_view_pointer(f->watcher.view, 9 * 8, 16, 0, 0);
	check_view(&f->watcher, GOLDEN_DIR "/selection.png");
}

static void the_overview(void **state)
{
	struct fixture *f = *state;
	struct display_console *other = fixture_add(f, "vc0");
	struct watcher second = { 0 };

	watcher_open(f, &second, "192.168.1.7:40312");
	display_view_switch(f->watcher.view, 1);
	display_view_switch(second.view, 3);
	settle(f);
	check_view(&f->watcher, GOLDEN_DIR "/overview.png");
	watcher_close(&second);
	fixture_remove(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(updates_lead_to_the_picture),
		CASE(an_update_with_the_same_names_does_for_another_viewer),
		CASE(a_scroll_moves_pixels_instead_of_drawing),
		CASE(looking_back_moves_pixels_too),
		CASE(output_leaves_alone_who_looks_far_back),
		CASE(blinking_shows_and_hides_cells_and_cursor),
		CASE(the_phase_of_what_blinks_is_part_of_a_pictures_name),
		CASE(cursor_shapes),
		CASE(a_selection_is_inverse),
		CASE(the_overview),
	};

	return cmocka_run_group_tests_name("display/picture", tests, NULL, NULL);
}
