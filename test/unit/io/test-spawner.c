/* SPDX-License-Identifier: MIT */
#include "io/spawner.h"

#include "io/loop-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
	struct loop *loop;
	int master;
	char tty[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(f->master >= 0);
	assert_int_equal(unlockpt(f->master), 0);
	assert_int_equal(ptsname_r(f->master, f->tty, sizeof(f->tty)), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	spawner_stop(f->loop);
	close(f->master);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* QEMU's emulation of programs has no clone3(), nor have some containers. */
static void start(struct fixture *f)
{
	if (syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS) {
		print_message("this system has no clone3()\n");
		skip();
	}
	assert_int_equal(spawner_start(f->loop, NULL), 0);
}

/* Run a command to its end. Return: its exit status. */
static int run(struct fixture *f, const char *command)
{
	pid_t pid;
	int status;

	assert_int_equal(spawner_run(spawner_of(f->loop), f->tty, "TERM=test", command, &pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void its_children_are_ours(void **state)
{
	struct fixture *f = *state;
	char command[64];

	assert_null(spawner_of(f->loop));
	start(f);
	assert_int_equal(run(f, "exit 3"), 3);
	snprintf(command, sizeof(command), "[ $PPID = %d ]", (int)getpid());
	assert_int_equal(run(f, command), 0);
	assert_int_equal(run(f, "[ $TERM = test ] && [ -t 0 ] && [ -t 2 ] && : >/dev/tty"), 0);
}

static void they_inherit_no_descriptor_and_no_mask(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fcntl(f->master, F_SETFD, 0), 0);
	start(f);
	assert_int_equal(
		run(f, "ls /proc/self/fd | grep -qx '[4-9]\\|..*[0-9]' && exit 1; exit 0"), 0);
	assert_int_equal(run(f, "grep -q '^SigBlk:.0*$' /proc/self/status"), 0);
}

/* What it held for a moment more nobody else could lock, or bind. */
static void once_it_is_there_it_holds_nothing_of_ours(void **state)
{
	struct fixture *f = *state;
	char path[64];
	unsigned pid;
	int fd;

	start(f);
	spawner_save(spawner_of(f->loop), &fd, &pid);
	snprintf(path, sizeof(path), "/proc/%u/fd/%d", pid, f->master);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void another_program_goes_on_with_it(void **state)
{
	struct fixture *f = *state;
	struct loop *next = loop_new(), *before = f->loop;
	unsigned pid;
	int fd;

	spawner_save(spawner_of(next), &fd, &pid);
	assert_int_equal(fd, -1);
	start(f);
	spawner_save(spawner_of(before), &fd, &pid);
	free(*loop_slot(before, LOOP_SLOT_SPAWNER)); /* as another program does not have it */
	*loop_slot(before, LOOP_SLOT_SPAWNER) = NULL;
	assert_int_equal(spawner_adopt(next, fd, pid), 0);
	f->loop = next;
	assert_int_equal(run(f, "exit 4"), 4);
	spawner_stop(next);
	f->loop = before;
	loop_free(next);
}

/* As systemd does it for RestrictNamespaces=. */
static int forbid_clone3(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

/* Return: its exit status; -1: there was none. */
static int run_without_clone3(struct fixture *f)
{
	pid_t pid;
	int status;

	if (forbid_clone3() < 0 || spawner_start(f->loop, NULL) < 0 ||
		spawner_run(spawner_of(f->loop), f->tty, "TERM=test", "exit 5", &pid) < 0 ||
		waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	spawner_stop(f->loop);
	return WEXITSTATUS(status);
}

static void within_a_service_that_has_no_clone3_they_are_made_too(void **state)
{
	struct fixture *f = *state;
	pid_t pid;
	int status;

	start(f);
	spawner_stop(f->loop);
	pid = fork();
	if (pid == 0)
		_exit(run_without_clone3(f) == 5 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void where_it_is_forbidden_nothing_is_started(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	assert_int_equal(spawner_forbid(f->loop), 0);
	assert_int_equal(
		spawner_run(spawner_of(f->loop), f->tty, "TERM=test", "true", &pid), -EPERM);
}

static void what_is_too_long_is_refused(void **state)
{
	struct fixture *f = *state;
	char *command = malloc(SPAWNER_REQUEST_MAX + 1);
	pid_t pid;

	start(f);
	memset(command, 'x', SPAWNER_REQUEST_MAX);
	command[SPAWNER_REQUEST_MAX] = '\0';
	assert_int_equal(
		spawner_run(spawner_of(f->loop), f->tty, "TERM=test", command, &pid), -E2BIG);
	free(command);
	assert_int_equal(run(f, "true"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(its_children_are_ours),
		CASE(they_inherit_no_descriptor_and_no_mask),
		CASE(once_it_is_there_it_holds_nothing_of_ours),
		CASE(another_program_goes_on_with_it),
		CASE(within_a_service_that_has_no_clone3_they_are_made_too),
		CASE(where_it_is_forbidden_nothing_is_started),
		CASE(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
