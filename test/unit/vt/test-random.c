/* SPDX-License-Identifier: MIT */
#include "replay-check.h"

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

static const char *const tokens[] = {
	"a",
	"bc",
	"hello",
	"0123456789abcdef",
	" ",
	"x y",
	"\r",
	"\n",
	"\r\n",
	"\t",
	"\b",
	"\016",
	"\017",
	"\005",
	"\007",
	"\033",
	"\030",
	"\xe6\x97\xa5",
	"\xe6\x97\xa5\xe6\x9c\xac",
	"\xc3\xa9",
	"\xcc\x81",
	"\xe2\x80\x8d",
	"\xef\xb8\x8f",
	"\xe2\x9d\xa4",
	"\xf0\x9f\x91\xa8",
	"\xf0\x9f\x91\xa9",
	"\xf0\x9f\x8f\xbd",
	"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
	"\xf0\x9f\x87\xa9",
	"\xe1\x84\x80",
	"\xe1\x85\xa1",
	"\xe0\xa4\x95",
	"\xe0\xa4\x83",
	"\xc2\x85",
	"\xc2\x9b",
	"\xc2\x84",
	"\xe6\x97",
	"\xf0",
	"\x80",
	/* cursor */
	"\033[A",
	"\033[2B",
	"\033[C",
	"\033[3D",
	"\033[E",
	"\033[F",
	"\033[5G",
	"\033[H",
	"\033[2;3H",
	"\033[3;99H",
	"\033[99;99H",
	"\033[2d",
	"\033[I",
	"\033[Z",
	"\033[5`",
	"\033[a",
	"\033[e",
	"\033[s",
	"\033[u",
	"\0337",
	"\0338",
	"\033D",
	"\033E",
	"\033M",
	"\033H",
	"\033[g",
	"\033[3g",
	"\033[?5W",
	"\0336",
	"\0339",
	/* editing */
	"\033[@",
	"\033[3@",
	"\033[P",
	"\033[2P",
	"\033[X",
	"\033[4X",
	"\033[L",
	"\033[2M",
	"\033[J",
	"\033[1J",
	"\033[2J",
	"\033[3J",
	"\033[K",
	"\033[1K",
	"\033[2K",
	"\033[S",
	"\033[T",
	"\033[3b",
	"\033[20b",
	"\033[?J",
	"\033[?K",
	"\033[1\"q",
	"\033[\"q",
	"\033V",
	"\033W",
	"\033[62\"p",
	"\033[64\"p",
	"\033[?41h",
	"\033[2 @",
	"\033[ A",
	"\033['}",
	"\033[2'~",
	"\033#8",
	"\033#3",
	"\033#5",
	"\033#6",
	/* rectangles */
	"\033[1;2;3;5;1;2;4;1$v",
	"\033[65;1;2;3;6$x",
	"\033[1;3;2;6$z",
	"\033[1;1;3;6${",
	"\033[1;2;3;6;1;4;31$r",
	"\033[1;2;3;6;7$t",
	"\033[2*x",
	"\033[*x",
	"\033[1;1;1;1;3;5*y",
	/* attributes */
	"\033[m",
	"\033[1;31m",
	"\033[44m",
	"\033[48;5;20m",
	"\033[38;2;1;2;3m",
	"\033[4:3;58:5:9m",
	"\033[7m",
	"\033[3;9;53m",
	"\033]8;;http://x\007",
	"\033]8;id=q;b:\033\\",
	"\033]8;;\007",
	/* modes */
	"\033[4h",
	"\033[4l",
	"\033[20h",
	"\033[20l",
	"\033[?1h",
	"\033[?3h",
	"\033[?3l",
	"\033[?5h",
	"\033[?6h",
	"\033[?6l",
	"\033[?7l",
	"\033[?7h",
	"\033[?12l",
	"\033[?25l",
	"\033[?40h",
	"\033[?45h",
	"\033[?69h",
	"\033[?69l",
	"\033[?95h",
	"\033[?1000h",
	"\033[?1003h",
	"\033[?1006h",
	"\033[?2004h",
	"\033[?2026h",
	"\033[?2027h",
	"\033[?2027l",
	"\033[?47h",
	"\033[?47l",
	"\033[?1047h",
	"\033[?1047l",
	"\033[?1048h",
	"\033[?1048l",
	"\033[?1049h",
	"\033[?1049l",
	"\033[?7;25;1s",
	"\033[?7;25;1r",
	"\033[2;4r",
	"\033[r",
	"\033[3;7s",
	"\033[1;5s",
	"\033[!p",
	"\033c",
	"\033=",
	"\033>",
	"\033[4 q",
	"\033[>4;1m",
	/* character sets */
	"\033(0",
	"\033(B",
	"\033)0",
	"\033*K",
	"\033+A",
	"\033n",
	"\033o",
	"\033N",
	"\033O",
	"\033%@",
	"\033%G",
	/* strings and questions */
	"\033]0;title\007",
	"\033]1;icon\033\\",
	"\033[22t",
	"\033[22;2t",
	"\033[23t",
	"\033]4;7;rgb:12/34/56\007",
	"\033]10;#abcdef\007",
	"\033]4;1;?\007",
	"\033]104\007",
	"\033]5;1;green\007",
	"\033[22;1t",
	"\033[1$w",
	"\033]R",
	"\033]P1aabbcc",
	"\033]P12",
	"\033P$qm\033\\",
	"\033[6n",
	"\033[c",
	"\033[18t",
	"\033_G\033\\",
	"\033^x",
	"\033Xy\033\\",
};
#define TOKEN_COUNT (sizeof(tokens) / sizeof(tokens[0]))

