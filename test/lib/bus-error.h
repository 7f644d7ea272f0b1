/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_BUS_ERROR_H
#define TEST_LIB_BUS_ERROR_H

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static char *bus_error_page;
static void *bus_error_at;

static inline void bus_error_note(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	bus_error_at = info->si_addr;
	mmap(bus_error_page, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0);
}

/**
 * bus_error_tells_where() - does the system say which access a SIGBUS is about
 *
 * Linux does; QEMU's user mode emulation of big-endian machines (7.2) swaps the halves of the
 * address, and nobody can survive a SIGBUS there. A test that needs it is skipped then.
 */
static inline bool bus_error_tells_where(void)
{
	struct sigaction action = { .sa_sigaction = bus_error_note, .sa_flags = SA_SIGINFO },
			 before;
	int fd = memfd_create("empty", MFD_CLOEXEC);

	bus_error_page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	sigaction(SIGBUS, &action, &before);
	*(volatile char *)bus_error_page = 1;
	sigaction(SIGBUS, &before, NULL);
	munmap(bus_error_page, 1);
	close(fd);
	return bus_error_at == bus_error_page;
}

#endif
