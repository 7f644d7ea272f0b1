/* SPDX-License-Identifier: MIT */
#include "frontend/virtio-serial.h"

#include "base/cleanup.h"
#include "hub/hub.h"
#include "lib/console-rig.h"
#include "virtio/wire.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "opts/opts.h"
#include "unit/opts/capture.h"
#include "virtio/console.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/*
 * Ports between their chardevs and a guest that is a driver double: the rig takes the place of the
 * vhost-user transport.
 */

#define MULTIPORT VIRTIO_F_BIT(1)
#define SIZE	  VIRTIO_F_BIT(0)

enum {
	DEVICE_READY = 0,
	PORT_READY = 3,
	RESIZE = 5,
	PORT_OPEN = 6,
	PORT_NAME = 7,
	CONTROL_IN = 2,
	MESSAGES = 12,
	MESSAGE_SIZE = 64,
};

static const struct chardev_class *const classes[] = { &fake_chardev_class, &hub_class, NULL };
static const struct frontend_class *const devices[] = { &frontend_virtio_serial_class,
	&frontend_virtconsole_class, &frontend_virtserialport_class, NULL };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct frontend_set *frontends;
	struct fake_chardev *world, *plain;
	char dir[32];
	struct rig rig;
	struct virtio_console *console; /* of the rig, while it is in use */
	uint64_t messages[MESSAGES];
	unsigned n_messages;
	char heard[64]; /* by the listener: "+id -id " */
};

/* ---- options ---- */

static int add(struct fixture *f, const char *text, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = opts_parse(text, "driver", &opts, err);

	if (r == 0)
		r = frontend_set_add(f->frontends, opts, NULL, err);
	run_idle(f->loop);
	return r;
}

static void add_all(struct fixture *f, const char *const *texts)
{
	for (; *texts; texts++) {
		AUTO_ERROR struct error *err = NULL;

		if (add(f, *texts, &err) < 0)
			fail_msg("%s: %s", *texts, error_message(err));
	}
}

static void expect_refusal(struct fixture *f, const char *text, const char *message)
{
	AUTO_ERROR struct error *err = NULL;

	assert_true(add(f, text, &err) < 0);
	assert_string_equal(error_message(err), message);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test-port-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chdir(f->dir), 0); /* sockets are named from here */
	setenv("XDG_RUNTIME_DIR", f->dir, 1);
	f->loop = loop_new();
	f->set = chardev_set_new(f->loop, classes);
	f->frontends = frontend_set_new(f->loop, f->set, devices);
	f->world = fake_chardev_add(f->set, "w");
	f->plain = fake_chardev_add(f->set, "p");
	fake_chardev_add(f->set, "q");
	*state = f;
	return chardev_set_add_text(f->set, "hub,id=h,chardevs.0=w,window=64k", NULL, NULL);
}

static void leave_rig(struct fixture *f)
{
	virtio_console_set_transport(f->console, NULL, NULL, NULL);
	guest_memory_free(f->rig.memory);
	driver_memory_done(&f->rig.dm);
	f->console = NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->console)
		leave_rig(f);
	frontend_set_free(f->frontends);
	chardev_set_free(f->set);
	loop_free(f->loop);
	/* Fails where a socket was left behind. */
	rmdir("charhub");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static const char *const bus[] = { "virtio-serial,id=s,socket=s.sock,max_ports=4", NULL };

/* ---- the guest ---- */

static void on_notify(void *transport, unsigned queue)
{
	((struct rig *)transport)->calls[queue]++;
}

static void on_config_changed(void *transport)
{
	((struct rig *)transport)->config_changes++;
}

static void on_wake(void *transport)
{
	((struct rig *)transport)->wakes++;
}

static void on_broken(void *transport, const char *why)
{
	((struct rig *)transport)->why = why;
}

static const struct virtio_console_transport_ops transport_ops = {
	.notify = on_notify,
	.config_changed = on_config_changed,
	.wake = on_wake,
	.broken = on_broken,
};

