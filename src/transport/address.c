/* SPDX-License-Identifier: MIT */
/*
 * From what the user says to a socket that listens or is connected, with QEMU's error texts. What
 * waits for others (names, a synchronous connect) happens at creation only; whoever reconnects
 * does it through the loop with the parts that are exported here.
 */
/* syscalls: bind chmod connect fchmod fchmodat fcntl getsockname getsockopt listen lstat */
/* syscalls: newfstatat ppoll setsockopt socket unlink */
#include "transport/address.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <linux/vm_sockets.h>

enum {
	LISTEN_BACKLOG = 64,
	PORT_MAX = 65535,
	SOCKET_TYPE = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
};

void address_done(struct address *address)
{
	free(address->path);
	free(address->host);
	free(address->port);
	*address = (struct address){ 0 };
}

int address_check_choices(enum address_choice ipv4, enum address_choice ipv6, struct error **err)
{
	if (ipv4 == ADDRESS_OFF && ipv6 == ADDRESS_OFF)
		return error_set(err, EINVAL, "Cannot disable IPv4 and IPv6 at same time");
	return 0;
}

int address_read_mode(struct address *address, const char *text, struct error **err)
{
	return text ? parse_mode_option("mode", text, "0660", &address->mode, err) : 0;
}

/* ---- texts ---- */

static const char *const brackets[2][2] = { { "", "" }, { "[", "]" } };

static char *inet_text(const char *prefix, const char *host, const char *port)
{
	const char *const *around = brackets[strchr(host, ':') != NULL];
	char *text;

	return asprintf(&text, "%s%s%s%s:%s", prefix, around[0], host, around[1], port) < 0 ? NULL
											    : text;
}

char *address_text(const struct address *address)
{
	char *text;
	int r;

	switch (address->kind) {
	case ADDRESS_INET:
		return inet_text(address->datagram ? "udp:" : "tcp:", address->host, address->port);
	case ADDRESS_FD: r = asprintf(&text, "fd:%d", address->fd); break;
	case ADDRESS_VSOCK:
		r = asprintf(&text, "vsock:%u:%u", address->cid, address->vsock_port);
		break;
	default:
		r = asprintf(&text, "unix:%s%s%s", address->path,
			address->abstract ? ",abstract=on" : "",
			address->abstract && address->tight ? ",tight=on" : "");
	}
	return r < 0 ? NULL : text;
}

char *sockaddr_text(const struct sockaddr_storage *sockaddr)
{
	char host[INET6_ADDRSTRLEN + 32] = "", port[16] = "";
	socklen_t len = sockaddr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							: sizeof(struct sockaddr_in);

	if (sockaddr->ss_family != AF_INET && sockaddr->ss_family != AF_INET6)
		return strdup("");
	if (getnameinfo((const struct sockaddr *)sockaddr, len, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		return strdup("");
	return inet_text("", host, port);
}

/* As in the texts of errors: the path, or HOST:PORT. */
static char *bare_text(const struct address *address)
{
	char *text = NULL;

	if (address->kind == ADDRESS_INET)
		return inet_text("", address->host, address->port);
	if (address->kind == ADDRESS_UNIX)
		return strdup(address->path);
	if (address->kind == ADDRESS_VSOCK)
		return address_text(address);
	return asprintf(&text, "fd %d", address->fd) < 0 ? NULL : text;
}

int address_no_connection(const struct address *address, int code, struct error **err)
{
	AUTO_FREE char *text = bare_text(address);

	return error_set(
		err, code, "Failed to connect to '%s': %s", text ? text : "?", strerror(code));
}

/* ---- names to numbers ---- */

static int unix_sockaddr(const struct address *address, struct sockaddr_storage *ret_sockaddr,
	socklen_t *ret_len, struct error **err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ret_sockaddr;
	size_t len = strlen(address->path), skip = address->abstract ? 1 : 0;

	if (!len)
		return error_set(err, EINVAL, "UNIX socket path is empty");
	if (len > sizeof(un->sun_path) - skip) {
		error_set(err, ENAMETOOLONG, "UNIX socket path '%s' is too long", address->path);
		error_set_hint(
			err, "Path must be less than %zu bytes", sizeof(un->sun_path) - skip);
		return -ENAMETOOLONG;
	}
	*ret_sockaddr = (struct sockaddr_storage){ .ss_family = AF_UNIX };
	memcpy(un->sun_path + skip, address->path, len);
	*ret_len = sizeof(*un);
	if (address->abstract && address->tight)
		*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skip + len);
	return 0;
}

int address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret_sockaddr,
	socklen_t *ret_len, struct error **err)
{
	struct sockaddr_vm *vm = (struct sockaddr_vm *)ret_sockaddr;

	if (address->kind == ADDRESS_UNIX)
		return unix_sockaddr(address, ret_sockaddr, ret_len, err);
	*ret_sockaddr = (struct sockaddr_storage){ 0 };
	*vm = (struct sockaddr_vm){
		.svm_family = AF_VSOCK, .svm_cid = address->cid, .svm_port = address->vsock_port
	};
	*ret_len = sizeof(*vm);
	return 0;
}

