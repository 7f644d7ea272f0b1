/* SPDX-License-Identifier: MIT */
/*
 * Lets User-Mode Linux older than 6.13 run on CPUs with AMX: loaded with LD_PRELOAD.
 *
 * Such a kernel keeps 2,696 bytes of extended CPU state for each of its processes and writes them
 * back with PTRACE_SETREGSET. A host whose area is larger (11,008 bytes with AMX) reads short
 * areas out but takes only whole ones in, and answers EFAULT; the guest panics at start. This
 * ptrace() does what the caller meant: it reads the whole area of the process, lays the caller's
 * part over it and writes it back. It steps in after EFAULT only, so it does nothing elsewhere.
 *
 * Layout of the area, [Intel SDM 1, 13.4]: 512 bytes of legacy state, then a header whose first
 * word (XSTATE_BV) has a bit for each component that is in use. All components below bit 10 lie
 * inside the short area.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	AREA_MAX = 65536,
	XSTATE_BV_OFFSET = 512,
	SHORT_COMPONENTS = 0x3ff,
};

static long raw_ptrace(long request, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, request, (long)pid, addr, data);
}

/* Write a short area into the whole one of @pid. Return: 0; -1 with errno. */
static long set_short_xstate(pid_t pid, void *type, const struct iovec *part)
{
	static uint8_t area[AREA_MAX] __attribute__((aligned(64)));
	struct iovec whole = { area, sizeof(area) };
	uint64_t own, given;

	if (raw_ptrace(PTRACE_GETREGSET, pid, type, &whole) < 0 ||
		part->iov_len < XSTATE_BV_OFFSET + sizeof(own) || part->iov_len >= whole.iov_len) {
		errno = EFAULT;
		return -1;
	}
	memcpy(&own, area + XSTATE_BV_OFFSET, sizeof(own));
	memcpy(area, part->iov_base, part->iov_len);
	memcpy(&given, area + XSTATE_BV_OFFSET, sizeof(given));
	given = (given & SHORT_COMPONENTS) | (own & ~(uint64_t)SHORT_COMPONENTS);
	memcpy(area + XSTATE_BV_OFFSET, &given, sizeof(given));
	return raw_ptrace(PTRACE_SETREGSET, pid, type, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	/* The system call stores a peeked word where the C function returns it. */
	int peeks = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
		    request == PTRACE_PEEKUSER;
	long peeked, result;
	va_list args;

	va_start(args, request);
	pid_t pid = va_arg(args, pid_t);
	void *addr = va_arg(args, void *);
	void *data = peeks ? &peeked : va_arg(args, void *);
	va_end(args);

	result = raw_ptrace(request, pid, addr, data);
	if (result < 0 && errno == EFAULT && request == PTRACE_SETREGSET &&
		(uintptr_t)addr == NT_X86_XSTATE)
		result = set_short_xstate(pid, addr, data);
	if (!peeks || result < 0)
		return result;
	errno = 0;
	return peeked;
}