/* The rig becomes the guest of bus "s", whose driver is up. */
static void boot(struct fixture *f, uint64_t features)
{
	struct virtio_serial *serial;
	const char *why;

	assert_int_equal(virtio_serial_find(f->frontends, "s", "test", &serial, NULL), 0);
	f->console = f->rig.console = serial->device;
	f->rig.features = features;
	driver_memory_init(&f->rig.dm, 8 << 20);
	f->rig.memory = guest_memory_new();
	assert_int_equal(guest_memory_add(f->rig.memory, &f->rig.dm.region, f->rig.dm.fd, &why), 0);
	virtio_console_set_transport(f->console, f->rig.memory, &transport_ops, &f->rig);
	assert_int_equal(virtio_console_set_features(f->console, features), 0);
	rig_start(&f->rig);
	if (!(features & MULTIPORT))
		return;
	for (f->n_messages = 0; f->n_messages < MESSAGES; f->n_messages++)
		f->messages[f->n_messages] = rig_post(&f->rig, CONTROL_IN, MESSAGE_SIZE);
	rig_control(&f->rig, 0, DEVICE_READY, 1);
}

static unsigned in_queue(unsigned id)
{
	return id ? 2 * id + 2 : 0;
}

/* The guest finds the port, and a process opens it. */
static void open_port(struct fixture *f, unsigned id)
{
	rig_control(&f->rig, id, PORT_READY, 1);
	rig_control(&f->rig, id, PORT_OPEN, 1);
	run_idle(f->loop);
}

/* The last message that the guest got of this kind for this port; NULL: none */
static const uint8_t *message(struct fixture *f, unsigned id, unsigned event)
{
	const uint8_t *found = NULL;

	for (unsigned i = 0; i < f->n_messages; i++) {
		const uint8_t *m = driver_at(&f->rig.dm, f->messages[i]);

		if (wire_get_u32(m) == id && wire_get_u16(m + 4) == event)
			found = m;
	}
	return found;
}

static void guest_writes(struct fixture *f, unsigned id, const char *text)
{
	rig_write(&f->rig, in_queue(id) + 1, text, strlen(text));
	rig_process(&f->rig);
	run_idle(f->loop);
}

/* ---- options and numbers ---- */