void address_hints(const struct address *address, struct addrinfo *ret_hints)
{
	bool no_ipv6 = address->ipv6 == ADDRESS_OFF ||
		       (address->ipv4 == ADDRESS_ON && address->ipv6 == ADDRESS_UNSET);
	bool no_ipv4 = address->ipv4 == ADDRESS_OFF ||
		       (address->ipv6 == ADDRESS_ON && address->ipv4 == ADDRESS_UNSET);

	*ret_hints =
		(struct addrinfo){ .ai_socktype = address->datagram ? SOCK_DGRAM : SOCK_STREAM };
	ret_hints->ai_family = no_ipv6 ? AF_INET : no_ipv4 ? AF_INET6 : AF_UNSPEC;
}

bool address_is_numeric(const struct address *address)
{
	unsigned char number[sizeof(struct in6_addr)];
	uint64_t port;

	return (!*address->host || inet_pton(AF_INET, address->host, number) == 1 ||
		       inet_pton(AF_INET6, address->host, number) == 1) &&
	       parse_u64(address->port, &port) == 0;
}

int address_resolve(
	const struct address *address, bool passive, struct addrinfo **ret_list, struct error **err)
{
	struct addrinfo hints;
	int r;

	address_hints(address, &hints);
	hints.ai_flags = passive ? AI_PASSIVE : 0;
	r = getaddrinfo(*address->host ? address->host : NULL, address->port, &hints, ret_list);
	if (r)
		return error_set(err, EADDRNOTAVAIL, "address resolution failed for %s:%s: %s",
			address->host, address->port, gai_strerror(r));
	return 0;
}

/* ---- listening ---- */

/* Is there a socket at the path that nobody listens on? */
static bool is_stale(const struct sockaddr_storage *sockaddr, socklen_t len)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCKET_TYPE, 0);
	struct stat st;

	if (lstat(((const struct sockaddr_un *)sockaddr)->sun_path, &st) < 0 ||
		!S_ISSOCK(st.st_mode) || fd < 0)
		return false;
	return connect(fd, (const struct sockaddr *)sockaddr, len) < 0 && errno == ECONNREFUSED;
}

/*
 * The file is born with the permissions of the socket, less what the umask takes, and gets that
 * back before anybody listens: at no time may more people connect than are meant to. The umask
 * itself is the process's, whose other threads make files meanwhile.
 */
static int bind_with_mode(int fd, const struct address *address,
	const struct sockaddr_storage *sockaddr, socklen_t len)
{
	mode_t mode = address->mode ? address->mode : ADDRESS_MODE;
	int r;

	if (fchmod(fd, mode) < 0 || bind(fd, (const struct sockaddr *)sockaddr, len) < 0)
		return -errno;
	if (address->abstract || chmod(address->path, mode) == 0)
		return 0;
	r = -errno;
	unlink(address->path);
	return r;
}

