/* SPDX-License-Identifier: MIT */
/*
 * TLS: how fast a stream reaches 8 readers, beside a loop that does nothing but SSL_write() to each
 * of them with the same cipher; and how long another console's key takes to come back while 200
 * clients shake hands at once.
 *
 *	bench-tls CHARHUBD [rounds, default 5]
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	READERS = 8,
	STREAM_BYTES = 64 << 20,
	BLOCK_BYTES = 16 << 10,
	CLIENTS = 200,
	ECHOES = 2000,
	ECHO_NS = 1000000,
	ROUNDS_MAX = 99,
	HELLO_BYTES = 8,
};

/** struct place - sockets of the source and another console, the port, the folder of keys */
struct place {
	const char *charhubd;
	char *source, *guest, *member, *dir;
	int port;
};

/* ---- keys and connections ---- */

static void make_keys(const char *dir)
{
	AUTO_FREE char *command = bench_format(
		"mkdir -p %s && cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
		"-subj /CN=localhost -keyout server-key.pem -out server-cert.pem 2>/dev/null && "
		"cp server-cert.pem ca-cert.pem",
		dir, dir);

	if (system(command))
		bench_die("openssl made no certificate");
}

static int tcp(int port, struct sockaddr_in *ret_address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	*ret_address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static int free_port(void)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd = tcp(0, &address);

	if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		bench_die("no free port: %s", strerror(errno));
	close(fd);
	return ntohs(address.sin_port);
}

static int dial(int port)
{
	struct sockaddr_in address;
	int fd = tcp(port, &address);

	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != ECONNREFUSED)
			bench_die("connect: %s", strerror(errno));
		close(fd);
		bench_wait_until(bench_now_ns() + ECHO_NS);
		fd = tcp(port, &address);
	}
	return fd;
}

static SSL *new_client(SSL_CTX *context, int fd)
{
	SSL *ssl = SSL_new(context);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		bench_die("no memory for a connection");
	SSL_set_connect_state(ssl);
	return ssl;
}

/* ---- the plain loop ---- */

static SSL *accept_reader(SSL_CTX *context, int fd)
{
	SSL *ssl = SSL_new(context);

	SSL_set_fd(ssl, bench_accept(fd));
	if (SSL_accept(ssl) != 1)
		bench_die("the loop's handshake failed");
	return ssl;
}

static void run_loop(void *data)
{
	const struct place *place = data;
	AUTO_FREE char *key = bench_format("%s/server-key.pem", place->dir),
		       *certificate = bench_format("%s/server-cert.pem", place->dir);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *readers[READERS];
	struct sockaddr_in address;
	static char block[BLOCK_BYTES];
	int fd = tcp(place->port, &address), source = bench_listen(place->source);
	size_t got;

	if (SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, READERS) < 0)
		bench_die("the loop cannot listen");
	for (int i = 0; i < READERS; i++)
		readers[i] = accept_reader(context, fd);
	source = bench_accept(source);
	while ((got = bench_read(source, block, sizeof(block))))
		for (int i = 0; i < READERS; i++)
			if (SSL_write(readers[i], block, (int)got) <= 0)
				bench_die("the loop's reader has gone");
}

static pid_t start_loop(struct place *place)
{
	return bench_fork(run_loop, place);
}

/* ---- charhubd ---- */

static pid_t start_charhubd(struct place *place)
{
	AUTO_FREE char *keys = bench_format("tls-creds-x509,id=t,dir=%s,endpoint=server,"
					    "verify-peer=off",
		place->dir);
	AUTO_FREE char *source =
		bench_format("socket,id=g,path=%s,server=on,wait=off", place->source);
	AUTO_FREE char *readers = bench_format("socket,id=s,host=127.0.0.1,port=%d,server=on,"
					       "wait=off,tls-creds=t,clients=256",
		place->port);
	AUTO_FREE char *guest =
		bench_format("socket,id=e,path=%s,server=on,wait=off", place->guest);
	AUTO_FREE char *member =
		bench_format("socket,id=m,path=%s,server=on,wait=off", place->member);
	const char *args[] = { "-object", keys, "-chardev", source, "-chardev", readers, "-chardev",
		"hub,id=h,chardevs.0=s,stall=wait,terminal=off", "-device",
		"console,guest=g,chardev=h", "-chardev", guest, "-chardev", member, "-chardev",
		"hub,id=h2,chardevs.0=m,terminal=off", "-device", "console,guest=e,chardev=h2",
		NULL };

	return bench_charhubd(place->charhubd, args);
}