static void misuse_has_its_text(void **state)
{
	static const char *const cases[][2] = {
		{ "virtserialport,chardev=p",
			"No 'virtio-serial-bus' bus found for device 'virtserialport'" },
		{ "virtconsole,bus=nope,chardev=p", "Bus 'nope' not found" },
		{ "virtconsole,foo=1", "Property 'virtconsole.foo' not found" },
		{ "virtserialport,members.0=a", "Property 'virtserialport.members.0' not found" },
		{ "virtio-serial-pci,foo=1", "Property 'virtio-serial-pci.foo' not found" },
		{ "virtio-serial-ccw,foo=1", "Property 'virtio-serial-ccw.foo' not found" },
		{ "virtconsole,nr=-1", "Parameter 'nr' expects uint32_t" },
		{ "virtconsole,nr=4294967296", "Parameter 'nr' expects uint32_t" },
		{ "virtconsole,nr=1k", "Parameter 'nr' expects integer" },
		{ "virtio-serial,max_ports=x", "Parameter 'max_ports' expects integer" },
		{ "virtio-serial,max_ports=0", "Maximum number of serial ports not specified" },
		{ "virtio-serial,max_ports=512", "maximum ports supported: 511" },
		{ "virtio-serial,max_ports=200",
			"virtio-serial: vhost-user numbers at most 256 queues, enough for "
			"max_ports=127, not 200" },
		{ "virtio-serial,emergency-write=1",
			"Parameter 'emergency-write' expects 'on' or 'off'" },
		{ "virtio-serial,server=off",
			"virtio-serial 'virtio-serial': 'server=off' needs 'socket', the path to "
			"connect to" },
		{ "virtio-serial,mode=abc",
			"Parameter 'mode' expects three octal digits such as 0660, not 'abc'" },
		{ "virtio-serial,id=x,socket=", "device 'x': UNIX socket path is empty" },
		{ "virtio-serial,id=x,server=off,socket=/nonexistent/s",
			"device 'x': Failed to connect to '/nonexistent/s': No such file or "
			"directory" },
		{ "virtio-serial,id=1", "Parameter 'id' expects an identifier" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refusal(*state, cases[i][0], cases[i][1]);
}

static void misuse_of_a_port_has_its_text(void **state)
{
	static const char *const good[] = { "virtio-serial,id=s,socket=s.sock",
		"virtserialport,bus=s.0,nr=1,name=x,chardev=p", "virtconsole,bus=s,id=c", NULL };
	static const char *const cases[][2] = {
		{ "virtserialport,nr=1", "virtio-serial-bus: A port already exists at id 1" },
		{ "virtserialport,nr=31",
			"virtio-serial-bus: Out-of-range port id specified, max. allowed: 30" },
		{ "virtserialport,nr=4294967294",
			"virtio-serial-bus: Out-of-range port id specified, max. allowed: 30" },
		{ "virtserialport,nr=0",
			"Port number 0 on virtio-serial devices reserved for virtconsole devices "
			"for backward compatibility." },
		{ "virtconsole,nr=0", "virtio-serial-bus: A port already exists at id 0" },
		{ "virtconsole,name=x", "virtio-serial-bus: A port already exists by name x" },
		{ "virtconsole,id=c", "Duplicate ID 'c' for device" },
		{ "virtconsole,chardev=nope",
			"Property 'virtconsole.chardev' can't find value 'nope'" },
		{ "virtconsole,chardev=p", "Property 'virtconsole.chardev' can't take value 'p': "
					   "chardev 'p' is already in use" },
		{ "virtserialport,chardev=w",
			"Property 'virtserialport.chardev' can't take value 'w': "
			"chardev 'w' is already in use" },
	};

	add_all(*state, good);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refusal(*state, cases[i][0], cases[i][1]);
}

static void name_that_is_too_long_is_refused(void **state)
{
	static const char start[] = "virtconsole,name=";
	char text[sizeof(start) + VIRTIO_CONSOLE_NAME_MAX + 1] = "virtconsole,name=";
	AUTO_ERROR struct error *err = NULL;
	AUTO_OPTS struct opts *opts = NULL;
	struct fixture *f = *state;

	add_all(f, bus);
	memset(text + sizeof(start) - 1, 'n', VIRTIO_CONSOLE_NAME_MAX + 1);
	assert_int_equal(opts_parse(text, "driver", &opts, NULL), 0);
	assert_int_equal(frontend_set_add(f->frontends, opts, NULL, &err), -EINVAL);
	assert_non_null(strstr(error_message(err), "is longer than 255 bytes"));
	text[sizeof(text) - 2] = '\0'; /* a byte less will do */
	opts_set(opts, "name", text + sizeof(start) - 1);
	assert_int_equal(frontend_set_add(f->frontends, opts, NULL, NULL), 0);
}

static void console_of_a_guest_that_cannot_wait_takes_no_member_that_may(void **state)
{
	struct fixture *f = *state;

	add_all(f, bus);
	fake_chardev_add(f->set, "x");
	assert_int_equal(chardev_set_add_text(f->set,
				 "hub,id=w8,members.0.chardev=x,members.0.stall=wait", NULL, NULL),
		0);
	expect_refusal(f, "virtconsole,chardev=w8",
		"Property 'virtconsole.chardev' can't take value 'w8': hub 'w8': member 'x' has "
		"stall=wait, but this guest cannot wait");
	assert_int_equal(add(f, "virtserialport,chardev=w8", NULL), 0);
}

/* Ids of the ports of bus "s", as digits. */
static void expect_ids(struct fixture *f, const char *ids)
{
	struct virtio_serial *serial;
	char have[VIRTIO_CONSOLE_PORTS_MAX + 1];
	size_t n = 0;

	assert_int_equal(virtio_serial_find(f->frontends, "s", "test", &serial, NULL), 0);
	for (unsigned i = 0; i < serial->max_ports; i++)
		if (serial->used[i])
			have[n++] = (char)('0' + i);
	have[n] = '\0';
	assert_string_equal(have, ids);
}

static void lowest_free_number_is_taken_and_0_is_for_a_console(void **state)
{
	struct fixture *f = *state;

	add_all(f, bus);
	assert_int_equal(add(f, "virtserialport", NULL), 0);
	expect_ids(f, "1");
	assert_int_equal(add(f, "virtconsole,nr=2", NULL), 0);
	assert_int_equal(add(f, "virtconsole", NULL), 0);
	expect_ids(f, "012");
	assert_int_equal(add(f, "virtconsole,nr=4294967295", NULL), 0);
	expect_ids(f, "0123");
	expect_refusal(f, "virtconsole",
		"virtio-serial-bus: Out-of-range port id specified, max. allowed: 3");
	expect_ids(f, "0123");
}

static void full_map_of_whole_words_has_its_own_text(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "virtio-serial,id=s,socket=s.sock,max_ports=32", NULL), 0);
	for (int i = 1; i < 32; i++)
		assert_int_equal(add(f, "virtserialport", NULL), 0);
	expect_refusal(f, "virtserialport",
		"virtio-serial-bus: Maximum port limit for this device reached");
	assert_int_equal(add(f, "virtconsole", NULL), 0);
}

