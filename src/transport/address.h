/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_ADDRESS_H
#define TRANSPORT_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct addrinfo;

enum address_kind { ADDRESS_UNIX, ADDRESS_INET, ADDRESS_VSOCK, ADDRESS_FD };

/* Permissions of a socket file: its owner and group may connect. */
enum { ADDRESS_MODE = 0660 };

/** What a user may say about an IP version. */
enum address_choice { ADDRESS_UNSET, ADDRESS_ON, ADDRESS_OFF };

/** address_choice() - of an option that is a boolean; @on counts where it is @given */
static inline enum address_choice address_choice(bool given, bool on)
{
	if (!given)
		return ADDRESS_UNSET;
	return on ? ADDRESS_ON : ADDRESS_OFF;
}

/** address_check_choices() - Return: 0; -EINVAL with @err: no version of IP is left */
int address_check_choices(enum address_choice ipv4, enum address_choice ipv6, struct error **err);

/**
 * struct address - where to listen or to connect; all strings are its own
 * @path:     ADDRESS_UNIX
 * @abstract: the path is a name in Linux's abstract namespace
 * @tight:    ...of exactly its length, not padded to that of the structure
 * @mode:     permissions of the socket file, whatever the umask; 0: ADDRESS_MODE
 * @host:     ADDRESS_INET: name or number; empty: any
 * @port:     number or service
 * @to:       listen: the last port to try; 0: only @port
 * @datagram: of datagrams, UDP or unix: for a connector, and for those who only resolve it
 * @cid:      ADDRESS_VSOCK: which virtual machine; VMADDR_CID_ANY: listen for all
 * @vsock_port: a number, VMADDR_PORT_ANY: listen at any free one
 * @fd:       ADDRESS_FD: an inherited socket
 */
struct address {
	enum address_kind kind;
	char *path;
	bool abstract, tight;
	mode_t mode;
	char *host, *port;
	bool datagram;
	unsigned to;
	enum address_choice ipv4, ipv6;
	unsigned cid, vsock_port;
	int fd;
};

/**
 * address_read_mode() - what a user says by `mode=`
 * @text: "0660"; NULL: nothing, which leaves @address as it is
 *
 * Return: 0; -EINVAL with @err.
 */
int address_read_mode(struct address *address, const char *text, struct error **err);

/** address_done() - free the strings */
void address_done(struct address *address);
#define AUTO_ADDRESS __attribute__((cleanup(address_done)))

/**
 * address_text() - "tcp:HOST:PORT", "unix:PATH,abstract=on", "vsock:CID:PORT", "fd:3"
 *
 * Return: the caller frees; NULL if memory ran out.
 */
char *address_text(const struct address *address);

/**
 * address_listen() - a listening socket
 *
 * Of a unix path only a stale socket is removed: one that nobody listens on. @address->port becomes
 * the real one where it was 0 or a range.
 *
 * Return: a non-blocking descriptor; -errno with @err.
 */
int address_listen(struct address *address, struct error **err);

/**
 * address_connect() - a connected socket; blocks, but a signal ends it
 *
 * Return: a non-blocking descriptor; -EINTR and other -errno with @err.
 */
int address_connect(const struct address *address, struct error **err);

/** address_no_connection() - "Failed to connect to 'WHERE': reason"; Return: -@code */
int address_no_connection(const struct address *address, int code, struct error **err);

/** address_adopt() - a non-blocking duplicate of the inherited socket; -errno with @err */
int address_adopt(const struct address *address, bool server, struct error **err);

/** address_hints() - what getaddrinfo() is to look for */
void address_hints(const struct address *address, struct addrinfo *ret_hints);

/** address_is_numeric() - resolving the host needs nobody else */
bool address_is_numeric(const struct address *address);

/**
 * address_to_sockaddr() - of a unix path or a vsock: where there is no name to look up
 *
 * Return: 0; -EINVAL, -ENAMETOOLONG with @err.
 */
int address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret_sockaddr,
	socklen_t *ret_len, struct error **err);

/** address_resolve() - blocks unless numeric; the caller frees with freeaddrinfo() */
int address_resolve(const struct address *address, bool passive, struct addrinfo **ret_list,
	struct error **err);

/** sockaddr_text() - "127.0.0.1:5900", "[::1]:5900", "" for others; the caller frees */
char *sockaddr_text(const struct sockaddr_storage *sockaddr);

/**
 * wait_for_fd() - block until @fd is ready for poll()'s @events
 *
 * Signals that would end the program end the wait, others do not.
 *
 * Return: 0; -EINTR; another -errno.
 */
int wait_for_fd(int fd, short events);

#endif
