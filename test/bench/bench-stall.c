/* SPDX-License-Identifier: MIT */
/*
 * Four readers of a guest that writes 2 MB/s; one of them stops for ten seconds. What does it cost
 * the others, the guest and itself?
 *
 *	bench-stall CHARHUBD [seconds of the stop, default 10]
 *
 * The guest writes numbered lines by the clock, so that it is behind after a pause and catches up.
 * Its socket buffer is as small as the kernel allows: its longest write() is the longest time for
 * which nobody took its bytes. A healthy reader compares every byte. The stopped one keeps what it
 * got; at the end each stretch of it must lie in the stream where the notices before it say.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	LINE_BYTES = 64,
	PIECE_LINES = 32,     /* 2 KiB */
	RATE_BYTES = 2000000, /* a second */
	BEFORE_S = 1,
	AFTER_S = 4,	       /* of the stop */
	SLACK_BYTES = 8 << 20, /* notices and pictures of the screen */
	JUNK_BYTES = 2048,     /* between the last byte before a notice and the notice */
};

#define NS_PER_S 1000000000u

/** struct test - what all processes know; all but the results is set before they start */
struct test {
	int readers_fd[4], source_fd, ready_fd;
	uint64_t start_ns, stop_ns, go_ns; /* the guest begins, one reader stops, goes on */
	uint64_t bytes;
	bool terminal;

	uint64_t longest_write_ns;
	uint64_t at_stop[4], at_go[4];
	uint64_t got_bytes, told_bytes, notices;
	bool exact;
};

static struct test *test;

/* ---- what the guest writes ---- */

static void make_line(char line[LINE_BYTES], uint64_t number)
{
	snprintf(line, LINE_BYTES, "%020" PRIu64 " the quick brown fox jumps over the lazy ",
		number);
	line[LINE_BYTES - 2] = '\r';
	line[LINE_BYTES - 1] = '\n';
	for (size_t i = strlen(line); i < LINE_BYTES - 2; i++)
		line[i] = '.';
}

/* How many of @len bytes are those that the guest wrote from @offset on? */
static size_t matching(const char *bytes, uint64_t offset, size_t len)
{
	char line[LINE_BYTES];
	size_t done = 0;

	while (done < len && offset < test->bytes) {
		size_t at = (size_t)(offset % LINE_BYTES);

		make_line(line, offset / LINE_BYTES);
		for (; at < LINE_BYTES && done < len; at++, done++, offset++)
			if (bytes[done] != line[at])
				return done;
	}
	return done;
}

static void run_source(void *data)
{
	static char piece[PIECE_LINES * LINE_BYTES];
	int smallest = 1;

	(void)data;
	setsockopt(test->source_fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest));
	for (uint64_t offset = 0; offset < test->bytes; offset += sizeof(piece)) {
		uint64_t begin_ns, took_ns;

		for (size_t i = 0; i < PIECE_LINES; i++)
			make_line(piece + i * LINE_BYTES, offset / LINE_BYTES + i);
		bench_wait_until(test->start_ns + offset * 1000 / (RATE_BYTES / 1000000));
		begin_ns = bench_now_ns();
		bench_write_all(test->source_fd, piece, sizeof(piece));
		took_ns = bench_now_ns() - begin_ns;
		if (took_ns > test->longest_write_ns)
			test->longest_write_ns = took_ns;
	}
}

/* ---- the readers ---- */

static void run_healthy(void *data)
{
	size_t index = (size_t)((int *)data - test->readers_fd);
	static char buf[64 << 10];
	uint64_t offset = 0;

	while (offset < test->bytes) {
		size_t got = bench_read(test->readers_fd[index], buf, sizeof(buf));
		uint64_t now = bench_now_ns();

		if (!got || matching(buf, offset, got) < got)
			bench_die("reader %zu: lost or wrong bytes near %" PRIu64, index, offset);
		offset += got;
		if (now < test->stop_ns)
			test->at_stop[index] = offset;
		if (now < test->go_ns)
			test->at_go[index] = offset;
	}
}

static bool is_last(const char *bytes, size_t len)
{
	return len >= LINE_BYTES && matching(bytes + len - LINE_BYTES, test->bytes - LINE_BYTES,
					    LINE_BYTES) == LINE_BYTES;
}

/* Reads, stops, reads on until the guest's last line has come. */
static char *read_with_a_stop(int fd, size_t *ret_len)
{
	size_t size = test->bytes + SLACK_BYTES, len = 0;
	char *bytes = malloc(size + 1);
	bool stopped = false;

	if (!bytes)
		bench_die("out of memory");
	while (!is_last(bytes, len)) {
		size_t got;

		if (!stopped && bench_now_ns() >= test->stop_ns) {
			bench_wait_until(test->go_ns);
			stopped = true;
		}
		got = bench_read(fd, bytes + len, size - len);
		if (!got)
			bench_die("the stopped reader's stream ended");
		len += got;
	}
	bytes[len] = 0;
	*ret_len = len;
	return bytes;
}

/* ---- what the stopped reader got ---- */

/**
 * struct piece - a stretch of bytes between two notices
 * @end:     where it ends
 * @next:    behind the notice that ends it; NULL: there is none
 * @skipped: what that notice says
 */
struct piece {
	const char *end, *next;
	uint64_t skipped;
};

static struct piece find_notice(const char *from, const char *end)
{
	static const char begin[] = "[charhub: ";
	const char *at = memmem(from, (size_t)(end - from), begin, sizeof(begin) - 1);
	char *behind;
	struct piece piece = { .end = end };

