/* SPDX-License-Identifier: MIT */
#include "qmp-rig.h"

#include "base/cleanup.h"
#include "control/monitors.h"
#include "control/type.h"
#include "lib/env.h"
#include "lib/files.h"
#include "opts/opts.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* Clients of a monitor on a unix socket, who pass descriptors. */

struct fixture {
	struct qmp_rig *rig;
	char path[64];
	int fd;
};

static void read_until_answer(struct fixture *f, int fd, char *text, size_t size)
{
	size_t len = 0;

	text[0] = 0;
	while (!strstr(text, "\r\n")) {
		ssize_t got;

		qmp_rig_dispatch(f->rig);
		got = recv(fd, text + len, size - 1 - len, MSG_DONTWAIT);
		assert_true(got > 0 || (got < 0 && errno == EAGAIN));
		len += got > 0 ? (size_t)got : 0;
		text[len] = 0;
	}
}

static void send_with_fds(int fd, const char *request, const int *fds, size_t n)
{
	union {
		char bytes[CMSG_SPACE(64 * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)request, strlen(request) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &message, 0), strlen(request));
}

/* Send a request with @n descriptors, expect this very answer. NULL: any. */
static void say(struct fixture *f, int fd, const char *request, const int *fds, size_t n,
	const char *answer)
{
	char text[512];

	send_with_fds(fd, request, fds, n);
	read_until_answer(f, fd, text, sizeof(text));
	if (answer)
		assert_string_equal(text, answer);
}

static int connect_client(struct fixture *f)
{
	int fd = dial_path(f->path);
	char text[512];

	read_until_answer(f, fd, text, sizeof(text));
	assert_int_equal(strncmp(text, "{\"QMP\"", 6), 0);
	say(f, fd, "{'execute':'qmp_capabilities'}", NULL, 0, "{\"return\": {}}\r\n");
	return fd;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	AUTO_OPTS struct opts *opts = opts_new();
	char text[128];

	f->rig = qmp_rig_new();
	snprintf(f->path, sizeof(f->path), "%s/q", f->rig->dir);
	snprintf(text, sizeof(text), "socket,id=q,path=%s,server=on,wait=off,clients=4", f->path);
	assert_int_equal(chardev_set_add_text(world_chardevs(f->rig->world), text, NULL, NULL), 0);
	opts_set(opts, "chardev", "q");
	opts_set(opts, "mode", "control");
	assert_int_equal(monitors_add(f->rig->monitors, opts, NULL), 0);
	f->fd = connect_client(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	qmp_rig_free(f->rig);
	free(f);
	return 0;
}

#define DONE	      "{\"return\": {}}\r\n"
#define FAILS(text)   "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}\r\n"
#define NOTHING_COMES FAILS("No file descriptor supplied via SCM_RIGHTS")

static void descriptors_are_kept_by_name(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();

	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", (int[]){ 0 }, 1, DONE);
	assert_int_equal(open_fds(), before + 1);
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", (int[]){ 0 }, 1, DONE);
	assert_int_equal(open_fds(), before + 1);
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", NULL, 0, NOTHING_COMES);
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'1'}}", (int[]){ 0 }, 1,
		FAILS("Parameter 'fdname' expects a name not starting with a digit"));
	say(f, f->fd, "{'execute':'closefd','arguments':{'fdname':'a'}}", NULL, 0, DONE);
	assert_int_equal(open_fds(), before);
	say(f, f->fd, "{'execute':'closefd','arguments':{'fdname':'a'}}", NULL, 0,
		FAILS("File descriptor named 'a' not found"));
}

/* QEMU's emulation of programs leaves descriptors open that recvmsg() has no room for. */
static bool leaks_surplus(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	int pair[2], fds[4] = { 0 }, came;
	unsigned before = open_fds();

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	send_with_fds(pair[0], "x", fds, 4);
	assert_int_equal(recvmsg(pair[1], &message, 0), 1);
	memcpy(&came, CMSG_DATA(&control.align), sizeof(came));
	close(came);
	close(pair[0]);
	close(pair[1]);
	return open_fds() > before;
}

static void what_nobody_takes_is_closed(void **state)
{
	struct fixture *f = *state;
	bool leaks = leaks_surplus();
	unsigned before = open_fds();
	int fds[40] = { 0 };

	say(f, f->fd, "{'execute':'query-name'}", fds, PASSED_FDS_MAX, NULL);
	assert_int_equal(open_fds(), before + PASSED_FDS_MAX);
	say(f, f->fd, "{'execute':'query-name'}", fds, leaks ? PASSED_FDS_MAX : 40, NULL);
	assert_int_equal(open_fds(), before + PASSED_FDS_MAX);
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", fds, 2, DONE);
	assert_int_equal(open_fds(), before + 2);
}

