/* SPDX-License-Identifier: MIT */
#include "qmp-rig.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "control/command.h"
#include "control/event-table.h"
#include "control/monitors.h"
#include "control/upgrade.h"
#include "frontend/frontend.h"
#include "lib/env.h"
#include "lib/files.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = qmp_rig_new();
	return 0;
}

static int teardown(void **state)
{
	qmp_rig_free(*state);
	return 0;
}

#define BACKEND(id, type, data) \
	"{'id': '" id "', 'backend': {'type': '" type "', 'data': " data "}}"

/* ---- chardevs: what QEMU 10.0 answered to these ---- */

static void chardevs_are_made_as_qemu_makes_them(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add", BACKEND("n1", "null", "{}"), "{}" },
		{ "chardev-add", BACKEND("r1", "ringbuf", "{'size': 1024}"), "{}" },
		{ "chardev-add", BACKEND("r2", "memory", "{'size': 16}"), "{}" },
		{ "chardev-add", BACKEND("f1", "file", "{'out': '$D/f1'}"), "{}" },
		{ "chardev-add",
			BACKEND("f2", "file",
				"{'out': '$D/f2', 'append': true, 'in': '/dev/null'}"),
			"{}" },
		{ "chardev-add",
			BACKEND("u", "udp",
				"{'remote': {'type': 'inet', 'data': {'host': '127.0.0.1', "
				"'port': '7000'}}, 'local': {'type': 'inet', 'data': {'host': "
				"'127.0.0.1', 'port': '0'}}}"),
			"{}" },
		{ "chardev-add",
			BACKEND("y", "syslog",
				"{'host': '127.0.0.1', 'port': '7000', 'severity': 'err'}"),
			"{}" },
		{ "chardev-add", BACKEND("j", "journald", "{'path': '$D/j'}"), "{}" },
		{ "chardev-add",
			BACKEND("s2", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': '$D/s'}}}"),
			"{}" },
		{ "chardev-add",
			BACKEND("s3", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': '$D/s'}}, 'server': "
				"false}"),
			"{}" },
		{ "chardev-add",
			BACKEND("s4", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': "
				"'0'}}, 'server': true, 'wait': false, 'telnet': true, 'nodelay': "
				"true}"),
			"{}" },
		{ "chardev-add",
			BACKEND("s5", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': "
				"'0', 'keep-alive': true, 'to': 5, 'ipv4': true}}}"),
			"{}" },
		{ "chardev-add",
			BACKEND("s6", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': "
				"'0'}}, 'websocket': true}"),
			"{}" },
		{ "chardev-add",
			BACKEND("s7", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': '$D/none'}}, 'server': "
				"false, 'reconnect-ms': 500}"),
			"{}" },
		{ "chardev-add", BACKEND("v1", "vc", "{}"), "{}" },
		{ "chardev-add", BACKEND("v2", "vc", "{'cols': 80, 'rows': 25}"), "{}" },
		{ "chardev-add", BACKEND("v3", "vc", "{'width': 100, 'height': 100}"), "{}" },
		{ "chardev-add", BACKEND("m1", "mux", "{'chardev': 'n1'}"), "{}" },
		{ "chardev-add", BACKEND("h1", "hub", "{'chardevs': ['r1', 'r2']}"), "{}" },
		{ "chardev-add",
			BACKEND("h2", "hub", "{'members': [{'chardev': 'v1', 'access': 'view'}]}"),
			"{}" },
		{ "chardev-add", BACKEND("n2", "null", "{'logfile': '$D/log', 'logappend': true}"),
			"{}" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

static void what_is_no_chardev_is_refused_with_qemus_words(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add", "{}", "! Parameter 'id' is missing" },
		{ "chardev-add", "{'id': 1}",
			"! Invalid parameter type for 'id', expected: string" },
		{ "chardev-add", "{'id': 'x'}", "! Parameter 'backend' is missing" },
		{ "chardev-add", "{'id': 'x', 'backend': 1}",
			"! Invalid parameter type for 'backend', expected: object" },
		{ "chardev-add", "{'id': 'x', 'backend': {}}",
			"! Parameter 'backend.type' is missing" },
		{ "chardev-add", "{'id': 'x', 'backend': {'type': 1}}",
			"! Invalid parameter type for 'backend.type', expected: string" },
		{ "chardev-add", "{'id': 'x', 'backend': {'type': 'null'}}",
			"! Parameter 'backend.data' is missing" },
		{ "chardev-add", "{'id': 'x', 'backend': {'type': 'null', 'data': {}}, 'y': 1}",
			"! Parameter 'y' is unexpected" },
		{ "chardev-add", BACKEND("x", "null", "[]"),
			"! Invalid parameter type for 'backend.data', expected: object" },
		{ "chardev-add", BACKEND("x", "braille", "{}"),
			"! Parameter 'type' does not accept value 'braille'" },
		{ "chardev-add", BACKEND("x", "null", "{'foo': 1}"),
			"! Parameter 'backend.data.foo' is unexpected" },
		{ "chardev-add", BACKEND("x", "null", "{'mux': true}"),
			"! Parameter 'backend.data.mux' is unexpected" },
		{ "chardev-add", BACKEND("x", "null", "{'logfile': 1}"),
			"! Invalid parameter type for 'backend.data.logfile', expected: string" },
		{ "chardev-add", BACKEND("x", "file", "{}"),
			"! Parameter 'backend.data.out' is missing" },
		{ "chardev-add", BACKEND("x", "file", "{'out': 'a', 'path': 'a'}"),
			"! Parameter 'backend.data.path' is unexpected" },
		{ "chardev-add", BACKEND("x", "file", "{'out': '/nonexistent/x'}"),
			"! Failed to add chardev 'x': Could not open '/nonexistent/x': No such "
			"file or directory" },
		{ "chardev-add", BACKEND("x", "ringbuf", "{'size': 3}"),
			"! Failed to add chardev 'x': size of ringbuf chardev must be power of "
			"two" },
		{ "chardev-add", BACKEND("x", "ringbuf", "{'size': '4k'}"),
			"! Invalid parameter type for 'backend.data.size', expected: integer" },
		{ "chardev-add", BACKEND("x", "mux", "{'chardev': 'nope'}"),
			"! Failed to add chardev 'x': mux: base chardev nope not found" },
		{ "chardev-add", BACKEND("x", "socket", "{}"),
			"! Parameter 'backend.data.addr' is missing" },
		{ "chardev-add", BACKEND("x", "socket", "{'addr': {}}"),
			"! Parameter 'backend.data.addr.type' is missing" },
		{ "chardev-add", BACKEND("x", "socket", "{'addr': {'type': 'x', 'data': {}}}"),
			"! Parameter 'type' does not accept value 'x'" },
		{ "chardev-add", BACKEND("x", "socket", "{'addr': {'type': 'unix'}}"),
			"! Parameter 'backend.data.addr.data' is missing" },
		{ "chardev-add", BACKEND("x", "socket", "{'addr': {'type': 'unix', 'data': {}}}"),
			"! Parameter 'backend.data.addr.data.path' is missing" },
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': 'a', 'port': '1'}}}"),
			"! Parameter 'backend.data.addr.data.port' is unexpected" },
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': 'a', 'port': 1}}}"),
			"! Invalid parameter type for 'backend.data.addr.data.port', expected: "
			"string" },
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'fd', 'data': {'str': 'zz'}}, 'path': 'a'}"),
			"! Parameter 'backend.data.path' is unexpected" },
		{ "chardev-add",
			BACKEND("x", "socket", "{'addr': {'type': 'fd', 'data': {'str': 'zz'}}}"),
			"! Failed to add chardev 'x': File descriptor named 'zz' has not been "
			"found" },
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': '$D/s'}}, 'server': "
				"false}"),
			"! Failed to add chardev 'x': Failed to connect to '$D/s': No such file "
			"or directory" },
		{ "chardev-add", BACKEND("x", "hub", "{'chardevs': [1]}"),
			"! Invalid parameter type for 'backend.data.chardevs[0]', expected: "
			"string" },
		{ "chardev-add", BACKEND("x", "hub", "{'members': [{'foo': 1}]}"),
			"! Parameter 'backend.data.members[0].foo' is unexpected" },
		{ "chardev-add", BACKEND("x", "hub", "{'members': [{'access': 'x'}]}"),
			"! Parameter 'access' does not accept value 'x'" },
		{ "chardev-add", BACKEND("n", "null", "{}"), "{}" },
		{ "chardev-add", BACKEND("n", "null", "{}"),
			"! Chardev with id 'n' already exists" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

/* QEMU takes any file for a serial line. */
static void what_is_no_terminal_is_no_serial_line(void **state)
{
	char outcome[128];
	const struct qmp_step steps[] = {
		{ "chardev-add", BACKEND("x", "serial", "{'device': '/dev/null'}"), outcome },
		{ 0 },
	};

	snprintf(outcome, sizeof(outcome),
		"! Failed to add chardev 'x': Could not open '/dev/null': %s", strerror(ENOTTY));
	qmp_rig_steps(*state, steps);
}

static void a_client_is_connected_before_it_is_there(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': "
				"'1'}}, 'server': false}"),
			"! Failed to add chardev 'x': Failed to connect to '127.0.0.1:1': "
			"Connection refused" },
		{ "chardev-add",
			BACKEND("x", "socket",
				"{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': "
				"'1'}}, 'server': false, 'tls-creds': 't'}"),
			"! Failed to add chardev 'x': Failed to connect to '127.0.0.1:1': "
			"Connection refused" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;
	AUTO_FREE char *args = NULL;
	AUTO_JSON json_t *result = NULL;
	const char *class, *where, *port;
	struct chardev *server;
	char *described;

	qmp_rig_steps(rig, steps);
	assert_int_equal(
		chardev_set_add_text(world_chardevs(rig->world),
			"socket,id=s,host=127.0.0.1,port=0,server=on,wait=off", &server, NULL),
		0);
	described = chardev_describe(server);
	port = strchr(strstr(described, "127.0.0.1:"), ':') + 1;
	assert_true(asprintf(&args,
			    BACKEND("c", "socket",
				    "{'addr': {'type': 'inet', 'data': {'host': '127.0.0.1', "
				    "'port': '%.*s'}}, 'server': false}"),
			    (int)strcspn(port, ","), port) > 0);
	free(described);
	result = qmp_rig_run(rig, "chardev-add", args, &class);
	assert_string_equal(class, "");
	described = chardev_describe(chardev_set_find(world_chardevs(rig->world), "c"));
	where = strstr(described, " <-> 127.0.0.1:");
	assert_non_null(where);
	free(described);
}