static int bind_unix(int fd, const struct address *address, const struct sockaddr_storage *sockaddr,
	socklen_t len)
{
	int r = bind_with_mode(fd, address, sockaddr, len);

	if (r != -EADDRINUSE || address->abstract || !is_stale(sockaddr, len))
		return r;
	unlink(address->path);
	return bind_with_mode(fd, address, sockaddr, len);
}

static int listen_unix(const struct address *address, struct error **err)
{
	AUTO_CLOSE int fd = -1;
	struct sockaddr_storage sockaddr;
	struct stat st;
	socklen_t len = 0;
	int r = unix_sockaddr(address, &sockaddr, &len, err);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCKET_TYPE, 0);
	r = fd < 0 ? -errno : bind_unix(fd, address, &sockaddr, len);
	if (r == 0 && listen(fd, LISTEN_BACKLOG) < 0)
		r = -errno;
	if (r == 0)
		return TAKE_FD(fd);
	error_set(err, -r, "Failed to bind socket to %s: %s", address->path, strerror(-r));
	if (r == -EADDRINUSE && !address->abstract && lstat(address->path, &st) == 0)
		error_set_hint(err, S_ISSOCK(st.st_mode) ? "Somebody listens there."
							 : "It is not a socket and is left alone.");
	return r;
}

static void set_port(struct sockaddr *sockaddr, unsigned port)
{
	if (sockaddr->sa_family == AF_INET6)
		((struct sockaddr_in6 *)sockaddr)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)sockaddr)->sin_port = htons((uint16_t)port);
}

static unsigned get_port(const struct sockaddr *sockaddr)
{
	return sockaddr->sa_family == AF_INET6
		       ? ntohs(((const struct sockaddr_in6 *)sockaddr)->sin6_port)
		       : ntohs(((const struct sockaddr_in *)sockaddr)->sin_port);
}