/* ---- fan-out ---- */

struct reader {
	int port, ready_fd;
	uint64_t *ret_end_ns;
};

static void run_reader(void *data)
{
	const struct reader *reader = data;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = new_client(context, dial(reader->port));
	static char buf[BLOCK_BYTES];

	if (SSL_connect(ssl) != 1)
		bench_die("a reader's handshake failed");
	for (size_t total = 0; total < STREAM_BYTES;) {
		int got = SSL_read(ssl, buf, total ? (int)sizeof(buf) : HELLO_BYTES);

		if (got <= 0)
			bench_die("a reader's stream ended at byte %zu", total);
		if (!total)
			bench_write_all(reader->ready_fd, buf, 1);
		total += (size_t)got;
	}
	*reader->ret_end_ns = bench_now_ns();
}

static double run_fanout(struct place *place, pid_t (*start)(struct place *place), double *ret_cpu)
{
	uint64_t *ends_ns = bench_shared(sizeof(*ends_ns) * READERS), start_ns, cpu_ns, last = 0;
	static char block[BLOCK_BYTES];
	int ready[2], source;
	char byte[READERS];
	pid_t pids[READERS], pid;

	place->port = free_port();
	pid = start(place);
	bench_pipe(ready);
	for (int i = 0; i < READERS; i++) {
		struct reader reader = { place->port, ready[1], &ends_ns[i] };

		pids[i] = bench_fork(run_reader, &reader);
	}
	source = bench_connect(place->source);
	bench_write_all(source, block, HELLO_BYTES);
	bench_read_all(ready[0], byte, READERS);
	cpu_ns = bench_cpu_ns(pid);
	start_ns = bench_now_ns();
	for (size_t at = HELLO_BYTES; at < STREAM_BYTES;) {
		size_t len = STREAM_BYTES - at < sizeof(block) ? STREAM_BYTES - at : sizeof(block);

		bench_write_all(source, block, len);
		at += len;
	}
	for (int i = 0; i < READERS; i++)
		bench_join(pids[i]);
	*ret_cpu = (double)(bench_cpu_ns(pid) - cpu_ns) / STREAM_BYTES;
	for (int i = 0; i < READERS; i++)
		last = ends_ns[i] > last ? ends_ns[i] : last;
	close(source);
	close(ready[0]);
	close(ready[1]);
	bench_end(pid);
	unlink(place->source);
	return STREAM_BYTES / 1e6 / ((double)(last - start_ns) / 1e9);
}

static void measure_fanout(struct place *place, size_t rounds)
{
	static double rates[2][ROUNDS_MAX], cpus[2][ROUNDS_MAX], ratios[2][ROUNDS_MAX];
	static const char *const names[] = { "SSL_write() to each", "charhubd" };

	for (size_t round = 0; round < rounds; round++) {
		for (int i = 0; i < 2; i++) {
			rates[i][round] =
				run_fanout(place, i ? start_charhubd : start_loop, &cpus[i][round]);
			ratios[i][round] = rates[i][round] / rates[0][round];
		}
	}
	printf("| 8 readers | MB/s at the slowest | of the loop | relay CPU s/GB |\n"
	       "|---|---|---|---|\n");
	for (int i = 0; i < 2; i++)
		printf("| %s | %.0f | %.2f | %.2f |\n", names[i], bench_median(rates[i], rounds),
			bench_median(ratios[i], rounds), bench_median(cpus[i], rounds));
}