static void a_pty_tells_its_terminal(void **state)
{
	struct qmp_rig *rig = *state;
	const char *class;
	AUTO_JSON json_t *result =
		qmp_rig_run(rig, "chardev-add", BACKEND("p", "pty", "{'path': '$D/tty'}"), &class);

	assert_string_equal(class, "");
	assert_int_equal(
		strncmp(json_string_value(json_object_get(result, "pty")), "/dev/pts/", 9), 0);
}

static void chardevs_are_listed_and_removed(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add", BACKEND("a", "null", "{}"), "{}" },
		{ "chardev-add", BACKEND("h", "hub", "{'chardevs': ['a']}"), "{}" },
		{ "query-chardev", NULL,
			"[{'frontend-open': true, 'filename': 'fake', 'label': 'm'}, "
			"{'frontend-open': true, 'filename': 'null', 'label': 'a'}, "
			"{'frontend-open': false, 'filename': 'hub', 'label': 'h'}]" },
		{ "chardev-remove", "{'id': 'a'}", "! Chardev 'a' is busy" },
		{ "chardev-remove", "{'id': 'm'}", "! Chardev 'm' is busy" },
		{ "chardev-remove", "{'id': 'nope'}", "! Chardev 'nope' not found" },
		{ "chardev-remove", "{'id': 'h'}", "{}" },
		{ "chardev-remove", "{'id': 'a'}", "{}" },
		{ "query-chardev", NULL,
			"[{'frontend-open': true, 'filename': 'fake', 'label': 'm'}]" },
		{ "chardev-send-break", "{'id': 'nope'}", "! Chardev 'nope' not found" },
		{ "chardev-send-break", "{'id': 'm'}", "{}" },
		{ "log-rotate", NULL, "{}" },
		{ 0 },
	};
	const char *class;
	AUTO_JSON json_t *backends = NULL;

	qmp_rig_steps(*state, steps);
	backends = qmp_rig_run(*state, "query-chardev-backends", NULL, &class);
	assert_true(json_array_size(backends) > 10);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(backends, 0), "name")), "exec");
}