static void a_session_takes_its_descriptors_with_it(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();
	int fd = connect_client(f);

	say(f, fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", (int[]){ 0, 1 }, 2, DONE);
	say(f, f->fd, "{'execute':'closefd','arguments':{'fdname':'a'}}", NULL, 0,
		FAILS("File descriptor named 'a' not found"));
	close(fd);
	qmp_rig_dispatch(f->rig);
	assert_int_equal(open_fds(), before);
}

static void sets_of_descriptors_are_paths(void **state)
{
	struct fixture *f = *state;
	char path[64], text[160];
	int fd;

	snprintf(path, sizeof(path), "%s/log", f->rig->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	say(f, f->fd, "{'execute':'add-fd','arguments':{'fdset-id':-1}}", &fd, 1,
		FAILS("Parameter 'fdset-id' expects a non-negative value"));
	say(f, f->fd, "{'execute':'add-fd','arguments':{'opaque':'log'}}", &fd, 1, NULL);
	say(f, f->fd, "{'execute':'query-fdsets'}", NULL, 0, NULL);
	say(f, f->fd,
		"{'execute':'chardev-add','arguments':{'id':'f','backend':{'type':'file','data':"
		"{'out':'/dev/fdset/0'}}}}",
		NULL, 0, DONE);
	say(f, f->fd, "{'execute':'remove-fd','arguments':{'fdset-id':0}}", NULL, 0, DONE);
	say(f, f->fd, "{'execute':'query-fdsets'}", NULL, 0, "{\"return\": []}\r\n");
	snprintf(text, sizeof(text),
		"{'execute':'device_add','arguments':{'driver':'console','guest':'m2','chardev':"
		"'f'}}");
	assert_non_null(fake_chardev_add(world_chardevs(f->rig->world), "m2"));
	say(f, f->fd, text, NULL, 0, DONE);
	fake_chardev_type(
		fake_chardev_of(chardev_set_find(world_chardevs(f->rig->world), "m2")), "hello", 5);
	wait_for_file(f->rig->loop, path, "hello");
	close(fd);
}

static void sets_are_listed(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *wanted = NULL;
	int64_t set;
	const char *opaque;

	say(f, f->fd, "{'execute':'add-fd','arguments':{'fdset-id':2}}", (int[]){ 0 }, 1, NULL);
	say(f, f->fd, "{'execute':'add-fd','arguments':{'opaque':'x'}}", (int[]){ 0 }, 1, NULL);
	say(f, f->fd, "{'execute':'add-fd','arguments':{}}", (int[]){ 0 }, 1, NULL);
	assert_true(asprintf(&wanted,
			    "{\"return\": [{\"fdset-id\": 0, \"fds\": [{\"fd\": %d, \"opaque\": "
			    "\"x\"}]}, {\"fdset-id\": 1, \"fds\": [{\"fd\": %d}]}, {\"fdset-id\": "
			    "2, \"fds\": [{\"fd\": %d}]}]}\r\n",
			    fdsets_next(&f->rig->fdsets, 0, &set, &opaque),
			    fdsets_next(&f->rig->fdsets, 1, &set, &opaque),
			    fdsets_next(&f->rig->fdsets, 2, &set, &opaque)) > 0);
	say(f, f->fd, "{'execute':'query-fdsets'}", NULL, 0, wanted);
}

static void a_socket_becomes_a_client(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	char text[128];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	snprintf(text, sizeof(text), "socket,id=s,path=%s/s,server=on,wait=off", f->rig->dir);
	assert_int_equal(chardev_set_add_text(world_chardevs(f->rig->world), text, NULL, NULL), 0);
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", &pair[1], 1, DONE);
	say(f, f->fd, "{'execute':'add_client','arguments':{'protocol':'m','fdname':'a'}}", NULL, 0,
		FAILS("failed to add client"));
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", &pair[1], 1, DONE);
	say(f, f->fd, "{'execute':'add_client','arguments':{'protocol':'nope','fdname':'a'}}", NULL,
		0, FAILS("protocol 'nope' is invalid"));
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", &pair[1], 1, DONE);
	say(f, f->fd, "{'execute':'add_client','arguments':{'protocol':'s','fdname':'a'}}", NULL, 0,
		DONE);
	assert_true(chardev_is_open(chardev_set_find(world_chardevs(f->rig->world), "s")));
	close(pair[0]);
	close(pair[1]);
}

static void a_named_socket_becomes_a_chardev(void **state)
{
	struct fixture *f = *state;
	unsigned before;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	before = open_fds();
	say(f, f->fd, "{'execute':'getfd','arguments':{'fdname':'a'}}", &pair[1], 1, DONE);
	say(f, f->fd,
		"{'execute':'chardev-add','arguments':{'id':'c','backend':{'type':'socket','data':"
		"{'server':false,'addr':{'type':'fd','data':{'str':'a'}}}}}}",
		NULL, 0, DONE);
	assert_int_equal(open_fds(), before + 1);
	close(pair[0]);
	close(pair[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptors_are_kept_by_name),
		TEST(what_nobody_takes_is_closed),
		TEST(a_session_takes_its_descriptors_with_it),
		TEST(sets_of_descriptors_are_paths),
		TEST(sets_are_listed),
		TEST(a_socket_becomes_a_client),
		TEST(a_named_socket_becomes_a_chardev),
	};

	return cmocka_run_group_tests_name("control/fds", tests, NULL, NULL);
}
