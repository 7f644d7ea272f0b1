/* SPDX-License-Identifier: MIT */
#include "transport/identity.h"

#include "base/cleanup.h"
#include "transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/vm_sockets.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

static pid_t read_credentials(int fd, struct identity *identity)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) < 0 ||
		len != sizeof(credentials) || credentials.pid <= 0)
		return 0;
	if (identity) {
		identity->pid = credentials.pid;
		identity->uid = credentials.uid;
	}
	return credentials.pid;
}

void identity_of_socket(int fd, struct identity *ret_identity)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len = sizeof(sockaddr);
	AUTO_FREE char *text = NULL;

	*ret_identity = (struct identity){ 0 };
	if (getpeername(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return;
	if (sockaddr.ss_family == AF_VSOCK)
		snprintf(ret_identity->name, sizeof(ret_identity->name), "cid %u",
			((const struct sockaddr_vm *)&sockaddr)->svm_cid);
	else if (sockaddr.ss_family == AF_UNIX && read_credentials(fd, ret_identity))
		snprintf(ret_identity->name, sizeof(ret_identity->name), "pid %d",
			(int)ret_identity->pid);
	else if ((text = sockaddr_text(&sockaddr)))
		snprintf(ret_identity->name, sizeof(ret_identity->name), "%s", text);
}

int identity_process(int fd)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	pid_t pid = read_credentials(fd, NULL);

	if (!pid)
		return -ENOTSUP;
	/* Says who it was, although its number may belong to another process by now. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		return pidfd;
	if (errno == ESRCH || errno == EINVAL)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0)
		return pidfd;
	return errno == ENOSYS ? -ENOTSUP : -errno;
}