static void a_thousand_chardevs_come_and_go(void **state)
{
	struct qmp_rig *rig = *state;
	unsigned before = 0;

	for (int i = 0; i < 1000; i++) {
		const char *class;

		json_decref(qmp_rig_run(rig, "chardev-add",
			BACKEND("p", "socket",
				"{'addr': {'type': 'unix', 'data': {'path': '$D/s'}}}"),
			&class));
		assert_string_equal(class, "");
		json_decref(qmp_rig_run(rig, "chardev-remove", "{'id': 'p'}", &class));
		assert_string_equal(class, "");
		if (!i)
			before = open_fds();
	}
	assert_int_equal(open_fds(), before);
}

static void chardevs_change_under_their_holders(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-change", BACKEND("nope", "null", "{}"),
			"! Chardev 'nope' does not exist" },
		{ "chardev-change", BACKEND("m", "null", "{}"),
			"! Chardev user does not support chardev hotswap" },
		{ "chardev-add", BACKEND("a", "ringbuf", "{'size': 16}"), "{}" },
		/* It stays where the new one can not be made. */
		{ "chardev-change", BACKEND("a", "file", "{'out': '/nonexistent/x'}"),
			"! Could not open '/nonexistent/x': No such file or directory" },
		{ "ringbuf-read", "{'device': 'a', 'size': 1}", "''" },
		{ "chardev-change", BACKEND("a", "null", "{}"), "{}" },
		{ "chardev-add", BACKEND("h", "hub", "{'chardevs': ['a']}"), "{}" },
		{ "chardev-change", BACKEND("h", "null", "{}"),
			"! For mux or hub device hotswap is not supported yet" },
		{ "chardev-change", BACKEND("a", "ringbuf", "{'size': 16}"), "{}" },
		{ "chardev-change", BACKEND("a", "file", "{'out': '/nonexistent/x'}"),
			"! Could not open '/nonexistent/x': No such file or directory" },
		{ "query-chardev", NULL,
			"[{'frontend-open': true, 'filename': 'fake', 'label': 'm'}, "
			"{'frontend-open': true, 'filename': 'ringbuf', 'label': 'a'}, "
			"{'frontend-open': false, 'filename': 'hub', 'label': 'h'}]" },
		/* The guest's end of a console takes another one, too. */
		{ "chardev-add", BACKEND("g", "fake", "{}"), "{}" },
		{ "device_add", "{'driver': 'console', 'guest': 'g', 'chardev': 'h'}", "{}" },
		{ "chardev-change", BACKEND("g", "fake", "{}"), "{}" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;
	struct fake_chardev *guest;

	qmp_rig_steps(rig, steps);
	guest = fake_chardev_of(chardev_set_find(world_chardevs(rig->world), "g"));
	fake_chardev_type(guest, "hello", 5);
	qmp_rig_dispatch(rig);
	qmp_rig_steps(
		rig, (const struct qmp_step[]){
			     { "ringbuf-read", "{'device': 'a', 'size': 9}", "'hello'" }, { 0 } });
}

