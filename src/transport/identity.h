/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_IDENTITY_H
#define TRANSPORT_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	IDENTITY_NAME_MAX = 80,
	IDENTITY_WHO_MAX = 256, /* with the NUL; who has a longer name is not let in by it */
};

#define IDENTITY_ANONYMOUS "anonymous"

/**
 * struct identity - who is at the other end of a socket, as far as the kernel and TLS know
 * @name: "127.0.0.1:4711", "[::1]:4711", "pid 42", "cid 3"; "" where nothing is known
 * @pid:  of the process that connected, which may have gone or have passed the connection on;
 *        0: not known, or in a PID namespace that we do not see
 * @uid:  its user, where @pid is known
 * @who:  as rules know it: what the peer has proven to a filter, "x509:CN=alice,O=Lab" [RFC 4514],
 *        "psk:alice"; else "user:NAME" at a unix socket; else "anonymous"
 */
struct identity {
	char name[IDENTITY_NAME_MAX];
	pid_t pid;
	uid_t uid;
	char who[IDENTITY_WHO_MAX];
};

/**
 * identity_is_name() - can rules know a user by this name
 *
 * One of digits could be taken for another one's number, one of control characters for anything.
 */
bool identity_is_name(const char *name);

/**
 * identity_name_user() - "user:NAME" as @passwd has it, else "user:UID"
 * @passwd: path of a file as /etc/passwd; the other ways to a name (NSS) may wait for a server
 */
void identity_name_user(const char *passwd, uid_t uid, char ret_who[IDENTITY_WHO_MAX]);

/** identity_of_socket() - @fd is connected, or no socket at all: then nothing is known */
void identity_of_socket(int fd, struct identity *ret_identity);

/**
 * identity_process() - a descriptor that becomes readable when the process that connected has ended
 *
 * Return: a descriptor; -ESRCH: it has ended; -ENOTSUP: the kernel does not say who it was;
 * another -errno.
 */
int identity_process(int fd);

#endif