/* Return: a listening socket, -errno. */
static int listen_one(const struct address *address, const struct addrinfo *info)
{
	AUTO_CLOSE int fd = socket(info->ai_family, SOCKET_TYPE, info->ai_protocol);
	int on = 1, only = address->ipv4 == ADDRESS_OFF ||
			   (address->ipv6 == ADDRESS_ON && address->ipv4 != ADDRESS_ON);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int note_port(struct address *address, int fd)
{
	struct sockaddr_storage sockaddr;
	socklen_t len = sizeof(sockaddr);
	char *port;

	if (getsockname(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return -errno;
	if (asprintf(&port, "%u", get_port((struct sockaddr *)&sockaddr)) < 0)
		return -ENOMEM;
	free(address->port);
	address->port = port;
	return 0;
}

static int listen_range(const struct address *address, const struct addrinfo *list)
{
	int fd = -EADDRNOTAVAIL;

	for (const struct addrinfo *info = list; info; info = info->ai_next) {
		unsigned first = get_port(info->ai_addr);
		unsigned last = address->to > first ? address->to : first;

		for (unsigned port = first; port <= last && port <= PORT_MAX; port++) {
			set_port(info->ai_addr, port);
			fd = listen_one(address, info);
			if (fd >= 0 || (fd != -EADDRINUSE && fd != -EACCES))
				break;
		}
		if (fd >= 0)
			break;
	}
	return fd;
}

static int listen_inet(struct address *address, struct error **err)
{
	AUTO_CLOSE int fd = -1;
	struct addrinfo *list;
	int r = address_resolve(address, true, &list, err);

	if (r < 0)
		return r;
	fd = listen_range(address, list);
	freeaddrinfo(list);
	r = fd < 0 ? fd : note_port(address, fd);
	if (r < 0)
		return error_set(err, -r, "Failed to find an available port: %s", strerror(-r));
	return TAKE_FD(fd);
}

static int listen_vsock(struct address *address, struct error **err)
{
	AUTO_CLOSE int fd = socket(AF_VSOCK, SOCKET_TYPE, 0);
	struct sockaddr_storage sockaddr;
	struct sockaddr_vm *vm = (struct sockaddr_vm *)&sockaddr;
	socklen_t len = 0;

	address_to_sockaddr(address, &sockaddr, &len, NULL);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sockaddr, len) < 0 ||
		listen(fd, LISTEN_BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return error_set(err, errno, "Failed to bind socket to vsock:%u:%u: %s",
			address->cid, address->vsock_port, strerror(errno));
	address->vsock_port = vm->svm_port;
	return TAKE_FD(fd);
}

int address_listen(struct address *address, struct error **err)
{
	switch (address->kind) {
	case ADDRESS_VSOCK: return listen_vsock(address, err);
	case ADDRESS_UNIX: return listen_unix(address, err);
	case ADDRESS_INET: return listen_inet(address, err);
	default: return address_adopt(address, true, err);
	}
}

/* ---- connecting ---- */

int wait_for_fd(int fd, short events)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct pollfd look = { .fd = fd, .events = events };
	sigset_t mask;

	sigfillset(&mask);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigdelset(&mask, ending[i]);
	return ppoll(&look, 1, NULL, &mask) < 0 ? -errno : 0;
}

static int connect_one(int family, const struct sockaddr *sockaddr, socklen_t len)
{
	AUTO_CLOSE int fd = socket(family, SOCKET_TYPE, 0);
	int r = fd < 0 || connect(fd, sockaddr, len) < 0 ? -errno : 0;
	socklen_t size = sizeof(r);

	if (r == -EINPROGRESS) {
		r = wait_for_fd(fd, POLLOUT);
		if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &r, &size) == 0)
			r = -r;
	}
	return r < 0 ? r : TAKE_FD(fd);
}

static int connect_inet(const struct address *address, struct error **err)
{
	struct addrinfo *list;
	int r = address_resolve(address, false, &list, err);

	if (r < 0)
		return r;
	r = -EADDRNOTAVAIL;
	for (struct addrinfo *info = list; info && r < 0 && r != -EINTR; info = info->ai_next)
		r = connect_one(info->ai_family, info->ai_addr, info->ai_addrlen);
	freeaddrinfo(list);
	return r < 0 ? address_no_connection(address, -r, err) : r;
}

int address_connect(const struct address *address, struct error **err)
{
	struct sockaddr_storage sockaddr;
	socklen_t len = 0;
	int r;

	if (address->kind == ADDRESS_INET)
		return connect_inet(address, err);
	if (address->kind == ADDRESS_FD)
		return address_adopt(address, false, err);
	r = address_to_sockaddr(address, &sockaddr, &len, err);
	if (r < 0)
		return r;
	r = connect_one(sockaddr.ss_family, (struct sockaddr *)&sockaddr, len);
	return r < 0 ? address_no_connection(address, -r, err) : r;
}

int address_adopt(const struct address *address, bool server, struct error **err)
{
	AUTO_CLOSE int fd = fcntl(address->fd, F_DUPFD_CLOEXEC, 3);
	int type = 0, listening = 0, flags;
	socklen_t len = sizeof(type);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return error_set(
			err, ENOTSOCK, "File descriptor '%d' is not a socket", address->fd);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
	if (type != SOCK_STREAM)
		return error_set(
			err, EINVAL, "File descriptor '%d' is not a stream socket", address->fd);
	if (server != (listening != 0))
		return error_set(err, EINVAL, "File descriptor '%d' is %s", address->fd,
			server ? "not a listening socket" : "a listening socket: use server=on");
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_set(
			err, errno, "File descriptor '%d': %s", address->fd, strerror(errno));
	return TAKE_FD(fd);
}
