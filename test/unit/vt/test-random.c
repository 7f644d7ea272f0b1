/* SPDX-License-Identifier: MIT */
#include "replay-check.h"
#include "tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/*
 * Streams put together at random from sequences that mean something, with resizes between and
 *inside of them. The seeds are fixed, so a failure is the same every time; it prints the stream,
 *shortened by leaving out all that is not needed.
 *
 *	test-vt-random [first-seed count]
 */
#define TOKENS_MAX 60u

static const uint8_t sizes[][2] = { { 12, 5 }, { 8, 4 }, { 20, 7 }, { 5, 3 }, { 2, 2 }, { 1, 1 },
	{ 12, 9 }, { 3, 1 }, { 1, 6 } };
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

/* A stream: numbers of tokens; from vt_token_count on, of sizes. */
struct stream {
	unsigned item[TOKENS_MAX];
	unsigned count;
	size_t piece;
};

static void make_stream(uint64_t seed, struct stream *ret_stream)
{
	random_state = seed * 2654435761u + 12345;
	random_below(1);
	ret_stream->count = 1 + random_below(TOKENS_MAX);
	ret_stream->piece = 1 + random_below(9);
	for (unsigned i = 0; i < ret_stream->count; i++)
		ret_stream->item[i] = random_below(12) ? random_below(vt_token_count)
						       : vt_token_count + random_below(SIZE_COUNT);
}

static void feed_in_pieces(struct vt *vt, const char *bytes, size_t piece)
{
	size_t len = strlen(bytes);

	while (len) {
		size_t n = len < piece ? len : piece;

		vt_feed(vt, bytes, n);
		bytes += n;
		len -= n;
	}
}

/* What was frozen and thawed goes on as if it had not been. */
static void freeze_and_thaw(struct vt *vt)
{
	AUTO_STRBUF struct strbuf ice = { 0 };

	if (vt_freeze(vt, &ice) < 0)
		return;
	vt_let_go(vt);
	assert_int_equal(vt_thaw(vt, ice.data), 0);
}

/* Run a stream; pieces of 0: whole tokens. *@ret_fault: what went wrong on the way. */
static struct vt *run(const struct stream *stream, size_t piece, const char **ret_fault)
{
	struct vt_config config = { .cols = 12, .rows = 5, .scrollback_lines = 20 };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	for (unsigned i = 0; i < stream->count; i++) {
		unsigned item = stream->item[i];

		if (item >= vt_token_count)
			vt_resize(vt, sizes[item - vt_token_count][0],
				sizes[item - vt_token_count][1]);
		else
			feed_in_pieces(vt, vt_tokens[item], piece ? piece : SIZE_MAX);
		if (!*ret_fault)
			*ret_fault = state_fault(vt);
		if (piece && i % 4 == 3)
			freeze_and_thaw(vt);
	}
	return vt;
}

/* A viewer that has seen half of it when it has to be shown the rest. */
static struct vt *run_beginning(const struct stream *stream, unsigned cols, unsigned rows)
{
	struct stream beginning = *stream;
	const char *fault = NULL;
	struct vt *vt;

	beginning.count /= 2;
	vt = run(&beginning, stream->piece, &fault);
	assert_int_equal(vt_resize(vt, cols, rows), 0);
	return vt;
}

static bool dumps_are_equal(struct vt *a, struct vt *b, unsigned flags, bool tell)
{
	const struct vt_replay how = { .flags = flags };
	AUTO_STRBUF struct strbuf x = { 0 };
	AUTO_STRBUF struct strbuf y = { 0 };

	vt_dump(a, &x);
	vt_dump(b, &y);
	assert_int_equal(vt_replay(a, &x, &how), 0);
	assert_int_equal(vt_replay(b, &y, &how), 0);
	if (x.len == y.len && !memcmp(x.data, y.data, x.len))
		return true;
	if (tell)
		printf("  they differ:\n%s\n%s\n", x.data, y.data);
	return false;
}

/* Another engine goes on from anywhere in the stream, its sizes left out. */
static bool goes_on(const struct stream *stream, bool tell)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH };
	const struct vt_config config = { .cols = 12, .rows = 5 };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	AUTO_STRBUF struct strbuf left = { 0 };
	struct vt *vt, *other;
	size_t cut;
	bool same;

	for (unsigned i = 0; i < stream->count; i++)
		if (stream->item[i] < vt_token_count)
			strbuf_puts(&bytes, vt_tokens[stream->item[i]]);
	cut = bytes.len * stream->piece / 10;
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	assert_int_equal(vt_new(&config, NULL, NULL, &other), 0);
	vt_feed(vt, bytes.data, cut);
	assert_int_equal(vt_replay(vt, &left, &how), 0);
	vt_put_begun(vt, &left);
	vt_feed(other, left.data, left.len);
	vt_feed(vt, bytes.data + cut, bytes.len - cut);
	vt_feed(other, bytes.data + cut, bytes.len - cut);
	same = dumps_are_equal(vt, other, VT_REPLAY_FRESH, tell);
	vt_free(vt);
	vt_free(other);
	return same;
}

static bool holds(const struct stream *stream, bool tell)
{
	const char *fault = NULL;
	struct vt *whole = run(stream, 0, &fault), *pieces = run(stream, stream->piece, &fault);
	struct vt *viewer = run_beginning(stream, vt_cols(whole), vt_rows(whole));
	bool good = !fault && replay_check(whole, tell) &&
		    dumps_are_equal(whole, pieces, VT_REPLAY_HISTORY, tell) &&
		    replay_check_in_use(whole, viewer, tell) && goes_on(stream, tell);

	if (fault && tell)
		printf("  %s\n", fault);
	vt_free(viewer);
	vt_free(whole);
	vt_free(pieces);
	return good;
}

/* Leave out one item after the other as long as it still fails. */
static void shorten(struct stream *stream)
{
	for (unsigned i = stream->count; i-- > 0;) {
		struct stream shorter = *stream;

		memmove(shorter.item + i, shorter.item + i + 1,
			(shorter.count - i - 1) * sizeof(shorter.item[0]));
		shorter.count--;
		if (!holds(&shorter, false))
			*stream = shorter;
	}
}

static void print_stream(const struct stream *stream)
{
	for (unsigned i = 0; i < stream->count; i++) {
		unsigned item = stream->item[i];

		if (item >= vt_token_count) {
			printf(" <%ux%u>", sizes[item - vt_token_count][0],
				sizes[item - vt_token_count][1]);
			continue;
		}
		printf(" \"");
		for (const char *p = vt_tokens[item]; *p; p++)
			printf(*p >= 0x20 && *p < 0x7f ? "%c" : "\\x%02x", (unsigned char)*p);
		printf("\"");
	}
	printf("\n");
}

static bool check_seed(uint64_t seed)
{
	struct stream stream;

	make_stream(seed, &stream);
	if (holds(&stream, false))
		return true;
	shorten(&stream);
	printf("---- seed %llu, pieces of %zu, shortest stream:\n", (unsigned long long)seed,
		stream.piece);
	holds(&stream, true);
	print_stream(&stream);
	return false;
}

static uint64_t first_seed = 1, seed_count = 1500;

static void any_stream_leaves_a_sound_state_that_replays(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + seed_count && failed < 3; seed++)
		failed += !check_seed(seed);
	assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_stream_leaves_a_sound_state_that_replays),
	};

	if (argc > 2) {
		first_seed = strtoull(argv[1], NULL, 10);
		seed_count = strtoull(argv[2], NULL, 10);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