/* Whatever stands in a hub may be younger than it, and is there when the world ends. */
static void what_is_younger_than_its_hub_may_stay(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add", BACKEND("a", "null", "{}"), "{}" },
		{ "chardev-add", BACKEND("h", "hub", "{'chardevs': ['a']}"), "{}" },
		{ "device_add", "{'driver': 'virtio-serial', 'socket': '$D/vu'}", "{}" },
		{ "device_add", "{'driver': 'virtconsole', 'chardev': 'h'}", "{}" },
		{ "chardev-add", BACKEND("b", "fake", "{}"), "{}" },
		{ "chardev-add", BACKEND("c", "vc", "{}"), "{}" },
		{ "object-add", "{'qom-type': 'authz-simple', 'id': 'z', 'identity': 'user:ann'}",
			"{}" },
		{ "hub-add-member", "{'hub': 'h', 'chardev': 'b', 'type-authz': 'z'}", "{}" },
		{ "hub-add-member", "{'hub': 'h', 'chardev': 'c'}", "{}" },
		{ "object-del", "{'id': 'z'}", "! object 'z' is in use, can not be deleted" },
		{ "hub-remove-member", "{'hub': 'h', 'chardev': 'a'}", "{}" },
		{ "chardev-remove", "{'id': 'a'}", "{}" },
		{ "chardev-remove", "{'id': 'h'}", "! Chardev 'h' is busy" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

/* ---- ring buffers ---- */

static void ring_buffers_are_written_and_read(void **state)
{
	static const struct qmp_step steps[] = {
		{ "chardev-add", BACKEND("r", "ringbuf", "{'size': 16}"), "{}" },
		{ "ringbuf-write", "{'device': 'nope', 'data': 'x'}", "! Device 'nope' not found" },
		{ "ringbuf-write", "{'device': 'm', 'data': 'x'}", "! m is not a ringbuf device" },
		{ "ringbuf-write", "{'device': 'r', 'data': 'aGVsbG8=', 'format': 'base64'}",
			"{}" },
		{ "ringbuf-write", "{'device': 'r', 'data': '!!', 'format': 'base64'}",
			"! Base64 data contains invalid characters" },
		{ "ringbuf-write", "{'device': 'r', 'data': 'x', 'format': 'y'}",
			"! Parameter 'format' does not accept value 'y'" },
		{ "ringbuf-read", "{'device': 'r', 'size': 0}",
			"! size must be greater than zero" },
		{ "ringbuf-read", "{'device': 'r', 'size': 3}", "'hel'" },
		{ "ringbuf-read", "{'device': 'r', 'size': 30, 'format': 'base64'}", "'bG8='" },
		{ "ringbuf-read", "{'device': 'r', 'size': 1}", "''" },
		/* A character that is cut in two is two of U+FFFD, as in QEMU. */
		{ "ringbuf-write", "{'device': 'r', 'data': '\\u00e9'}", "{}" },
		{ "ringbuf-read", "{'device': 'r', 'size': 1}", "'\\ufffd'" },
		{ "ringbuf-read", "{'device': 'r', 'size': 1}", "'\\ufffd'" },
		{ "ringbuf-write", "{'device': 'r', 'data': 'YQBi', 'format': 'base64'}", "{}" },
		{ "ringbuf-read", "{'device': 'r', 'size': 9}", "'a'" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

/* ---- descriptors without any: those with some are in test-fds.c ---- */

static void descriptors_must_come_along(void **state)
{
	static const struct qmp_step steps[] = {
		{ "getfd", "{'fdname': 'a'}", "! No file descriptor supplied via SCM_RIGHTS" },
		{ "closefd", "{'fdname': 'zz'}", "! File descriptor named 'zz' not found" },
		{ "add-fd", "{}", "! No file descriptor supplied via SCM_RIGHTS" },
		{ "remove-fd", "{'fdset-id': 7}",
			"! File descriptor named 'fdset-id:7' not found" },
		{ "remove-fd", "{'fdset-id': 7, 'fd': 3}",
			"! File descriptor named 'fdset-id:7, fd:3' not found" },
		{ "query-fdsets", NULL, "[]" },
		{ "add_client", "{'protocol': 'm', 'fdname': 'x'}",
			"! File descriptor named 'x' has not been found" },
		{ "add_client", "{'protocol': 'm', 'fdname': 'x', 'skipauth': true}",
			"! a client logs in, and is encrypted, as the server's options say" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

/* ---- VNC ---- */

static void without_vnc_there_is_none(void **state)
{
	static const struct qmp_step steps[] = {
		{ "query-vnc", NULL, "{'enabled': false}" },
		{ "query-vnc-servers", NULL, "[]" },
		{ "set_password", "{'protocol': 'vnc', 'password': 'x'}",
			"! Could not set password" },
		{ "set_password", "{'protocol': 'spice', 'password': 'x'}",
			"! spice is not in use" },
		{ "set_password", "{'protocol': 'foo', 'password': 'x'}",
			"! Parameter 'protocol' does not accept value 'foo'" },
		{ "change-vnc-password", "{'password': 'x'}", "! Could not set password" },
		{ "expire_password", "{'protocol': 'vnc', 'time': 'now'}",
			"! Could not set password expire time" },
		{ "display-update", "{'type': 'vnc'}", "! Can not find vnc display" },
		{ "display-reload", "{'type': 'vnc', 'tls-certs': true}", "{}" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

static void add_vnc(struct qmp_rig *rig, const char *text)
{
	struct opts *opts;

	assert_int_equal(opts_parse(text, "vnc", &opts, NULL), 0);
	assert_int_equal(world_add_vnc(rig->world, opts, NULL), 0);
	opts_free(opts);
}

static void vnc_servers_are_told_and_moved(void **state)
{
	static const struct qmp_step steps[] = {
		{ "query-vnc", NULL,
			"{'enabled': true, 'host': '', 'service': '$D/v', 'family': 'unix', "
			"'auth': 'vnc', 'clients': []}" },
		{ "set_password", "{'protocol': 'vnc', 'password': 'x', 'display': 'nope'}",
			"! Could not set password" },
		{ "set_password", "{'protocol': 'vnc', 'password': 'x', 'connected': 'fail'}",
			"! parameter 'connected' must be 'keep' when 'protocol' is 'vnc'" },
		{ "set_password", "{'protocol': 'vnc', 'password': 'x', 'connected': 'keep'}",
			"{}" },
		{ "change-vnc-password", "{'password': 'y'}", "{}" },
		{ "expire_password", "{'protocol': 'vnc', 'time': '+60'}", "{}" },
		{ "expire_password", "{'protocol': 'vnc', 'time': 'never', 'display': 'default'}",
			"{}" },
		{ "expire_password", "{'protocol': 'vnc', 'time': 'soon'}",
			"! Could not set password expire time" },
		{ "display-update", "{'type': 'x'}",
			"! Parameter 'type' does not accept value 'x'" },
		{ "display-update", "{'type': 'vnc', 'addresses': [{}]}",
			"! Parameter 'addresses.type' is missing" },
		{ "display-update", "{'type': 'vnc', 'addresses': [{'type': 'fd'}]}",
			"! Parameter 'type' does not accept value 'fd'" },
		{ "display-update",
			"{'type': 'vnc', 'addresses': [{'type': 'unix', 'path': "
			"'/nonexistent/v'}]}",
			"! Failed to bind socket to /nonexistent/v: No such file or directory" },
		{ "query-vnc-servers", NULL,
			"[{'id': 'default', 'server': [{'host': '', 'service': '$D/v', 'family': "
			"'unix', 'websocket': false, 'auth': 'vnc'}], 'clients': [], 'auth': "
			"'vnc'}]" },
		{ "display-update",
			"{'type': 'vnc', 'addresses': [{'type': 'unix', 'path': "
			"'$D/v'}, {'type': 'unix', 'path': '$D/w'}]}",
			"{}" },
		{ "query-vnc-servers", NULL,
			"[{'id': 'default', 'server': [{'host': '', 'service': '$D/v', 'family': "
			"'unix', 'websocket': false, 'auth': 'vnc'}, {'host': '', 'service': "
			"'$D/w', 'family': 'unix', 'websocket': false, 'auth': 'vnc'}], "
			"'clients': [], 'auth': 'vnc'}]" },
		{ "display-update", "{'type': 'vnc', 'addresses': []}", "{}" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;
	char text[64];

	snprintf(text, sizeof(text), "unix:%s/v,password=on", rig->dir);
	add_vnc(rig, text);
	qmp_rig_steps(rig, steps);
}

/* Log in without a password [RFC 6143 7.1]. */
static void log_in(struct qmp_rig *rig, int fd)
{
	static const char *const said[] = { "RFB 003.008\n", "\1", "\1" };
	char bytes[256];

	for (size_t i = 0; i < 3; i++) {
		qmp_rig_dispatch(rig);
		assert_true(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0);
		assert_int_equal(send(fd, said[i], strlen(said[i]), 0), strlen(said[i]));
	}
}

static void expect_viewer(struct qmp_rig *rig, const char *name, const char *path)
{
	AUTO_JSON json_t *data = qmp_rig_event(rig, name);
	const char *service, *auth, *family;

	assert_int_equal(json_unpack(data, "{s:{s:s,s:s},s:{s:s}}", "server", "service", &service,
				 "auth", &auth, "client", "family", &family),
		0);
	assert_string_equal(service, path);
	assert_string_equal(auth, "none");
	assert_string_equal(family, "unix");
}

static void viewers_are_told(void **state)
{
	struct qmp_rig *rig = *state;
	const char *class;
	AUTO_JSON json_t *info = NULL;
	char path[64], text[72];
	int fd;

	snprintf(path, sizeof(path), "%s/v", rig->dir);
	snprintf(text, sizeof(text), "unix:%s", path);
	add_vnc(rig, text);
	fd = dial_path(path);
	expect_viewer(rig, "VNC_CONNECTED", path);
	log_in(rig, fd);
	expect_viewer(rig, "VNC_INITIALIZED", path);
	info = qmp_rig_run(rig, "query-vnc", NULL, &class);
	assert_int_equal(json_array_size(json_object_get(info, "clients")), 1);
	close(fd);
	expect_viewer(rig, "VNC_DISCONNECTED", path);
}

static void who_is_not_let_in_is_told_of(void **state)
{
	static const char version[] = "RFB abc.def\n";
	struct qmp_rig *rig = *state;
	char path[64], text[72];
	int fd;

	snprintf(path, sizeof(path), "%s/v", rig->dir);
	snprintf(text, sizeof(text), "unix:%s", path);
	add_vnc(rig, text);
	fd = dial_path(path);
	qmp_rig_dispatch(rig);
	assert_int_equal(send(fd, version, strlen(version), 0), strlen(version));
	qmp_rig_dispatch(rig);
	close(fd);
	expect_viewer(rig, "VNC_REFUSED", path);
	expect_viewer(rig, "VNC_DISCONNECTED", path);
}

/* ---- objects and devices ---- */

static void objects_come_and_go(void **state)
{
	static const struct qmp_step steps[] = {
		{ "object-add", "{'qom-type': 'secret', 'id': 's1', 'data': 'x'}", "{}" },
		{ "object-add", "{'qom-type': 'secret', 'id': 's1', 'data': 'x'}",
			"! attempt to add duplicate property 's1' to object (type 'container')" },
		{ "object-add", "{'qom-type': 'zz', 'id': 's2'}",
			"! Parameter 'qom-type' does not accept value 'zz'" },
		{ "object-add", "{'qom-type': 'secret'}", "! Parameter 'id' is missing" },
		{ "object-add", "{'qom-type': 'secret', 'id': 's2', 'foo': 1}",
			"! Parameter 'foo' is unexpected" },
		{ "object-del", "{'id': 'nope'}", "! object 'nope' not found" },
		{ "object-del", "{'id': 's1'}", "{}" },
		{ "chardev-add", BACKEND("c", "fake", "{}"), "{}" },
		{ "object-add", "{'qom-type': 'monitor-qmp', 'id': 'mon', 'chardev': 'nope'}",
			"! chardev \"nope\" not found" },
		{ "object-add",
			"{'qom-type': 'monitor-qmp', 'id': 'mon', 'chardev': 'c', 'pretty': true}",
			"{}" },
		{ "chardev-remove", "{'id': 'c'}", "! Chardev 'c' is busy" },
		{ "object-add", "{'qom-type': 'monitor-qmp', 'id': 'mon', 'chardev': 'm'}",
			"! attempt to add duplicate property 'mon' to object (type 'container')" },
		{ "object-del", "{'id': 'mon'}", "{}" },
		{ "chardev-remove", "{'id': 'c'}", "{}" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

static void a_monitor_keeps_its_name_when_its_peer_comes_again(void **state)
{
	static const struct qmp_step made[] = {
		{ "chardev-add", BACKEND("c", "fake", "{}"), "{}" },
		{ "object-add", "{'qom-type': 'monitor-qmp', 'id': 'mon', 'chardev': 'c'}", "{}" },
		{ 0 },
	};
	static const struct qmp_step unmade[] = {
		{ "object-add", "{'qom-type': 'monitor-qmp', 'id': 'mon', 'chardev': 'c'}",
			"! attempt to add duplicate property 'mon' to object (type 'container')" },
		{ "object-del", "{'id': 'mon'}", "{}" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;
	struct fake_chardev *fake;

	qmp_rig_steps(rig, made);
	fake = fake_chardev_of(chardev_set_find(world_chardevs(rig->world), "c"));
	for (int i = 0; i < 2; i++) {
		fake_chardev_hang_up(fake);
		fake_chardev_set_open(fake, true);
		qmp_rig_dispatch(rig);
	}
	qmp_rig_steps(rig, unmade);
}

static json_t *find_info(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *info = json_array_get(list, i);

		if (!strcmp(json_string_value(json_object_get(info, "name")), name))
			return info;
	}
	return NULL;
}

/* Who executes another program asks: an answer may be longer than its reader takes at once. */
static void what_a_peer_has_not_taken_is_owed_until_it_has_or_goes(void **state)
{
	static const char request[] = "{'execute': 'query-chardev'}";
	struct qmp_rig *rig = *state;

	for (int goes = 0; goes < 2; goes++) {
		assert_false(monitors_owe(rig->monitors));
		fake_chardev_set_accept(rig->fake, 10);
		fake_chardev_type(rig->fake, request, sizeof(request) - 1);
		qmp_rig_dispatch(rig);
		assert_true(monitors_owe(rig->monitors));
		if (goes)
			fake_chardev_hang_up(rig->fake);
		else
			fake_chardev_set_accept(rig->fake, SIZE_MAX);
		qmp_rig_dispatch(rig);
		assert_false(monitors_owe(rig->monitors));
	}
}

static void classes_are_listed(void **state)
{
	const char *class;
	AUTO_JSON json_t *all = qmp_rig_run(*state, "qom-list-types", NULL, &class);
	AUTO_JSON json_t *objects =
		qmp_rig_run(*state, "qom-list-types", "{'implements': 'user-creatable'}", &class);

	assert_non_null(find_info(all, "chardev-hub"));
	assert_non_null(find_info(all, "virtconsole"));
	assert_non_null(find_info(objects, "secret"));
	assert_non_null(find_info(objects, "monitor-qmp"));
	assert_null(find_info(objects, "chardev-hub"));
}

static void devices_come_and_go(void **state)
{
	static const struct qmp_step steps[] = {
		{ "device_add", "{}", "! Parameter 'driver' is missing" },
		{ "device_add", "{'driver': 'nope'}", "! 'nope' is not a valid device model name" },
		{ "device_add", "{'driver': 'virtio-serial', 'id': 'vs', 'socket': '$D/vu'}",
			"{}" },
		{ "chardev-add", BACKEND("c", "fake", "{}"), "{}" },
		{ "device_add", "{'driver': 'virtserialport', 'id': 'p', 'chardev': 'nope'}",
			"! Property 'virtserialport.chardev' can't find value 'nope'" },
		{ "device_add",
			"{'driver': 'virtserialport', 'id': 'p', 'bus': 'vs.0', 'nr': 3, "
			"'chardev': 'c'}",
			"{}" },
		{ "device_add", "{'driver': 'virtserialport', 'id': 'p'}",
			"! Duplicate ID 'p' for device" },
		{ "device_del", "{'id': 'vs'}", "! Device 'vs' has ports" },
		{ "chardev-change", BACKEND("c", "ringbuf", "{'size': 16}"), "{}" },
		{ "device_del", "{'id': 'p'}", "{}" },
		{ "device_del", "{'id': 'p'}", "DeviceNotFound! Device 'p' not found" },
		{ "device_del", "{'id': 'vs'}", "{}" },
		{ "chardev-remove", "{'id': 'c'}", "{}" },
		{ 0 },
	};
	AUTO_JSON json_t *data = NULL;

	qmp_rig_steps(*state, steps);
	data = qmp_rig_event(*state, "DEVICE_DELETED");
	assert_string_equal(json_string_value(json_object_get(data, "device")), "p");
	assert_non_null(strstr(json_string_value(json_object_get(data, "path")), "peripheral/p"));
}

static void a_guest_that_opens_its_port_is_told(void **state)
{
	static const struct qmp_step steps[] = {
		{ "device_add", "{'driver': 'virtio-serial', 'socket': '$D/vu'}", "{}" },
		{ "device_add", "{'driver': 'virtserialport', 'id': 'p'}", "{}" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *data = NULL;
	AUTO_JSON json_t *wanted = json_pack("{s:s,s:b}", "id", "p", "open", true);
	struct frontend *port;

	qmp_rig_steps(rig, steps);
	port = frontend_set_next(world_frontends(rig->world), NULL);
	frontend_guest_open(frontend_set_next(world_frontends(rig->world), port), true);
	data = qmp_rig_event(rig, "VSERPORT_CHANGE");
	assert_true(json_equal(data, wanted));
}

/* ---- the program and the session ---- */

static void the_program_tells_of_itself(void **state)
{
	static const struct qmp_step steps[] = {
		{ "query-name", NULL, "{'name': 'vm'}" },
		{ "query-status", NULL, "{'status': 'running', 'running': true}" },
		{ "query-version", NULL,
			"{'qemu': {'micro': 0, 'minor': 1, 'major': 11}, 'package': 'charhub "
			"" CHARHUB_VERSION "'}" },
		{ "query-version", "{'x': 1}", "! Parameter 'x' is unexpected" },
		{ "query-command-line-options", "{'option': 'nope'}",
			"! invalid option name: nope" },
		{ "query-config", "{}", "[]" },
		{ "config-reload", "{'dry-run': true}",
			"! there is no configuration that could be read again" },
		{ "upgrade", "{'dry-run': true}",
			"! there is no program that another one could take the place of" },
		{ "trace-event-get-state", "{'name': 'nope'}", "! unknown event \"nope\"" },
		{ "trace-event-get-state", "{'name': 'mux'}",
			"[{'name': 'mux', 'state': 'disabled'}]" },
		{ "trace-event-set-state", "{'name': 'nope', 'enable': true}",
			"! unknown event \"nope\"" },
		{ "trace-event-set-state", "{'name': 'mu*', 'enable': true}", "{}" },
		{ "trace-event-get-state", "{'name': 'mu*'}",
			"[{'name': 'mux', 'state': 'enabled'}]" },
		{ "trace-event-get-state", "{'name': 'vc'}",
			"[{'name': 'vc', 'state': 'disabled'}]" },
		{ "trace-event-set-state", "{'name': 'mux', 'enable': false}", "{}" },
		{ "trace-event-get-state", "{'name': 'mux'}",
			"[{'name': 'mux', 'state': 'disabled'}]" },
		{ "system_powerdown", NULL,
			"CommandNotFound! The command system_powerdown has not been found" },
		{ "human-monitor-command", "{'command-line': 'bogus'}",
			"'unknown command: \\'bogus\\'\\r\\n'" },
		{ "query-commands", "{'x': 1}", "! Parameter 'x' is unexpected" },
		{ 0 },
	};

	qmp_rig_steps(*state, steps);
}

static void an_upgrade_that_fails_is_told(void **state)
{
	AUTO_JSON json_t *wanted = json_pack("{s:s}", "error", "it was killed");
	AUTO_JSON json_t *data = NULL;
	struct qmp_rig *rig = *state;
	struct error *err = NULL;

	error_set(&err, EPIPE, "it was killed");
	upgrade_tell_failed(rig->world, err);
	error_free(err);
	data = qmp_rig_event(rig, "UPGRADE_FAILED");
	assert_true(json_equal(data, wanted));
}

static void names_of_events_are_not_without_number(void **state)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	for (int i = 0; i < 257; i++)
		strbuf_printf(&names, "%s'SHUTDOWN'", i ? ", " : "{'events': [");
	strbuf_puts(&names, "]}");
	qmp_rig_steps(*state,
		(const struct qmp_step[]){
			{ "subscribe", names.data, "! Parameter 'events' has more than 256 names" },
			{ 0 } });
}

static void a_session_chooses_its_events(void **state)
{
	static const struct qmp_step some[] = {
		{ "subscribe", "{'events': ['NOPE']}", "! There is no event 'NOPE'" },
		{ "subscribe", "{'events': ['DEVICE_DELETED']}", "{}" },
		{ 0 },
	};
	static const struct qmp_step all[] = { { "subscribe", "{}", "{}" }, { 0 } };
	struct qmp_rig *rig = *state;

	qmp_rig_steps(rig, some);
	event_publish(world_events(rig->world), &event_shutdown, NULL);
	assert_null(qmp_rig_event(rig, "SHUTDOWN"));
	qmp_rig_steps(rig, all);
	event_publish(world_events(rig->world), &event_shutdown, json_object());
	json_decref(qmp_rig_event(rig, "SHUTDOWN"));
}

/* ---- the tables ---- */

/* Each type that a member of an entry names is there, and there once. */
static void check_names(const json_t *schema, const json_t *value, const char *key)
{
	const char *name;
	json_t *at;
	size_t i;

	if (json_is_string(value) && strstr("arg-type ret-type element-type type", key))
		assert_non_null(find_info(schema, json_string_value(value)));
	json_object_foreach((json_t *)(uintptr_t)value, name, at) check_names(schema, at, name);
	json_array_foreach(value, i, at) check_names(schema, at, key);
}

static void the_schema_is_closed(void **state)
{
	const char *class;
	AUTO_JSON json_t *schema = qmp_rig_run(*state, "query-qmp-schema", NULL, &class);
	AUTO_JSON json_t *options = qmp_rig_run(*state, "query-command-line-options", NULL, &class);
	size_t i;
	json_t *at;

	json_array_foreach(schema, i, at)
	{
		check_names(schema, at, "");
		assert_ptr_equal(
			find_info(schema, json_string_value(json_object_get(at, "name"))), at);
	}
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		assert_string_equal(
			json_string_value(json_object_get(find_info(schema, c->name), "meta-type")),
			"command");
	assert_non_null(find_info(schema, "chardev-hub"));
	assert_true(json_array_size(options) > 5);
}

/* The files of this pattern below the project's folder, one after the other. */
static char *read_all(const char *pattern)
{
	const char *top = getenv("CHARHUB_SOURCE");
	AUTO_FREE char *below = NULL;
	struct strbuf all = { 0 };
	glob_t found;

	assert_non_null(top);
	assert_true(asprintf(&below, "%s/%s", top, pattern) > 0);
	assert_int_equal(glob(below, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO_FREE char *text = file_text(found.gl_pathv[i]);

		strbuf_puts(&all, text);
	}
	globfree(&found);
	return strbuf_take(&all);
}

/* Between any of @quotes. */
static void assert_mentioned(
	const char *where, const char *text, const char *quotes, const char *name)
{
	const char *at = strstr(text, name);

	for (; at; at = strstr(at + 1, name))
		if (strchr(quotes, at[-1]) && strchr(quotes, at[strlen(name)]))
			return;
	fail_msg("%s has %s", where, name);
}

static void every_command_and_event_is_tested_and_documented(void **state)
{
	AUTO_FREE char *tests = read_all("test/unit/*/*.c");
	AUTO_FREE char *pages = read_all("doc/*.md");

	(void)state;
	for (const struct command *at = command_next(NULL); at; at = command_next(at)) {
		assert_mentioned("no test", tests, "\"'\\", at->name);
		assert_mentioned("no page", pages, "`", at->name);
	}
	for (size_t i = 0; event_table[i]; i++) {
		assert_mentioned("no test", tests, "\"'\\", event_table[i]->name);
		assert_mentioned("no page", pages, "`", event_table[i]->name);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chardevs_are_made_as_qemu_makes_them),
		TEST(what_is_no_chardev_is_refused_with_qemus_words),
		TEST(what_is_no_terminal_is_no_serial_line),
		TEST(a_client_is_connected_before_it_is_there),
		TEST(a_pty_tells_its_terminal),
		TEST(chardevs_are_listed_and_removed),
		TEST(a_thousand_chardevs_come_and_go),
		TEST(chardevs_change_under_their_holders),
		TEST(what_is_younger_than_its_hub_may_stay),
		TEST(ring_buffers_are_written_and_read),
		TEST(descriptors_must_come_along),
		TEST(without_vnc_there_is_none),
		TEST(vnc_servers_are_told_and_moved),
		TEST(viewers_are_told),
		TEST(who_is_not_let_in_is_told_of),
		TEST(objects_come_and_go),
		TEST(a_monitor_keeps_its_name_when_its_peer_comes_again),
		TEST(what_a_peer_has_not_taken_is_owed_until_it_has_or_goes),
		TEST(classes_are_listed),
		TEST(devices_come_and_go),
		TEST(a_guest_that_opens_its_port_is_told),
		TEST(the_program_tells_of_itself),
		TEST(an_upgrade_that_fails_is_told),
		TEST(names_of_events_are_not_without_number),
		TEST(a_session_chooses_its_events),
		TEST(the_schema_is_closed),
		cmocka_unit_test(every_command_and_event_is_tested_and_documented),
	};

	return cmocka_run_group_tests_name("control/commands", tests, NULL, NULL);
}
