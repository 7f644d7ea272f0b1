/* SPDX-License-Identifier: MIT */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN_MAX = 256, CONNECT_MS = 5000, NS_PER_MS = 1000000 };

static pid_t children[CHILDREN_MAX];
static size_t n_children;
static char *tmp_folder;
static pid_t tmp_owner;

/* ---- processes ---- */

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	for (size_t i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	exit(1);
}

/* In a new child: the parent's children are not its own, and it must not outlive the parent. */
static void become_child(void)
{
	n_children = 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static pid_t add_child(pid_t pid)
{
	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (n_children == CHILDREN_MAX)
		bench_die("too many children");
	children[n_children++] = pid;
	return pid;
}

static void remove_child(pid_t pid)
{
	for (size_t i = 0; i < n_children; i++) {
		if (children[i] == pid) {
			children[i] = children[--n_children];
			return;
		}
	}
}

pid_t bench_fork(void (*fn)(void *data), void *data)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return add_child(pid);
	become_child();
	fn(data);
	fflush(NULL);
	_exit(0);
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			bench_die("waitpid: %s", strerror(errno));
	}
	remove_child(pid);
	return status;
}

void bench_join(pid_t pid)
{
	int status = reap(pid);

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		bench_die("a child failed (status %x)", (unsigned)status);
}

void bench_end(pid_t pid)
{
	kill(pid, SIGTERM);
	reap(pid);
}

void bench_end_all(void)
{
	while (n_children)
		bench_end(children[n_children - 1]);
}

static void exec_charhubd(const char *program, const char *const *args)
{
	AUTO_FREE
	char *log = bench_tmp("log");
	char *argv[64] = { bench_format("%s", program) };
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (size_t i = 0; args[i] && i < 62; i++)
		argv[i + 1] = bench_format("%s", args[i]);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		bench_die("%s: %s", log, strerror(errno));
	execv(program, argv);
	bench_die("%s: %s", program, strerror(errno));
}

pid_t bench_charhubd(const char *program, const char *const *args)
{
	pid_t pid;

	free(bench_tmp("log")); /* from here on there is a folder, and it is this process's */
	fflush(NULL);
	pid = fork();
	if (pid)
		return add_child(pid);
	become_child();
	exec_charhubd(program, args);
	_exit(1);
}

void *bench_shared(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bench_die("mmap: %s", strerror(errno));
	return p;
}

/* ---- files ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_tmp(void)
{
	if (getpid() == tmp_owner)
		nftw(tmp_folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

char *bench_tmp(const char *name)
{
	if (!tmp_folder) {
		tmp_folder = bench_format("/tmp/charhub-bench-XXXXXX");
		if (!mkdtemp(tmp_folder))
			bench_die("mkdtemp: %s", strerror(errno));
		tmp_owner = getpid();
		atexit(remove_tmp);
	}
	return bench_format("%s/%s", tmp_folder, name);
}

char *bench_format(const char *format, ...)
{
	va_list args;
	char *text;
	int r;

	va_start(args, format);
	r = vasprintf(&text, format, args);
	va_end(args);
	if (r < 0)
		bench_die("out of memory");
	return text;
}

char *bench_read_text(const char *path)
{
	enum { TEXT_BYTES = 1 << 20 };
	AUTO_CLOSE
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, TEXT_BYTES);
	size_t len = 0, got = 1;

	if (!text)
		bench_die("out of memory");
	while (fd >= 0 && got && len < TEXT_BYTES - 1) {
		got = bench_read(fd, text + len, TEXT_BYTES - 1 - len);
		len += got;
	}
	return text;
}

/* ---- clocks ---- */

static uint64_t to_ns(const struct timespec *at)
{
	return (uint64_t)at->tv_sec * 1000000000u + (uint64_t)at->tv_nsec;
}

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return to_ns(&now);
}

void bench_wait_until(uint64_t when_ns)
{
	uint64_t now = bench_now_ns();

	while (now < when_ns) {
		uint64_t left = when_ns - now;
		struct timespec at = { .tv_sec = (time_t)(left / 1000000000u),
			.tv_nsec = (long)(left % 1000000000u) };

		ppoll(NULL, 0, &at, NULL);
		now = bench_now_ns();
	}
}

uint64_t bench_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used) < 0)
		bench_die("CPU time of process %d: %s", (int)pid, strerror(errno));
	return to_ns(&used);
}

