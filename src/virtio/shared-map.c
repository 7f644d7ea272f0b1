/* SPDX-License-Identifier: MIT */
/*
 * A peer that shares a file can cut it short at any time; touching a page that is no longer there
 * raises SIGBUS. The fault is mended where it happens: the handler finds the map, puts anonymous
 * zero pages over all of it, marks it broken, and the instruction runs again. So
 *
 *   - the ring code needs no guards, no jumps out of the middle of its work, no copies: a healthy
 *     guest pays nothing, whereas a sigsetjmp() for each dispatch costs about 10 ns and leaves
 *     whatever ran half done, and process_vm_readv(2) is a system call for each copy;
 *   - zeros read from a ring are as untrusted as anything else that was there, and checked as such;
 *   - whoever looks at @broken after its work stops serving that guest, and only that one.
 *
 * System calls that meet such a page return EFAULT instead; their callers see an error.
 *
 * The list of maps is the one piece of state that a signal handler forces to be global. It only
 * changes in the loop's thread, outside any access to a map; SIGBUS is raised synchronously by the
 * access, so that the handler never meets the list half changed. A SIGBUS elsewhere is handed to
 * whoever handled it before.
 *
 * A file on FUSE is refused: its owner can make a page fault last for ever.
 */
/* syscalls: close fcntl fstat fstatfs madvise mmap munmap newfstatat rt_sigaction */
#include "virtio/shared-map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

enum { MAP_LENGTH_MAX_BITS = 46 };

static struct shared_map *maps;
static struct sigaction sigbus_before;

static void on_sigbus(int signo, siginfo_t *info, void *context)
{
	const uint8_t *at = info->si_addr;

	(void)context;
	for (struct shared_map *map = maps; map; map = map->next) {
		const uint8_t *base = map->base;

		if (at < base || at >= base + map->length)
			continue;
		if (mmap(map->base, map->length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			    0) == MAP_FAILED)
			break;
		map->broken = 1;
		return;
	}
	sigaction(signo, &sigbus_before, NULL); /* the access is made again, and theirs */
}

/* Looked at for each map: somebody may have put a handler of their own in place meanwhile. */
static int install_handler(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO }, now;

	if (sigaction(SIGBUS, NULL, &now) < 0)
		return -errno;
	if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_sigbus)
		return 0;
	sigbus_before = now;
	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}

/* What mmap(2) wants offsets and lengths to be multiples of. */
static int file_page_size(int fd, uint64_t *ret_size, const char **ret_why)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if ((unsigned long)fs.f_type == FUSE_SUPER_MAGIC) {
		*ret_why = "is a file on FUSE";
		return -EBADF;
	}
	*ret_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if ((unsigned long)fs.f_type == HUGETLBFS_MAGIC && (uint64_t)fs.f_bsize > *ret_size)
		*ret_size = (uint64_t)fs.f_bsize;
	return 0;
}

static int check_file(int fd, uint64_t offset, uint64_t size, const char **ret_why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		*ret_why = "is not a file";
		return -EBADF;
	}
	if (size == 0 || size >> MAP_LENGTH_MAX_BITS || offset > (uint64_t)st.st_size ||
		size > (uint64_t)st.st_size - offset) {
		*ret_why = "does not fit its file";
		return -ERANGE;
	}
	return 0;
}

int shared_map_init(
	struct shared_map *map, int fd, uint64_t offset, uint64_t size, const char **ret_why)
{
	uint64_t page = 0, slack, length;
	int ret, own;
	void *base;

	*ret_why = "cannot be mapped";
	ret = check_file(fd, offset, size, ret_why);
	if (ret == 0)
		ret = file_page_size(fd, &page, ret_why);
	if (ret == 0)
		ret = install_handler();
	if (ret < 0)
		return ret;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -errno;
	slack = offset & (page - 1);
	length = (slack + size + page - 1) & ~(page - 1);
	base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		(off_t)(offset - slack));
	if (base == MAP_FAILED) {
		ret = -errno;
		close(own);
		return ret;
	}
	madvise(base, length, MADV_DONTDUMP);
	*map = (struct shared_map){ .data = (uint8_t *)base + slack,
		.size = size,
		.fd = own,
		.offset = offset,
		.base = base,
		.length = length,
		.next = maps };
	if (maps)
		maps->prev = map;
	maps = map;
	return 0;
}

void shared_map_done(struct shared_map *map)
{
	if (!map->base)
		return;
	if (map->prev)
		map->prev->next = map->next;
	else
		maps = map->next;
	if (map->next)
		map->next->prev = map->prev;
	munmap(map->base, map->length);
	close(map->fd);
	*map = (struct shared_map){ 0 };
}