	if (!at)
		return piece;
	piece.end = at - from >= 2 && !memcmp(at - 2, "\r\n", 2) ? at - 2 : at;
	behind = memchr(at, ']', (size_t)(end - at));
	piece.next = behind ? behind + 1 : end;
	for (at += sizeof(begin) - 1; *at >= '0' && *at <= '9'; at++)
		piece.skipped = piece.skipped * 10 + (uint64_t)(*at - '0');
	return piece;
}

/*
 * A piece may begin with a picture of the screen; then the stream goes on from @offset and covers
 * all but a little of the rest.
 *
 * Return: how many bytes of the stream there are; -1: it does not fit.
 */
static int64_t stream_bytes(const char *from, const struct piece *piece, uint64_t offset)
{
	size_t junk = piece->next ? JUNK_BYTES : 0;

	for (; from <= piece->end; from++) {
		size_t left = (size_t)(piece->end - from), len = matching(from, offset, left);

		if (left - len <= junk)
			return (int64_t)len;
	}
	return -1;
}

static void judge(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	uint64_t offset = 0;

	test->exact = true;
	while (at) {
		struct piece piece = find_notice(at, end);
		int64_t live = stream_bytes(at, &piece, offset);

		if (live < 0) {
			test->exact = false;
			return;
		}
		test->got_bytes += (uint64_t)live;
		offset += (uint64_t)live + piece.skipped;
		test->told_bytes += piece.skipped;
		test->notices += piece.next != NULL;
		at = piece.next;
	}
	test->exact = offset == test->bytes;
}

static void run_stopped(void *data)
{
	size_t len;
	AUTO_FREE
	char *bytes = read_with_a_stop(*(int *)data, &len);

	if (test->terminal)
		judge(bytes, len);
	else
		test->got_bytes = len;
}

/* Without a terminal nothing is put into the stream: the log has the counts. */
static void judge_by_log(void)
{
	AUTO_FREE
	char *path = bench_tmp("log");
	AUTO_FREE
	char *log = bench_read_text(path);

	for (const char *at = log; (at = strstr(at, " missed ")); at++) {
		uint64_t bytes = 0;

		for (const char *c = at + strlen(" missed "); *c >= '0' && *c <= '9'; c++)
			bytes = bytes * 10 + (uint64_t)(*c - '0');
		test->told_bytes += bytes;
		test->notices++;
	}
	test->exact = test->told_bytes == test->bytes - test->got_bytes;
}

/* ---- a run ---- */

static pid_t start_charhubd(const char *program, const char *source, const char *readers)
{
	AUTO_FREE
	char *guest = bench_format("socket,id=g,path=%s,server=on,wait=off", source);
	AUTO_FREE
	char *shared = bench_format("socket,id=s,path=%s,server=on,wait=off,clients=16", readers);
	AUTO_FREE
	char *hub =
		bench_format("hub,id=h,chardevs.0=s,terminal=%s", test->terminal ? "on" : "off");
	const char *args[] = { "-chardev", guest, "-chardev", shared, "-chardev", hub, "-device",
		"console,guest=g,chardev=h", NULL };

	return bench_charhubd(program, args);
}

static double healthy_rate(uint64_t seconds)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 3; i++)
		if (test->at_go[i] - test->at_stop[i] < least)
			least = test->at_go[i] - test->at_stop[i];
	return (double)least / (double)(seconds * RATE_BYTES);
}

static void run(const char *program, uint64_t seconds, bool terminal)
{
	AUTO_FREE
	char *source = bench_tmp("source");
	AUTO_FREE
	char *readers = bench_tmp("readers");
	uint64_t piece = PIECE_LINES * LINE_BYTES;
	pid_t charhubd, pids[5];

	*test = (struct test){ .terminal = terminal };
	test->bytes = (BEFORE_S + seconds + AFTER_S) * RATE_BYTES / piece * piece;
	charhubd = start_charhubd(program, source, readers);
	for (int i = 0; i < 4; i++)
		test->readers_fd[i] = bench_connect(readers);
	test->source_fd = bench_connect(source);
	test->start_ns = bench_now_ns() + NS_PER_S / 5;
	test->stop_ns = test->start_ns + BEFORE_S * (uint64_t)NS_PER_S;
	test->go_ns = test->stop_ns + seconds * NS_PER_S;
	for (int i = 0; i < 4; i++)
		pids[i] = bench_fork(i < 3 ? run_healthy : run_stopped, &test->readers_fd[i]);
	pids[4] = bench_fork(run_source, NULL);
	for (int i = 0; i < 5; i++)
		bench_join(pids[i]);
	bench_end(charhubd);
	if (!terminal)
		judge_by_log();
	for (int i = 0; i < 4; i++)
		close(test->readers_fd[i]);
	close(test->source_fd);
	printf("| %s | %.2f %% | all, in order | %" PRIu64 " in %" PRIu64 " | %" PRIu64
	       " | %s | %.0f ms |\n",
		terminal ? "on" : "off", 100 * healthy_rate(seconds), test->told_bytes,
		test->notices, test->bytes - test->got_bytes, test->exact ? "yes" : "NO",
		(double)test->longest_write_ns / 1e6);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint64_t seconds = 10;

	if (argc < 2 || (argc > 2 && parse_u64(argv[2], &seconds) < 0))
		bench_die("usage: bench-stall CHARHUBD [seconds]");
	test = bench_shared(sizeof(*test));
	printf("| terminal | the others' rate meanwhile | the others' bytes | the stopped one is "
	       "told | "
	       "it missed | exact | guest's longest pause |\n|---|---|---|---|---|---|---|\n");
	run(argv[1], seconds, true);
	run(argv[1], seconds, false);
	return 0;
}
