/* SPDX-License-Identifier: MIT */
#include "transport/address.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <linux/vm_sockets.h>
#include <cmocka.h>

static struct address inet(const char *host, const char *port)
{
	return (struct address){ .kind = ADDRESS_INET, .host = strdup(host), .port = strdup(port) };
}

static struct address unix_path(const char *path)
{
	return (struct address){ .kind = ADDRESS_UNIX, .path = strdup(path) };
}

static void assert_text(struct address address, const char *want)
{
	AUTO_FREE char *text = address_text(&address);

	assert_string_equal(text, want);
	address_done(&address);
}

static void texts_are_those_of_qemu(void **state)
{
	struct address abstract = unix_path("x"), tight = unix_path("x");

	(void)state;
	abstract.abstract = tight.abstract = tight.tight = true;
	assert_text(inet("localhost", "5900"), "tcp:localhost:5900");
	assert_text(inet("::1", "80"), "tcp:[::1]:80");
	assert_text(unix_path("/run/x"), "unix:/run/x");
	assert_text(abstract, "unix:x,abstract=on");
	assert_text(tight, "unix:x,abstract=on,tight=on");
	assert_text((struct address){ .kind = ADDRESS_FD, .fd = 3 }, "fd:3");
	assert_text((struct address){ .kind = ADDRESS_VSOCK, .cid = 3, .vsock_port = 1024 },
		"vsock:3:1024");
}

static void a_vsock_has_numbers_only(void **state)
{
	const struct address address = { .kind = ADDRESS_VSOCK, .cid = 3, .vsock_port = 1024 };
	struct sockaddr_storage sockaddr;
	const struct sockaddr_vm *vm = (const struct sockaddr_vm *)&sockaddr;
	AUTO_ERROR struct error *err = NULL;
	socklen_t len;

	(void)state;
	assert_int_equal(address_to_sockaddr(&address, &sockaddr, &len, NULL), 0);
	assert_int_equal(len, sizeof(*vm));
	assert_int_equal(vm->svm_family, AF_VSOCK);
	assert_int_equal(vm->svm_cid, 3);
	assert_int_equal(vm->svm_port, 1024);
	assert_int_equal(address_no_connection(&address, ENODEV, &err), -ENODEV);
	assert_string_equal(
		error_message(err), "Failed to connect to 'vsock:3:1024': No such device");
}

static void abstract_names_are_padded_unless_tight(void **state)
{
	struct address address = unix_path("name");
	struct sockaddr_storage sockaddr;
	const struct sockaddr_un *un = (const struct sockaddr_un *)&sockaddr;
	socklen_t len;

	(void)state;
	address.abstract = true;
	assert_int_equal(address_to_sockaddr(&address, &sockaddr, &len, NULL), 0);
	assert_int_equal(len, sizeof(*un));
	assert_int_equal(un->sun_path[0], 0);
	assert_memory_equal(un->sun_path + 1, "name", 5);
	address.tight = true;
	assert_int_equal(address_to_sockaddr(&address, &sockaddr, &len, NULL), 0);
	assert_int_equal(len, offsetof(struct sockaddr_un, sun_path) + 5);
	address_done(&address);
}

static void choices_of_ip_version(void **state)
{
	static const struct {
		enum address_choice ipv4, ipv6;
		int family;
	} cases[] = {
		{ ADDRESS_UNSET, ADDRESS_UNSET, AF_UNSPEC },
		{ ADDRESS_ON, ADDRESS_UNSET, AF_INET },
		{ ADDRESS_UNSET, ADDRESS_ON, AF_INET6 },
		{ ADDRESS_ON, ADDRESS_ON, AF_UNSPEC },
		{ ADDRESS_OFF, ADDRESS_UNSET, AF_INET6 },
		{ ADDRESS_UNSET, ADDRESS_OFF, AF_INET },
		{ ADDRESS_ON, ADDRESS_OFF, AF_INET },
	};
	struct addrinfo hints;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address = { .ipv4 = cases[i].ipv4, .ipv6 = cases[i].ipv6 };

		address_hints(&address, &hints);
		assert_int_equal(hints.ai_family, cases[i].family);
	}
}

static void numbers_need_no_lookup(void **state)
{
	static const struct {
		const char *host, *port;
		bool numeric;
	} cases[] = { { "127.0.0.1", "1", true }, { "::1", "1", true }, { "", "1", true },
		{ "localhost", "1", false }, { "127.0.0.1", "telnet", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address = inet(cases[i].host, cases[i].port);

		assert_int_equal(address_is_numeric(&address), cases[i].numeric);
		address_done(&address);
	}
}

static void socket_names_have_their_port(void **state)
{
	struct sockaddr_storage sockaddr = { .ss_family = AF_INET };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sockaddr;
	AUTO_FREE char *v4 = NULL, *v6 = NULL, *none = NULL;

	(void)state;
	((struct sockaddr_in *)&sockaddr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	((struct sockaddr_in *)&sockaddr)->sin_port = htons(5900);
	v4 = sockaddr_text(&sockaddr);
	assert_string_equal(v4, "127.0.0.1:5900");
	sockaddr = (struct sockaddr_storage){ .ss_family = AF_INET6 };
	in6->sin6_addr = in6addr_loopback;
	in6->sin6_port = htons(80);
	v6 = sockaddr_text(&sockaddr);
	assert_string_equal(v6, "[::1]:80");
	sockaddr = (struct sockaddr_storage){ .ss_family = AF_UNIX };
	none = sockaddr_text(&sockaddr);
	assert_string_equal(none, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_qemu),
		cmocka_unit_test(a_vsock_has_numbers_only),
		cmocka_unit_test(abstract_names_are_padded_unless_tight),
		cmocka_unit_test(choices_of_ip_version),
		cmocka_unit_test(numbers_need_no_lookup),
		cmocka_unit_test(socket_names_have_their_port),
	};

	return cmocka_run_group_tests_name("transport/address", tests, NULL, NULL);
}
