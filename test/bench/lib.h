/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LIB_H
#define BENCH_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the benchmarks share: processes, unix sockets, clocks, a byte pattern that tells where it
 * was cut, and medians. A benchmark that cannot go on says why and ends: there is nobody to hand
 * an error to.
 */

/** bench_die() - print a reason, end every process of bench_fork() and bench_charhubd(), exit(1) */
void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- clocks ---- */

/** bench_now_ns() - monotonic, the same in all processes */
uint64_t bench_now_ns(void);

/** bench_wait_until() - return once bench_now_ns() is @when_ns or later */
void bench_wait_until(uint64_t when_ns);

/** bench_cpu_ns() - CPU time that process @pid has used so far, in user and kernel mode */
uint64_t bench_cpu_ns(pid_t pid);

/** bench_memory_kb() - of process @pid; what it shares with others counts in part (Pss) */
uint64_t bench_memory_kb(pid_t pid);

/* ---- figures ---- */

/** bench_percentile() - sort @values; Return: the one that @percent of them do not exceed */
double bench_percentile(double *values, size_t n, double percent);

/** bench_median() - sort @values; the mean of the two in the middle where @n is even */
double bench_median(double *values, size_t n);

/* ---- processes ---- */

/** bench_fork() - run @fn(@data) in a child, which ends with exit code 0 when it returns */
pid_t bench_fork(void (*fn)(void *data), void *data);

/** bench_join() - wait for a child to end by itself; anything but exit code 0 ends the run */
void bench_join(pid_t pid);

/** bench_end() - SIGTERM, then wait */
void bench_end(pid_t pid);

/** bench_end_all() - the same for every child that is left */
void bench_end_all(void);

/**
 * bench_charhubd() - start a charhubd
 * @program: its path
 * @args:    NULL-terminated, without the program's name
 *
 * What it prints goes to the file "log" of the temporary folder.
 */
pid_t bench_charhubd(const char *program, const char *const *args);

/** bench_shared() - zeroed memory that children of bench_fork() share with their parent */
void *bench_shared(size_t len);

/* ---- files ---- */

/** bench_tmp() - path of @name in a temporary folder that goes with the process; caller frees */
char *bench_tmp(const char *name);

/** bench_format() - asprintf() that does not fail; caller frees */
char *bench_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** bench_read_text() - a whole small file; caller frees; "" if there is none */
char *bench_read_text(const char *path);

/* ---- sockets and streams, all blocking ---- */

/** bench_listen() - on a unix stream socket */
int bench_listen(const char *path);

/** bench_accept() - the next client */
int bench_accept(int fd);

/** bench_connect() - to a unix stream socket that may not exist yet */
int bench_connect(const char *path);

/** bench_read() - up to @len bytes; Return: 0 at the end of the stream */
size_t bench_read(int fd, void *buf, size_t len);

/** bench_read_all() - exactly @len bytes */
void bench_read_all(int fd, void *buf, size_t len);

/** bench_write_all() */
void bench_write_all(int fd, const void *buf, size_t len);

/** bench_pipe() - close-on-exec */
void bench_pipe(int fds[2]);

/* ---- the pattern ---- */

/** bench_pattern_fill() - the bytes from @offset on of an endless text that does not repeat */
void bench_pattern_fill(char *buf, uint64_t offset, size_t len);

/** bench_pattern_check() - Return: are they? */
bool bench_pattern_check(const char *buf, uint64_t offset, size_t len);

#endif