static void only_port_of_a_single_port_device_is_a_console(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "virtio-serial,id=s,socket=s.sock,max_ports=1", NULL), 0);
	expect_refusal(f, "virtserialport",
		"virtio-serial-bus: Out-of-range port id specified, max. allowed: 0");
	assert_int_equal(add(f, "virtconsole,chardev=h", NULL), 0);
}

static void failed_port_takes_nothing(void **state)
{
	struct fixture *f = *state;

	add_all(f, bus);
	expect_refusal(f, "virtconsole,chardev=p,name=n,nr=9",
		"virtio-serial-bus: Out-of-range port id specified, max. allowed: 3");
	assert_int_equal(add(f, "virtconsole,chardev=p,name=n,nr=0", NULL), 0);
	expect_ids(f, "0");
}

static void bus_is_named_by_its_id(void **state)
{
	struct fixture *f = *state;
	struct virtio_serial *a, *b;

	assert_int_equal(add(f, "virtio-serial-pci,id=a,socket=a.sock", NULL), 0);
	assert_int_equal(add(f, "virtio-serial-device,id=b,socket=b.sock", NULL), 0);
	assert_int_equal(add(f, "virtio-serial,socket=c.sock", NULL), 0);
	assert_int_equal(virtio_serial_find(f->frontends, "a", "t", &a, NULL), 0);
	assert_int_equal(virtio_serial_find(f->frontends, "b.0", "t", &b, NULL), 0);
	assert_ptr_not_equal(a, b);
	assert_string_equal(b->base.id, "b");
	assert_int_equal(virtio_serial_find(f->frontends, NULL, "t", &b, NULL), 0);
	assert_ptr_equal(a, b); /* the first one there is */
	expect_refusal(f, "virtconsole,bus=b.1", "Bus 'b.1' not found");
	expect_refusal(f, "virtconsole,bus=.0", "Bus '.0' not found");
	expect_refusal(f, "virtconsole,bus=", "Bus '' not found");
}

