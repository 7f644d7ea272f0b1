/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { NOT_ENTERED = 100, UNEXPECTED };

/* What a process does in the sandbox. Return: its exit status. */
typedef int deed_fn(void);

/* Return: the exit status of a process that has done it; minus the signal that has ended it. */
static int do_inside(bool upgrades, deed_fn *deed)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (sandbox_gain_nothing(NULL) < 0 || sandbox_limit_syscalls(upgrades, NULL) < 0)
			_exit(NOT_ENTERED);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int spawn(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) != 0 ||
		waitpid(pid, &status, 0) != pid)
		return UNEXPECTED;
	return status ? UNEXPECTED : 0;
}

static int fork_only(void)
{
	return (int)syscall(SYS_clone, (long)SIGCHLD, NULL, NULL, NULL, NULL) < 0;
}

static int clone_with_more(void)
{
	return (int)syscall(SYS_clone, (long)(CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | SIGCHLD),
		       NULL, NULL, NULL, NULL) < 0;
}

static int execute(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	execv("/bin/true", argv);
	return UNEXPECTED;
}

static int limit_another(void)
{
	return syscall(SYS_prlimit64, getppid(), 0, NULL, NULL) < 0;
}

static int ask_for_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == ENOSYS ? 0 : UNEXPECTED;
}

static void for_an_upgrade_a_program_is_executed(void **state)
{
	(void)state;
	assert_int_equal(do_inside(true, spawn), 0);
	assert_int_equal(do_inside(true, execute), 0);
}

static void without_one_none_is(void **state)
{
	(void)state;
	assert_int_equal(do_inside(false, spawn), -SIGSYS);
	assert_int_equal(do_inside(false, execute), -SIGSYS);
}

static void no_other_process_is_made(void **state)
{
	(void)state;
	assert_int_equal(do_inside(true, fork_only), -SIGSYS);
	assert_int_equal(do_inside(true, clone_with_more), -SIGSYS);
}

static void limits_are_its_own(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* the sanitizer may do what it likes */
#endif
	assert_int_equal(do_inside(true, limit_another), -SIGSYS);
}

static void what_libraries_try_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(do_inside(false, ask_for_io_uring), 0);
}

static void a_program_does_within_its_own_list(void **state)
{
	AUTO_FREE char *list = sandbox_syscalls(true);

	(void)state;
	assert_int_equal(sandbox_check_syscalls(list, NULL), 0);
}

static void what_a_list_lacks_is_named(void **state)
{
	AUTO_FREE char *narrow = sandbox_syscalls(false), *wide = sandbox_syscalls(true);
	AUTO_ERROR struct error *denied = NULL;
	AUTO_ERROR struct error *older = NULL;
	char *at = strstr(wide, " epoll_ctl ");

	(void)state;
	assert_int_equal(sandbox_check_syscalls(narrow, &denied), -EPERM);
	assert_non_null(strstr(error_message(denied), " execve"));
	assert_non_null(at);
	memcpy(at, " EPOLL_CTL ", strlen(" EPOLL_CTL "));
	assert_int_equal(sandbox_check_syscalls(wide, &older), -EPERM);
	assert_string_equal(error_message(older),
		"it makes system calls that the sandbox does not allow, for good: epoll_ctl");
}

/* As a unit of systemd, or a container, may have it. */
static int forbid_seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int say_who_forbids(void)
{
	struct error *err = NULL;
	bool said;

	if (sandbox_gain_nothing(NULL) < 0 || forbid_seccomp() < 0)
		return NOT_ENTERED;
	if (sandbox_limit_syscalls(true, &err) != -EPERM)
		return UNEXPECTED;
	said = strstr(error_message(err), "a filter that was there before");
	error_free(err);
	return said ? 0 : UNEXPECTED;
}

static void a_filter_that_forbids_another_one_is_named(void **state)
{
	pid_t pid = fork();
	int status = 0;

	(void)state;
	if (pid == 0)
		_exit(say_who_forbids());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_an_upgrade_a_program_is_executed),
		cmocka_unit_test(without_one_none_is),
		cmocka_unit_test(no_other_process_is_made),
		cmocka_unit_test(limits_are_its_own),
		cmocka_unit_test(what_libraries_try_is_not_there),
		cmocka_unit_test(a_program_does_within_its_own_list),
		cmocka_unit_test(what_a_list_lacks_is_named),
		cmocka_unit_test(a_filter_that_forbids_another_one_is_named),
	};

	return cmocka_run_group_tests_name("sandbox/filter", tests, NULL, NULL);
}