/* ---- a storm ---- */

/** struct storm - @done: of its handshakes */
struct storm {
	int port, hold_fd;
	volatile int *done;
};

static void run_storm(void *data)
{
	const struct storm *storm = data;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *clients[CLIENTS];
	char byte;

	for (int i = 0; i < CLIENTS; i++) {
		int fd = dial(storm->port);

		fcntl(fd, F_SETFL, O_NONBLOCK);
		clients[i] = new_client(context, fd);
	}
	while (*storm->done < CLIENTS) {
		*storm->done = 0;
		for (int i = 0; i < CLIENTS; i++)
			*storm->done += SSL_do_handshake(clients[i]) == 1;
	}
	bench_read(storm->hold_fd, &byte, 1);
}

static void echo(void *data)
{
	int fd = *(const int *)data;
	char key;

	while (bench_read(fd, &key, 1))
		bench_write_all(fd, &key, 1);
}

static size_t echo_for(int fd, double *ret_ms, size_t max, volatile int *done)
{
	size_t n = 0;

	while (n < max && (!done || *done < CLIENTS)) {
		uint64_t start = bench_now_ns();
		char key = 'x';

		bench_write_all(fd, &key, 1);
		bench_read_all(fd, &key, 1);
		ret_ms[n++] = (double)(bench_now_ns() - start) / 1e6;
		bench_wait_until(start + ECHO_NS);
	}
	return n;
}

static void print_row(const char *what, double *ms, size_t n)
{
	printf("| %s | %.2f | %.2f | %.2f |\n", what, bench_percentile(ms, n, 50),
		bench_percentile(ms, n, 99), bench_percentile(ms, n, 100));
}

static void measure_storm(struct place *place)
{
	static double idle_ms[ECHOES], storm_ms[ECHOES];
	struct storm storm = { .done = bench_shared(sizeof(int)) };
	uint64_t start, before_kb;
	size_t n_idle, n_storm;
	int guest, member, hold[2];
	pid_t pid, storming;

	storm.port = place->port = free_port();
	pid = start_charhubd(place);
	guest = bench_connect(place->guest);
	member = bench_connect(place->member);
	bench_fork(echo, &guest);
	n_idle = echo_for(member, idle_ms, ECHOES / 2, NULL);
	before_kb = bench_memory_kb(pid);
	bench_pipe(hold);
	storm.hold_fd = hold[0];
	start = bench_now_ns();
	storming = bench_fork(run_storm, &storm);
	n_storm = echo_for(member, storm_ms, ECHOES, storm.done);
	printf("\n%d handshakes in %.0f ms; then %.0f KB a client\n\n", (int)CLIENTS,
		(double)(bench_now_ns() - start) / 1e6,
		(double)(bench_memory_kb(pid) - before_kb) / CLIENTS);
	printf("| echo of another console | median ms | p99 ms | max ms |\n|---|---|---|---|\n");
	print_row("idle", idle_ms, n_idle);
	print_row("while they shake hands", storm_ms, n_storm);
	close(hold[1]);
	bench_end(storming);
	bench_end(pid);
}

int main(int argc, char **argv)
{
	struct place place = { .charhubd = argc > 1 ? argv[1] : NULL,
		.source = bench_tmp("source"),
		.guest = bench_tmp("guest"),
		.member = bench_tmp("member"),
		.dir = bench_tmp("keys") };
	uint64_t rounds = 5;

	if (argc < 2 ||
		(argc > 2 && (parse_u64(argv[2], &rounds) < 0 || !rounds || rounds > ROUNDS_MAX)))
		bench_die("usage: bench-tls CHARHUBD [rounds]");
	make_keys(place.dir);
	measure_fanout(&place, (size_t)rounds);
	measure_storm(&place);
	free(place.source);
	free(place.guest);
	free(place.member);
	free(place.dir);
	return 0;
}