static void qemus_options_are_ignored_with_one_warning(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	const char *text;

	capture_start(&capture, STDERR_FILENO);
	assert_int_equal(add(f,
				 "virtio-serial-pci,id=s,bus=pcie.0,addr=0x5,disable-legacy=on,"
				 "vectors=4,max_ports=16,socket=s.sock",
				 NULL),
		0);
	text = capture_end(&capture);
	assert_non_null(strstr(text, "'addr', 'bus', 'disable-legacy', 'vectors'"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void console_without_a_bus_makes_one(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	char want[512];
	struct stat st;

	capture_start(&capture, STDOUT_FILENO);
	assert_int_equal(add(f, "virtconsole,chardev=h", NULL), 0);
	assert_int_equal(add(f, "virtserialport,chardev=p", NULL), 0); /* it is there now */
	assert_int_equal(add(f, "virtio-serial,id=two", NULL), 0);
	snprintf(want, sizeof(want),
		"vhost-user socket at %s/charhub/virtio-serial0.sock (device virtio-serial)\n"
		"give it to the guest: "
		"linux.uml virtio_uml.device=%s/charhub/virtio-serial0.sock:3\n"
		"vhost-user socket at %s/charhub/virtio-serial1.sock (device two)\n",
		f->dir, f->dir, f->dir);
	capture_end(&capture);
	capture.text[strlen(want)] = '\0';
	assert_string_equal(capture.text, want);
	assert_int_equal(stat("charhub", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void runtime_directory_that_others_may_write_to_is_refused(void **state)
{
	struct fixture *f = *state;

	setenv("XDG_RUNTIME_DIR", ".", 1);
	assert_int_equal(mkdir("charhub", 0700), 0);
	assert_int_equal(chmod("charhub", 0777), 0);
	expect_refusal(f, "virtconsole,chardev=h",
		"could not use './charhub' for the vhost-user socket: others may write to it");
	rmdir("charhub");
	setenv("XDG_RUNTIME_DIR", "./none", 1);
	expect_refusal(f, "virtconsole,chardev=h",
		"could not use './none/charhub' for the vhost-user socket: "
		"No such file or directory");
}

/* ---- bytes ---- */

static void console_goes_both_ways(void **state)
{
	static const char *const ports[] = { "virtconsole,chardev=h,name=org.test", NULL };
	struct fixture *f = *state;
	uint64_t buffer;

	add_all(f, bus);
	add_all(f, ports);
	fake_chardev_type(f->world, "early", 5); /* waits for a guest */
	boot(f, MULTIPORT | SIZE);
	open_port(f, 0);
	assert_string_equal((const char *)(message(f, 0, PORT_NAME) + 8), "org.test");
	guest_writes(f, 0, "login: ");
	assert_true(fake_chardev_out_is(f->world, "login: "));
	buffer = rig_post(&f->rig, in_queue(0), 16);
	rig_process(&f->rig);
	assert_memory_equal(driver_at(&f->rig.dm, buffer), "early", 5);
	assert_int_equal(rig_used(&f->rig, in_queue(0), NULL), 1);
	fake_chardev_type(f->world, "root", 4);
	assert_int_equal(rig_used(&f->rig, in_queue(0), NULL), 0); /* no buffer */
	buffer = rig_post(&f->rig, in_queue(0), 16);
	rig_process(&f->rig);
	assert_memory_equal(driver_at(&f->rig.dm, buffer), "root", 4);
}

static void serial_port_follows_its_chardev_and_waits_at_the_exact_byte(void **state)
{
	static const char *const ports[] = { "virtserialport,chardev=p", NULL };
	struct fixture *f = *state;

	add_all(f, bus);
	fake_chardev_set_open(f->plain, false);
	add_all(f, ports);
	boot(f, MULTIPORT);
	open_port(f, 1);
	assert_null(message(f, 1, PORT_OPEN));
	fake_chardev_set_open(f->plain, true);
	rig_process(&f->rig);
	assert_int_equal(wire_get_u16(message(f, 1, PORT_OPEN) + 6), 1);
	fake_chardev_set_accept(f->plain, 3);
	guest_writes(f, 1, "hello world");
	assert_true(fake_chardev_out_is(f->plain, "hel"));
	assert_int_equal(rig_used(&f->rig, in_queue(1) + 1, NULL), 0);
	fake_chardev_set_accept(f->plain, 4);
	rig_process(&f->rig);
	assert_true(fake_chardev_out_is(f->plain, "hello w"));
	fake_chardev_set_accept(f->plain, SIZE_MAX);
	rig_process(&f->rig);
	assert_true(fake_chardev_out_is(f->plain, "hello world"));
	assert_int_equal(rig_used(&f->rig, in_queue(1) + 1, NULL), 1);
	fake_chardev_hang_up(f->plain);
	rig_process(&f->rig);
	assert_int_equal(wire_get_u16(message(f, 1, PORT_OPEN) + 6), 0);
}

/* Lines into port 0 until @len bytes were written; every buffer must come back at once. */
static void flood_console(struct fixture *f, size_t len)
{
	static char kib[1025];

	memset(kib, 'x', sizeof(kib) - 1);
	for (size_t done = 0; done < len; done += sizeof(kib) - 1) {
		f->rig.dm.used = 4 << 20; /* the same place again and again */
		guest_writes(f, 0, kib);
		assert_int_equal(rig_used(&f->rig, in_queue(0) + 1, NULL), 1);
	}
}

static void console_never_waits_for_a_member_that_stalls(void **state)
{
	static const char *const ports[] = { "virtconsole,chardev=h2", NULL };
	struct hub_member_info info;
	struct fixture *f = *state;
	struct chardev *hub;

	assert_int_equal(chardev_set_add_text(f->set,
				 "hub,id=h2,chardevs.0=q,window=64k,window-max=256k", &hub, NULL),
		0);
	add_all(f, bus);
	add_all(f, ports);
	boot(f, MULTIPORT);
	open_port(f, 0);
	fake_chardev_set_accept(fake_chardev_of(chardev_set_find(f->set, "q")), 0);
	flood_console(f, 600 << 10);
	assert_int_equal(hub_member_info(hub, 0, &info), 0);
	assert_int_equal(info.standing, HUB_MEMBER_SKIPPED);
}

static void bytes_that_a_console_lost_are_told(void **state)
{
	static const char *const ports[] = { "virtconsole,chardev=p", NULL };
	struct fixture *f = *state;
	struct capture capture;

	add_all(f, bus);
	add_all(f, ports);
	boot(f, MULTIPORT);
	open_port(f, 0);
	fake_chardev_set_accept(f->plain, 4);
	guest_writes(f, 0, "hello world");
	assert_int_equal(rig_used(&f->rig, in_queue(0) + 1, NULL), 1);
	assert_true(fake_chardev_out_is(f->plain, "hell"));
	capture_start(&capture, STDERR_FILENO);
	fake_chardev_set_accept(f->plain, SIZE_MAX);
	assert_non_null(strstr(capture_end(&capture), "chardev 'p' was full and a console cannot "
						      "wait: 7 bytes of the guest are lost"));
	guest_writes(f, 0, "!");
	assert_true(fake_chardev_out_is(f->plain, "hell!"));
}

static void port_without_a_chardev_is_open_and_swallows(void **state)
{
	static const char *const ports[] = { "virtserialport", "virtconsole", NULL };
	struct fixture *f = *state;

	add_all(f, bus);
	add_all(f, ports);
	boot(f, MULTIPORT);
	open_port(f, 0);
	open_port(f, 1);
	assert_int_equal(wire_get_u16(message(f, 1, PORT_OPEN) + 6), 1);
	guest_writes(f, 1, "nobody hears this");
	assert_int_equal(rig_used(&f->rig, in_queue(1) + 1, NULL), 1);
	guest_writes(f, 0, "nor this");
	assert_int_equal(rig_used(&f->rig, in_queue(0) + 1, NULL), 1);
}

/* ---- size and events ---- */

static void size_reaches_a_guest_with_several_ports(void **state)
{
	static const char *const ports[] = { "virtconsole,chardev=fixed,nr=1",
		"virtconsole,chardev=h", NULL };
	struct fixture *f = *state;

	assert_int_equal(
		chardev_set_add_text(f->set, "hub,id=fixed,chardevs.0=q,size=100x30", NULL, NULL),
		0);
	add_all(f, bus);
	add_all(f, ports);
	boot(f, MULTIPORT | SIZE);
	open_port(f, 0);
	open_port(f, 1);
	assert_memory_equal(message(f, 1, RESIZE) + 8, "\x64\0\x1e\0", 4);
	assert_memory_equal(message(f, 0, RESIZE) + 8, "\x50\0\x18\0", 4);
	fake_chardev_resize(f->world, 132, 50);
	rig_process(&f->rig);
	assert_memory_equal(message(f, 0, RESIZE) + 8, "\x84\0\x32\0", 4);
}

static void size_reaches_a_guest_with_one_port(void **state)
{
	struct fixture *f = *state;
	uint8_t config[4];
	unsigned before;

	assert_int_equal(add(f, "virtio-serial,id=s,socket=s.sock,max_ports=1", NULL), 0);
	assert_int_equal(add(f, "virtconsole,chardev=h", NULL), 0);
	boot(f, SIZE);
	virtio_console_read_config(f->console, 0, config, sizeof(config));
	assert_memory_equal(config, "\x50\0\x18\0", 4);
	before = f->rig.config_changes;
	fake_chardev_resize(f->world, 132, 50);
	assert_int_equal(f->rig.config_changes, before + 1);
	virtio_console_read_config(f->console, 0, config, sizeof(config));
	assert_memory_equal(config, "\x84\0\x32\0", 4);
}

static void very_old_kernels_get_rows_first(void **state)
{
	static const char *const all[] = {
		"virtio-serial,id=s,socket=s.sock,max_ports=4,resize-order=rows-cols",
		"virtconsole,chardev=h", NULL
	};
	struct fixture *f = *state;

	add_all(f, all);
	boot(f, MULTIPORT | SIZE);
	open_port(f, 0);
	fake_chardev_resize(f->world, 132, 50);
	rig_process(&f->rig);
	assert_memory_equal(message(f, 0, RESIZE) + 8, "\x32\0\x84\0", 4);
}

static void hear(void *data, const struct frontend *frontend, bool open)
{
	struct fixture *f = data;
	size_t len = strlen(f->heard);

	snprintf(f->heard + len, sizeof(f->heard) - len, "%c%s ", open ? '+' : '-', frontend->id);
}

/* Ports of a guest that runs, and time that stands still. */
static void listen_to(struct fixture *f, const char *const *ports)
{
	loop_fake_clock(f->loop);
	add_all(f, bus);
	add_all(f, ports);
	frontend_set_listen(f->frontends, hear, f);
	boot(f, MULTIPORT);
}

static void listener_hears_of_the_guests_end(void **state)
{
	static const char *const ports[] = { "virtconsole,chardev=h,id=con",
		"virtserialport,chardev=p,id=port", "virtserialport,id=bare", NULL };
	struct fixture *f = *state;

	listen_to(f, ports);
	open_port(f, 1);
	open_port(f, 0);
	open_port(f, 2);
	assert_string_equal(f->heard, "+port +con +bare ");
	rig_control(&f->rig, 1, PORT_OPEN, 0);
	loop_advance(f->loop, 999);
	assert_string_equal(f->heard, "+port +con +bare ");
	loop_advance(f->loop, 1);
	assert_string_equal(f->heard, "+port +con +bare -port ");
	leave_rig(f); /* the guest goes */
	assert_string_equal(f->heard, "+port +con +bare -port -con -bare ");
}

static void listener_does_not_hear_each_change_of_a_guest_that_plays(void **state)
{
	static const char *const ports[] = { "virtserialport,chardev=p,id=port", NULL };
	struct fixture *f = *state;

	listen_to(f, ports);
	for (int i = 0; i < 4; i++)
		rig_control(&f->rig, 1, PORT_OPEN, i % 2 == 0);
	assert_string_equal(f->heard, "+port ");
	loop_advance(f->loop, 1000);
	assert_string_equal(f->heard, "+port -port ");
	for (int i = 0; i < 4; i++)
		rig_control(&f->rig, 1, PORT_OPEN, i % 2 == 0);
	loop_advance(f->loop, 5000);
	assert_string_equal(f->heard, "+port -port ");
}

#define port_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		port_test(misuse_has_its_text),
		port_test(misuse_of_a_port_has_its_text),
		port_test(name_that_is_too_long_is_refused),
		port_test(console_of_a_guest_that_cannot_wait_takes_no_member_that_may),
		port_test(lowest_free_number_is_taken_and_0_is_for_a_console),
		port_test(full_map_of_whole_words_has_its_own_text),
		port_test(only_port_of_a_single_port_device_is_a_console),
		port_test(failed_port_takes_nothing),
		port_test(bus_is_named_by_its_id),
		port_test(qemus_options_are_ignored_with_one_warning),
		port_test(console_without_a_bus_makes_one),
		port_test(runtime_directory_that_others_may_write_to_is_refused),
		port_test(console_goes_both_ways),
		port_test(serial_port_follows_its_chardev_and_waits_at_the_exact_byte),
		port_test(console_never_waits_for_a_member_that_stalls),
		port_test(bytes_that_a_console_lost_are_told),
		port_test(port_without_a_chardev_is_open_and_swallows),
		port_test(size_reaches_a_guest_with_several_ports),
		port_test(size_reaches_a_guest_with_one_port),
		port_test(very_old_kernels_get_rows_first),
		port_test(listener_hears_of_the_guests_end),
		port_test(listener_does_not_hear_each_change_of_a_guest_that_plays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
