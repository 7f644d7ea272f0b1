/* SPDX-License-Identifier: MIT */
/*
 * The list of src/sandbox/gen-syscalls.py, and what the C library and the others that are linked
 * call by themselves. A new process cannot be made: of clone() only threads are allowed, and
 * clone3(), whose flags a filter does not see, is not there, after which C libraries use clone().
 *
 * What is no name of a call on this kind of machine is left out: each has its own.
 */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <string.h>

#if HAVE_SECCOMP

#include "sandbox/syscall-list.h"

#include <sched.h>
#include <seccomp.h>

/* memory
 * syscalls: brk mmap mmap2 munmap mremap mprotect madvise
 * threads, signals
 * syscalls: futex futex_time64 futex_waitv set_robust_list rseq gettid tgkill exit sched_yield
 * syscalls: sched_getaffinity sigaltstack rt_sigreturn sigreturn rt_sigaction rt_sigprocmask
 * the end
 * syscalls: exit_group restart_syscall getpid wait4 waitid
 * time, chance, who and where we are
 * syscalls: clock_gettime clock_gettime64 clock_getres clock_nanosleep clock_nanosleep_time64
 * syscalls: gettimeofday time getrandom getuid geteuid getgid getegid getcwd uname sysinfo umask
 * names of hosts and users
 * syscalls: socket connect bind getsockname sendto sendmsg sendmmsg recvfrom recvmsg poll ppoll
 * syscalls: ppoll_time64 setsockopt getsockopt socketcall
 * files
 * syscalls: openat open close read pread64 readv write pwrite64 writev lseek _llseek fstat fstat64
 * syscalls: newfstatat fstatat64 statx stat stat64 lstat lstat64 statfs fstatfs readlink readlinkat
 * syscalls: access faccessat faccessat2 getdents64 fcntl fcntl64 ioctl dup unlink unlinkat
 */

#if defined(__s390__)
#define CLONE_FLAGS SCMP_A1
#else
#define CLONE_FLAGS SCMP_A0
#endif

/* What the runtime of the sanitizers does besides, but for the search for leaks at the end. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER_SYSCALLS                                                              \
	"prctl", "getppid", "sched_setaffinity", "getrlimit", "prlimit64", "setrlimit", \
		"personality"
#else
#define SANITIZER_SYSCALLS "read"
#endif

static int allow(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name), r;

	if (number == __NR_SCMP_ERROR)
		return 0;
	r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	return r == -EDOM || r == -EEXIST ? 0 : r;
}

static int fill(scmp_filter_ctx filter)
{
	static const char *const names[] = { SANDBOX_SYSCALLS, SANITIZER_SYSCALLS };
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && r == 0; i++)
		r = allow(filter, names[i]);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			CLONE_FLAGS(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

bool sandbox_has_filter(void)
{
	return true;
}

int sandbox_limit_syscalls(struct error **err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return error_set(err, ENOMEM, "sandbox: out of memory");
	r = fill(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? error_set(err, -r, "sandbox: seccomp: %s", strerror(-r)) : 0;
}

#else

bool sandbox_has_filter(void)
{
	return false;
}

int sandbox_limit_syscalls(struct error **err)
{
	return error_set(err, ENOTSUP, "this charhubd was built without libseccomp");
}

#endif
