/* SPDX-License-Identifier: MIT */
/*
 * The list of src/sandbox/gen-syscalls.py, and what the C library and the others that are linked
 * call by themselves. A new process cannot be made: of clone() only threads are allowed, and
 * clone3(), whose flags a filter does not see, is not there, after which C libraries use clone().
 * For an upgrade one that executes another program at once may be made besides, with just the flags
 * that posix_spawn() has. The filter stays, there and in the program that takes over.
 *
 * What libraries only try is not there either: io_uring_setup().
 *
 * What is no name of a call on this kind of machine is left out: each has its own.
 */
/* before the sandbox: seccomp */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_SECCOMP

#include "base/strbuf.h"
#include "sandbox/syscall-list.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

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
 * what loads a program
 * for an upgrade: arch_prctl pipe2 riscv_hwprobe set_tid_address
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

enum { SPAWN_FLAGS = CLONE_VM | CLONE_VFORK | SIGCHLD };

static const char *const always[] = { SANDBOX_SYSCALLS, SANITIZER_SYSCALLS };
static const char *const for_upgrades[] = { SANDBOX_UPGRADE_SYSCALLS };

enum {
	N_ALWAYS = sizeof(always) / sizeof(always[0]),
	N_FOR_UPGRADES = sizeof(for_upgrades) / sizeof(for_upgrades[0]),
};

/* Not on this kind of machine, or allowed by another rule. */
static int unless_needless(int r)
{
	return r == -EDOM || r == -EEXIST ? 0 : r;
}

static int allow(scmp_filter_ctx filter, const char *const *names, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR)
			r = unless_needless(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0));
	}
	return r;
}

/* Limits of its own are what a program looks at, and raises, when it starts. */
static int allow_upgrades(scmp_filter_ctx filter)
{
	int r = allow(filter, for_upgrades, N_FOR_UPGRADES);

	if (r == 0)
		r = unless_needless(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			CLONE_FLAGS(SCMP_CMP_EQ, SPAWN_FLAGS, 0)));
	if (r == 0)
		r = unless_needless(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
			SCMP_A0(SCMP_CMP_EQ, 0, 0)));
	return r;
}

static int fill(scmp_filter_ctx filter, bool upgrades)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (r == 0)
		r = allow(filter, always, N_ALWAYS);
	if (r == 0 && upgrades)
		r = allow_upgrades(filter);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			CLONE_FLAGS(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0);
	return r;
}

/* ---- as text ---- */

char *sandbox_syscalls(bool upgrades)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < N_ALWAYS; i++)
		strbuf_printf(&text, "%s%s", i ? " " : "", always[i]);
	for (size_t i = 0; i < N_FOR_UPGRADES && upgrades; i++)
		strbuf_printf(&text, " %s", for_upgrades[i]);
	return strbuf_take(&text);
}

static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; *list; list += *list == ' ') {
		size_t word = strcspn(list, " ");

		if (word == len && !strncmp(list, name, len))
			return true;
		list += word;
	}
	return false;
}

/* Those that this kind of machine has. */
static void put_missing(struct strbuf *text, const char *list, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_syscall_resolve_name(names[i]) >= 0 && !is_listed(list, names[i]))
			strbuf_printf(text, " %s", names[i]);
}

int sandbox_check_syscalls(const char *list, struct error **err)
{
	AUTO_STRBUF struct strbuf missing = { 0 };

	put_missing(&missing, list, always, N_ALWAYS);
	put_missing(&missing, list, for_upgrades, N_FOR_UPGRADES);
	if (missing.failed)
		return error_set(err, ENOMEM, "out of memory");
	if (!missing.len)
		return 0;
	return error_set(err, EPERM,
		"it makes system calls that the sandbox does not allow, for good:%s", missing.data);
}

bool sandbox_has_filter(void)
{
	return true;
}

/* To the library a call that is forbidden is as good as no memory: it does not say which it was. */
static int look_for_seccomp(struct error **err)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		return 0;
	return error_set(err, errno, "sandbox: seccomp cannot be used: %s%s", strerror(errno),
		errno == EPERM ? ", by a filter that was there before" : "");
}

int sandbox_limit_syscalls(bool upgrades, struct error **err)
{
	scmp_filter_ctx filter;
	int r = look_for_seccomp(err);

	if (r < 0)
		return r;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return error_set(err, ENOMEM, "sandbox: out of memory");
	r = fill(filter, upgrades);
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

char *sandbox_syscalls(bool upgrades)
{
	(void)upgrades;
	return strdup("");
}

int sandbox_check_syscalls(const char *list, struct error **err)
{
	(void)list;
	return sandbox_limit_syscalls(false, err);
}

int sandbox_limit_syscalls(bool upgrades, struct error **err)
{
	(void)upgrades;
	return error_set(err, ENOTSUP, "this charhubd was built without libseccomp");
}

#endif