static const uint8_t sizes[][2] = { { 12, 5 }, { 8, 4 }, { 20, 7 }, { 5, 3 }, { 2, 2 }, { 1, 1 },
	{ 12, 9 }, { 3, 1 }, { 1, 6 } };
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

/* A stream: numbers of tokens; from TOKEN_COUNT on, of sizes. */
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
		ret_stream->item[i] = random_below(12)
					      ? random_below(TOKEN_COUNT)
					      : (unsigned)TOKEN_COUNT + random_below(SIZE_COUNT);
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

/* Run a stream; pieces of 0: whole tokens. *@ret_fault: what went wrong on the way. */
static struct vt *run(const struct stream *stream, size_t piece, const char **ret_fault)
{
	struct vt_config config = { .cols = 12, .rows = 5, .scrollback_lines = 20 };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	for (unsigned i = 0; i < stream->count; i++) {
		unsigned item = stream->item[i];

		if (item >= TOKEN_COUNT)
			vt_resize(vt, sizes[item - TOKEN_COUNT][0], sizes[item - TOKEN_COUNT][1]);
		else
			feed_in_pieces(vt, tokens[item], piece ? piece : SIZE_MAX);
		if (!*ret_fault)
			*ret_fault = state_fault(vt);
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

static bool dumps_are_equal(struct vt *a, struct vt *b, bool tell)
{
	AUTO_STRBUF struct strbuf x = { 0 };
	AUTO_STRBUF struct strbuf y = { 0 };

	vt_dump(a, &x);
	vt_dump(b, &y);
	if (x.len == y.len && !memcmp(x.data, y.data, x.len))
		return true;
	if (tell)
		printf("  whole and in pieces differ:\n%s\n%s\n", x.data, y.data);
	return false;
}

static bool holds(const struct stream *stream, bool tell)
{
	const char *fault = NULL;
	struct vt *whole = run(stream, 0, &fault), *pieces = run(stream, stream->piece, &fault);
	struct vt *viewer = run_beginning(stream, vt_cols(whole), vt_rows(whole));
	bool good = !fault && replay_check(whole, tell) && dumps_are_equal(whole, pieces, tell) &&
		    replay_check_in_use(whole, viewer, tell);

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

		if (item >= TOKEN_COUNT) {
			printf(" <%ux%u>", sizes[item - TOKEN_COUNT][0],
				sizes[item - TOKEN_COUNT][1]);
			continue;
		}
		printf(" \"");
		for (const char *p = tokens[item]; *p; p++)
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