uint64_t bench_memory_kb(pid_t pid)
{
	AUTO_FREE char *path = bench_format("/proc/%d/smaps_rollup", (int)pid);
	AUTO_FREE char *text = bench_read_text(path);
	char *at = strstr(text, "\nPss:");
	uint64_t kb;

	if (!at)
		bench_die("%s has no Pss", path);
	at += strcspn(at, "0123456789");
	at[strspn(at, "0123456789")] = '\0';
	return parse_u64(at, &kb) < 0 ? 0 : kb;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t n, double percent)
{
	size_t rank = (size_t)((double)n * percent / 100.0);

	qsort(values, n, sizeof(*values), compare);
	return values[rank < n ? rank : n - 1];
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* ---- sockets and streams ---- */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		bench_die("%s: too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		bench_die("socket: %s", strerror(errno));
	return fd;
}

int bench_listen(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = new_socket();

	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0)
		bench_die("%s: %s", path, strerror(errno));
	return fd;
}

int bench_accept(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		bench_die("accept: %s", strerror(errno));
	return client;
}

int bench_connect(const char *path)
{
	struct sockaddr_un address = address_of(path);
	uint64_t start = bench_now_ns();
	int fd = new_socket();

	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		uint64_t now = bench_now_ns();

		if (now - start > (uint64_t)CONNECT_MS * NS_PER_MS) {
			AUTO_FREE
			char *log = bench_tmp("log");

			bench_die("%s: %s\n%s", path, strerror(errno), bench_read_text(log));
		}
		bench_wait_until(now + NS_PER_MS);
	}
	return fd;
}

size_t bench_read(int fd, void *buf, size_t len)
{
	ssize_t got;

	while ((got = read(fd, buf, len)) < 0) {
		if (errno == ECONNRESET || errno == EIO)
			return 0;
		if (errno != EINTR)
			bench_die("read: %s", strerror(errno));
	}
	return (size_t)got;
}

void bench_read_all(int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t got = bench_read(fd, (char *)buf + done, len - done);

		if (!got)
			bench_die("the stream ended after %zu of %zu bytes", done, len);
		done += got;
	}
}

void bench_write_all(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0 && errno != EINTR)
			bench_die("write: %s", strerror(errno));
		done += n < 0 ? 0 : (size_t)n;
	}
}

void bench_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		bench_die("pipe: %s", strerror(errno));
}

/*
 * ---- the pattern: lines of eight words; a word is five bits of each byte of its number times an
 * odd constant, as printable characters ----
 */

enum { WORD = sizeof(uint64_t), WORDS_A_LINE = 8 };

static uint64_t word_at(uint64_t number)
{
	uint64_t word = (number * 0x9e3779b97f4a7c15u & 0x1f1f1f1f1f1f1f1fu) | 0x4040404040404040u;
	bool ends_line = number % WORDS_A_LINE == WORDS_A_LINE - 1;

	return ends_line ? (word & 0x0000ffffffffffffu) | 0x0a0d000000000000u : word;
}

/* The bytes before the first whole word and behind the last are a slice of one word each. */
static size_t slice(char *to, uint64_t offset, size_t len)
{
	uint64_t word = word_at(offset / WORD);
	size_t at = (size_t)(offset % WORD), n = WORD - at < len ? WORD - at : len;

	memcpy(to, (const char *)&word + at, n);
	return n;
}

void bench_pattern_fill(char *buf, uint64_t offset, size_t len)
{
	while (len) {
		size_t n = slice(buf, offset, len);

		buf += n;
		offset += n;
		len -= n;
	}
}

static uint64_t differences(const char *buf, uint64_t index, size_t n_words)
{
	uint64_t differing = 0;

	for (size_t i = 0; i < n_words; i++) {
		uint64_t word;

		memcpy(&word, buf + i * WORD, WORD);
		differing |= word ^ word_at(index + i);
	}
	return differing;
}

bool bench_pattern_check(const char *buf, uint64_t offset, size_t len)
{
	char expected[WORD];

	while (len) {
		size_t n = len / WORD * WORD;

		if (offset % WORD || !n) {
			n = slice(expected, offset, len);
			if (memcmp(buf, expected, n))
				return false;
		} else if (differences(buf, offset / WORD, n / WORD)) {
			return false;
		}
		buf += n;
		offset += n;
		len -= n;
	}
	return true;
}
