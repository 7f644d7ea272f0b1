/* SPDX-License-Identifier: MIT */
/* syscalls: getpeername getsockopt openat pidfd_open */
#include "transport/identity.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/vm_sockets.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

bool identity_is_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return *name && strspn(name, "0123456789") < strlen(name) && *name != '+' && *name != '-';
}

/* "joe:x:1000:...", which becomes "joe". fgetpwent() has one buffer for all threads. */
static bool is_entry_of(char *line, uid_t uid)
{
	const char *name = strsep(&line, ":");
	const char *number;
	uint64_t value;

	strsep(&line, ":"); /* the password */
	number = strsep(&line, ":");
	return number && parse_u64(number, &value) == 0 && value == uid && identity_is_name(name);
}

void identity_name_user(const char *passwd, uid_t uid, char ret_who[IDENTITY_WHO_MAX])
{
	AUTO_FILE FILE *file = fopen(passwd, "re");
	AUTO_FREE char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0)
		if (is_entry_of(line, uid) &&
			snprintf(ret_who, IDENTITY_WHO_MAX, "user:%s", line) < IDENTITY_WHO_MAX)
			return;
	snprintf(ret_who, IDENTITY_WHO_MAX, "user:%lu", (unsigned long)uid);
}

static bool read_credentials(int fd, struct ucred *ret_credentials)
{
	socklen_t len = sizeof(*ret_credentials);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_credentials, &len) == 0 &&
	       len == sizeof(*ret_credentials) && ret_credentials->uid != (uid_t)-1;
}

/* Of a process in another PID namespace the kernel tells the user, but no number. */
static void identify_process(int fd, struct identity *identity)
{
	struct ucred credentials;

	if (!read_credentials(fd, &credentials))
		return;
	identity_name_user("/etc/passwd", credentials.uid, identity->who);
	if (credentials.pid <= 0)
		return;
	identity->pid = credentials.pid;
	identity->uid = credentials.uid;
	snprintf(identity->name, sizeof(identity->name), "pid %d", (int)identity->pid);
}

void identity_of_socket(int fd, struct identity *ret_identity)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len = sizeof(sockaddr);
	AUTO_FREE char *text = NULL;

	*ret_identity = (struct identity){ .who = IDENTITY_ANONYMOUS };
	if (getpeername(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return;
	if (sockaddr.ss_family == AF_VSOCK)
		snprintf(ret_identity->name, sizeof(ret_identity->name), "cid %u",
			((const struct sockaddr_vm *)&sockaddr)->svm_cid);
	else if (sockaddr.ss_family == AF_UNIX)
		identify_process(fd, ret_identity);
	else if ((text = sockaddr_text(&sockaddr)))
		snprintf(ret_identity->name, sizeof(ret_identity->name), "%s", text);
}

int identity_process(int fd)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	struct ucred credentials;

	if (!read_credentials(fd, &credentials) || credentials.pid <= 0)
		return -ENOTSUP;
	/* Says who it was, although its number may belong to another process by now. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		return pidfd;
	if (errno == ESRCH || errno == EINVAL)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, credentials.pid, 0);
	if (pidfd >= 0)
		return pidfd;
	return errno == ENOSYS ? -ENOTSUP : -errno;
}
