/* SPDX-License-Identifier: MIT */
/*
 * What runs out while a chardev is made: memory, a system call, descriptors. It is an error with a
 * reason, nothing leaks (the sanitizers look at the memory), and the next try works.
 */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"
#include "lib/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>

enum { FAULTS_MAX = 500, DESCRIPTORS_MAX = 20 };

static const struct chardev_class *const classes[] = { &backend_exec_class, &backend_file_class,
	&backend_journald_class, &backend_null_class, &backend_pipe_class, &backend_pty_class,
	&backend_ringbuf_class, &backend_socket_class, &backend_stdio_class, &backend_syslog_class,
	&backend_udp_class, NULL };

static const struct {
	const char *name, *text;
} makers[] = {
	{ "null", "null,id=c" },
	{ "file", "file,id=c,path=%s/f,input-path=/dev/null" },
	{ "ringbuf", "ringbuf,id=c,size=4k" },
	{ "pty", "pty,id=c,path=%s/link" },
	{ "exec", "exec,id=c,command=exec sleep 1000" },
	{ "stdio", "stdio,id=c" },
	{ "pipe", "pipe,id=c,path=/dev/null" },
	{ "udp", "udp,id=c,host=127.0.0.1,port=9" },
	{ "journald", "journald,id=c,path=%s/j" },
	{ "syslog", "syslog,id=c,host=127.0.0.1,port=9" },
	{ "unix server", "socket,id=c,server=on,wait=off,path=%s/s" },
	{ "tcp server", "socket,id=c,server=on,wait=off,host=127.0.0.1,port=0" },
	{ "unix client", "socket,id=c,path=%s/l" },
	{ "reconnecting client", "socket,id=c,host=127.0.0.1,port=1,reconnect-ms=1000" },
};

enum { MAKERS = sizeof(makers) / sizeof(makers[0]) };

static struct env *env_with_listener(int *ret_listener)
{
	struct env *env = env_new(classes);
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", env_path(env, "l"));
	*ret_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*ret_listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(*ret_listener, 4000), 0);
	return env;
}

/* Return: 0 or what chardev_set_add_text() says; asserts that an error has a reason. */
static int try_to_add(struct env *env, const char *text)
{
	AUTO_ERROR struct error *err = NULL;
	char filled[256];
	int r;

	snprintf(filled, sizeof(filled), "%s", text);
	if (strstr(text, "%s"))
		snprintf(filled, sizeof(filled), "%.*s%s%s", (int)(strstr(text, "%s") - text), text,
			env->dir, strstr(text, "%s") + 2);
	r = chardev_set_add_text(env->set, filled, NULL, &err);
	if (r < 0) {
		assert_non_null(err);
		assert_true(strlen(error_message(err)) > 5);
		assert_null(chardev_set_find(env->set, "c"));
	}
	return r;
}

static void run_and_remove(struct env *env)
{
	run_idle(env->loop);
	assert_int_equal(chardev_set_remove(env->set, "c", NULL), 0);
	run_idle(env->loop);
}

/* Children are reaped in their own time. Return: how many descriptors are left open then. */
static unsigned settled_fds(struct env *env)
{
	siginfo_t info;

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		loop_step(env->loop, true);
	run_idle(env->loop);
	return open_fds();
}

static void each_call_may_fail(void **state)
{
	const char *text = *state;
	int listener;
	struct env *env = env_with_listener(&listener);
	unsigned fds, n;

	assert_int_equal(try_to_add(env, text), 0);
	run_and_remove(env);
	fds = settled_fds(env);
	for (n = 1; n < FAULTS_MAX; n++) {
		bool failed;
		int r;

		fault_arm(n);
		r = try_to_add(env, text);
		failed = fault_disarm();
		if (r == 0)
			run_and_remove(env);
		if (!failed) {
			assert_int_equal(r, 0);
			break;
		}
		run_idle(env->loop);
		assert_int_equal(settled_fds(env), fds);
	}
	assert_in_range(n, 5, FAULTS_MAX - 1);
	close(listener);
	env_free(env);
}

static void descriptors_may_run_out(void **state)
{
	const char *text = *state;
	int listener, lowest;
	struct env *env = env_with_listener(&listener);
	struct rlimit old, low;
	unsigned fds = open_fds(), n;

	getrlimit(RLIMIT_NOFILE, &old);
	for (n = 0; n < DESCRIPTORS_MAX; n++) {
		int r;

		lowest = dup(0);
		close(lowest);
		low = old;
		low.rlim_cur = (rlim_t)lowest + n;
		setrlimit(RLIMIT_NOFILE, &low);
		r = try_to_add(env, text);
		setrlimit(RLIMIT_NOFILE, &old);
		if (r == 0)
			break;
		run_idle(env->loop);
		assert_int_equal(settled_fds(env), fds);
	}
	assert_in_range(n, 0, DESCRIPTORS_MAX - 1);
	run_and_remove(env);
	close(listener);
	env_free(env);
}

int main(void)
{
	struct CMUnitTest tests[2 * MAKERS] = { 0 };
	char names[2 * MAKERS][64];

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 2 * MAKERS; i++) {
		bool calls = i < MAKERS;

		snprintf(names[i], sizeof(names[i]), "%s: %s", makers[i % MAKERS].name,
			calls ? "each_call_may_fail" : "descriptors_may_run_out");
		tests[i] = (struct CMUnitTest){ .name = names[i],
			.test_func = calls ? each_call_may_fail : descriptors_may_run_out,
			.initial_state = (void *)(uintptr_t)makers[i % MAKERS].text };
	}
	return _cmocka_run_group_tests("backend/faults", tests, 2 * MAKERS, NULL, NULL);
}
