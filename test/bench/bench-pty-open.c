/* SPDX-License-Identifier: MIT */
/*
 * Somebody opens a console's pty: how long until the first byte of what was printed before is
 * there? This is the time in which the open is noticed, and a little more.
 *
 *	bench-pty-open CHARHUBD [opens, default 200]
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENS_MAX = 100000, BETWEEN_US = 10000, GIVE_UP_MS = 1000 };

/* Return: milliseconds until there is something to read; GIVE_UP_MS: there was nothing. */
static double open_once(const char *path)
{
	uint64_t start_ns = bench_now_ns(), end_ns;
	AUTO_CLOSE
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct pollfd look = { .fd = fd, .events = POLLIN };
	char c;

	if (fd < 0)
		bench_die("%s: %s", path, strerror(errno));
	if (poll(&look, 1, GIVE_UP_MS) <= 0)
		return GIVE_UP_MS;
	bench_read_all(fd, &c, 1);
	end_ns = bench_now_ns();
	return (double)(end_ns - start_ns) / 1e6;
}

static pid_t start_charhubd(const char *program, const char *source, const char *pty)
{
	AUTO_FREE
	char *guest = bench_format("socket,id=g,path=%s,server=on,wait=off", source);
	AUTO_FREE
	char *shared = bench_format("pty,id=p,path=%s", pty);
	const char *args[] = { "-chardev", guest, "-chardev", shared, "-chardev",
		"hub,id=h,chardevs.0=p", "-device", "console,guest=g,chardev=h", NULL };

	return bench_charhubd(program, args);
}

int main(int argc, char **argv)
{
	static const char prompt[] = "\r\nlogin: ";
	static double ms[OPENS_MAX];
	AUTO_FREE
	char *source = bench_tmp("source");
	AUTO_FREE
	char *pty = bench_tmp("pty");
	uint64_t opens = 200, missed = 0;
	pid_t charhubd;
	int guest;

	if (argc < 2 || (argc > 2 && (parse_u64(argv[2], &opens) < 0 || opens > OPENS_MAX)))
		bench_die("usage: bench-pty-open CHARHUBD [opens]");
	charhubd = start_charhubd(argv[1], source, pty);
	guest = bench_connect(source);
	bench_write_all(guest, prompt, sizeof(prompt) - 1);
	for (size_t i = 0; i < opens; i++) {
		/* The one before must be seen to go, and the moments must not be regular. */
		bench_wait_until(bench_now_ns() + (BETWEEN_US + i * 7919 % BETWEEN_US) * 1000);
		ms[i] = open_once(pty);
		missed += ms[i] >= GIVE_UP_MS;
	}
	bench_end(charhubd);
	printf("| opens | not noticed in 1 s | p50 ms | p99 ms | longest ms "
	       "|\n|---|---|---|---|---|\n"
	       "| %zu | %zu | %.3f | %.3f | %.3f |\n",
		(size_t)opens, (size_t)missed, bench_percentile(ms, opens, 50),
		bench_percentile(ms, opens, 99), bench_percentile(ms, opens, 100));
	return 0;
}
