/* SPDX-License-Identifier: MIT */
/*
 * A guest that writes as fast as it may, and a reader that reads as fast as it can. What do others
 * cost the two, who read slowly, or join, read a little and stop?
 *
 *	bench-pause CHARHUBD [seconds of each case, default 30]
 *
 * A slow reader has a credit of one second in thirty: shorter runs show more than it really costs.
 * The rate depends on what else the machine does, in each case anew; the time for which the guest
 * had to pause does not.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PIECE_BYTES = 128 << 10,
	SLOW_RATE_BYTES = 700000, /* a second */
	SLOW_STEPS = 20,	  /* a second */
	JOIN_MS = 80,
	JOINERS_MAX = 64, /* that stay, stopped */
	PAUSE_MS = 50,	  /* a write() that takes longer was kept waiting */
};

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

/** struct test - what all processes know */
struct test {
	char *source, *readers;
	uint64_t end_ns, bytes, paused_ns;
};

static struct test *test;

static void run_source(void *data)
{
	static char piece[PIECE_BYTES];
	int fd = bench_connect(test->source);

	(void)data;
	for (uint64_t now = bench_now_ns(), next; now < test->end_ns; now = next) {
		if (write(fd, piece, sizeof(piece)) <= 0)
			return;
		next = bench_now_ns();
		if (next - now > PAUSE_MS * NS_PER_MS)
			test->paused_ns += next - now;
	}
}

static void run_healthy(void *data)
{
	static char buf[PIECE_BYTES];
	int fd = bench_connect(test->readers);

	(void)data;
	while (bench_now_ns() < test->end_ns) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		if (poll(&poll_fd, 1, 100) > 0)
			test->bytes += bench_read(fd, buf, sizeof(buf));
	}
}

static void run_nobody(void *data)
{
	(void)data;
}

static void run_slow(void *data)
{
	static char buf[SLOW_RATE_BYTES / SLOW_STEPS];
	int fd = bench_connect(test->readers);
	uint64_t next_ns = bench_now_ns();

	(void)data;
	while (bench_now_ns() < test->end_ns) {
		bench_read_all(fd, buf, sizeof(buf));
		next_ns += NS_PER_S / SLOW_STEPS;
		bench_wait_until(next_ns);
	}
}

static void run_joiners(void *data)
{
	static char buf[PIECE_BYTES];
	uint64_t begin_ns = bench_now_ns();

	(void)data;
	for (int i = 0; i < JOINERS_MAX && bench_now_ns() < test->end_ns; i++) {
		int fd = bench_connect(test->readers);

		while (bench_now_ns() < begin_ns + JOIN_MS * (uint64_t)NS_PER_MS)
			bench_read(fd, buf, sizeof(buf));
		begin_ns += NS_PER_S;
		bench_wait_until(begin_ns < test->end_ns ? begin_ns : test->end_ns);
	}
}

static pid_t start_charhubd(const char *program)
{
	AUTO_FREE
	char *guest = bench_format("socket,id=g,path=%s,server=on,wait=off", test->source);
	AUTO_FREE
	char *shared =
		bench_format("socket,id=s,path=%s,server=on,wait=off,clients=100", test->readers);
	const char *args[] = { "-chardev", guest, "-chardev", shared, "-chardev",
		"hub,id=h,chardevs.0=s,terminal=off", "-device", "console,guest=g,chardev=h",
		NULL };

	return bench_charhubd(program, args);
}

static void run(const char *program, uint64_t seconds, const char *name, void (*others)(void *data))
{
	AUTO_FREE
	char *source = bench_tmp("source");
	AUTO_FREE
	char *readers = bench_tmp("readers");
	pid_t charhubd, pids[3];

	*test = (struct test){ .source = source, .readers = readers };
	charhubd = start_charhubd(program);
	close(bench_connect(readers)); /* it is there */
	test->end_ns = bench_now_ns() + seconds * NS_PER_S;
	pids[0] = bench_fork(run_healthy, NULL);
	pids[1] = bench_fork(others, NULL);
	pids[2] = bench_fork(run_source, NULL);
	bench_join(pids[0]);
	bench_end(pids[1]);
	bench_end(pids[2]);
	bench_end(charhubd);
	printf("| %s | %.1f MB/s | %.1f %% of the time |\n", name,
		(double)test->bytes / (double)seconds / 1e6,
		100 * (double)test->paused_ns / (double)(seconds * NS_PER_S));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint64_t seconds = 30;

	if (argc < 2 || (argc > 2 && parse_u64(argv[2], &seconds) < 0))
		bench_die("usage: bench-pause CHARHUBD [seconds]");
	test = bench_shared(sizeof(*test));
	printf("| beside a healthy reader | it gets | the guest pauses |\n|---|---|---|\n");
	run(argv[1], seconds, "nobody", run_nobody);
	run(argv[1], seconds, "one that reads 0.7 MB/s", run_slow);
	run(argv[1], seconds, "one a second that reads 80 ms and stops", run_joiners);
	return 0;
}
