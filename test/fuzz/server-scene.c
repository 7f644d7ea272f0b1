/* SPDX-License-Identifier: MIT */
#include "fuzz/server-scene.h"

#include "base/log.h"
#include "control/monitors.h"
#include "io/loop-impl.h"
#include "lib/classes.h"
#include "lib/fake-chardev.h"
#include "opts/opts.h"
#include "prog/classes.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CLASSES_MAX = 32,
	TEXT_BYTES = 512,
	ROUNDS_MAX = 20000, /* until there is nothing to do: far more than anything takes */
	QUIET_ROUNDS = 3,   /* in which nothing happens: then nothing will */
	STEPS = 8,	    /* that time passes in */
	END_MS = 120000,    /* in which all graces and limits run out */
	LAST_BYTES = 1000,
	MEMORY_MAX = 48 << 20, /* that PEERS_MAX peers can make grow, with all that is printed */
};

/* Of the sanitizers, where the program has one. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t memory_now(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
						       : 0;
}

static unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	need(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- what there is ---- */

enum what { OBJECT, CHARDEV, DEVICE, LISTEN, VNC, MONITOR };

static const char *const implied[] = {
	[OBJECT] = "qom-type",
	[CHARDEV] = "backend",
	[DEVICE] = "driver",
	[LISTEN] = "listen",
	[VNC] = "vnc",
	[MONITOR] = "chardev",
};

/* %s is the directory, %d the socket that is handed over. */
static const struct {
	enum what what;
	const char *text;
} parts[] = {
	{ OBJECT, "tls-creds-anon,id=tls0,endpoint=server" },
	{ CHARDEV, "fake,id=guest0" },
	{ CHARDEV, "fake,id=reader" },
	{ CHARDEV, "socket,id=plain,path=%s/plain,server=on,wait=off,clients=4" },
	{ CHARDEV, "socket,id=one,path=%s/one,server=on,wait=off" },
	{ CHARDEV, "socket,id=mux,path=%s/mux,server=on,wait=off,mux=on" },
	{ CHARDEV, "socket,id=telnet,path=%s/telnet,server=on,wait=off,clients=4,telnet=on" },
	{ CHARDEV, "socket,id=ws,path=%s/websocket,server=on,wait=off,clients=4,websocket=on" },
	{ CHARDEV, "socket,id=tls,fd=%d,server=on,wait=off,clients=4,tls-creds=tls0" },
	{ CHARDEV, "socket,id=called,path=%s/called,reconnect-ms=500" },
	{ CHARDEV, "socket,id=called-telnet,path=%s/called-telnet,reconnect-ms=500,telnet=on,"
		   "rfc2217=on" },
	{ CHARDEV, "ringbuf,id=ring,size=4k" },
	{ CHARDEV, "vc,id=screen" },
	{ CHARDEV, "hub,id=first,window=64k,terminal=off,replay=none,chardevs.0=reader,"
		   "chardevs.1=plain,chardevs.2=one,chardevs.3=mux,chardevs.4=telnet,"
		   "chardevs.5=ws,chardevs.6=tls,chardevs.7=called,chardevs.8=called-telnet,"
		   "chardevs.9=ring,chardevs.10=screen" },
	{ CHARDEV, "socket,id=guest1,path=%s/guest,server=on,wait=off" },
	{ CHARDEV, "vc,id=screen1" },
	{ OBJECT,
		"authz-list,id=rules,policy=allow,rules.0.match=user:nobody,rules.0.policy=deny" },
	{ CHARDEV, "hub,id=second,window=64k,chardevs.0=screen1,view-authz=rules" },
	{ CHARDEV, "vc,id=screen2" },
	{ CHARDEV, "hub,id=third,window=64k,chardevs.0=screen2,typing=one" },
	{ LISTEN, "unix:%s/lobby,consoles=second" },
	{ LISTEN, "unix:%s/lobby-websocket,websocket=on" },
	{ DEVICE, "console,guest=guest0,chardev=first" },
	{ DEVICE, "console,guest=guest1,chardev=second" },
	{ DEVICE, "virtio-serial,socket=%s/vhost-user" },
	{ DEVICE, "virtconsole,chardev=third" },
	{ VNC, "unix:%s/vnc" },
	{ VNC, "none,websocket=unix:%s/vnc-websocket" },
	{ CHARDEV, "socket,id=control,path=%s/control,server=on,wait=off,clients=4" },
	{ MONITOR, "control,mode=control" },
	{ CHARDEV, "socket,id=attach,path=%s/attach,server=on,wait=off,clients=4" },
	{ MONITOR, "attach,mode=control" },
	{ CHARDEV, "socket,id=attach-typing,path=%s/attach-typing,server=on,wait=off,clients=4" },
	{ MONITOR, "attach-typing,mode=control" },
};

static int add(struct scene *scene, enum what what, struct opts *opts, struct error **err)
{
	switch (what) {
	case OBJECT: return world_add_object(scene->world, opts, err);
	case CHARDEV: return world_add_chardev(scene->world, opts, NULL, err);
	case DEVICE: return world_add_device(scene->world, opts, NULL, err);
	case LISTEN: return world_add_listen(scene->world, opts, err);
	case VNC: return world_add_vnc(scene->world, opts, err);
	default: return monitors_add(scene->monitors, opts, err);
	}
}

/* @text with its only %s or %d filled in. */
static void fill_in(const struct scene *scene, const char *text, char ret_text[TEXT_BYTES])
{
	const char *at = strchr(text, '%');
	char number[16];

	snprintf(number, sizeof(number), "%d", scene->crowd.handed_over);
	if (!at)
		snprintf(ret_text, TEXT_BYTES, "%s", text);
	else
		snprintf(ret_text, TEXT_BYTES, "%.*s%s%s", (int)(at - text), text,
			at[1] == 's' ? scene->dir : number, at + 2);
}

static void add_all(struct scene *scene)
{
	char text[TEXT_BYTES];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct error *err = NULL;
		struct opts *opts;

		fill_in(scene, parts[i].text, text);
		need(opts_parse(text, implied[parts[i].what], &opts, NULL) == 0);
		if (add(scene, parts[i].what, opts, &err) < 0) {
			fprintf(stderr, "%s: %s\n", text, error_message(err));
			abort();
		}
		opts_free(opts);
	}
}

static struct fake_chardev *find_fake(struct scene *scene, const char *id)
{
	return fake_chardev_of(chardev_set_find(world_chardevs(scene->world), id));
}

/* What the fakes keep has room, so that they do not depend on memory. */
static void reserve(struct strbuf *buf)
{
	static const char room[PRINTED_MAX];

	strbuf_append(buf, room, sizeof(room));
	need(!buf->failed);
	buf->len = 0;
}

/* In memory, where that can be had: a disk is slow to make and to remove sockets. */
static void make_dir(struct scene *scene)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };
	bool made = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !made; i++) {
		snprintf(scene->dir, sizeof(scene->dir), "%s/charhub-XXXXXX", places[i]);
		made = mkdtemp(scene->dir) != NULL;
	}
	need(made);
}

/* Who is at a monitor may make chardevs: none that run a command, or write where they like. */
static const struct chardev_class *const *harmless_classes(void)
{
	static const char *const names[] = { "hub", "mux", "null", "ringbuf", "socket", "vc" };
	static const struct chardev_class *classes[CLASSES_MAX];
	size_t n = 0;

	classes[n++] = &fake_chardev_class;
	for (size_t i = 0; charhub_classes[i]; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (!strcmp(charhub_classes[i]->name, names[k]))
				classes[n++] = charhub_classes[i];
	return classes;
}

static void make_world(struct scene *scene)
{
	const struct world_config config = {
		.loop = scene->loop,
		.chardev_classes = harmless_classes(),
		.frontend_classes = frontend_classes,
		.object_classes = charhub_objects,
	};

	need(world_new(&config, &scene->world, NULL) == 0);
	scene->monitors = monitors_new(scene->world);
	need(scene->monitors != NULL);
	add_all(scene);
	scene->guest = find_fake(scene, "guest0");
	scene->reader = find_fake(scene, "reader");
	reserve(&scene->guest->typed);
	reserve(&scene->reader->out);
}

void scene_begin(struct scene *scene)
{
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	*scene = (struct scene){ .fds = open_fds() };
	make_dir(scene);
	crowd_init(&scene->crowd, scene->dir);
	scene->loop = loop_new();
	need(scene->loop != NULL);
	loop_fake_clock(scene->loop);
	make_world(scene);
	scene->memory = memory_now();
	scene_settle(scene);
}

/* ---- what must be ---- */

/* Each value of a byte, and no two stretches alike. */
static uint8_t printed_byte(size_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8));
}

/* Who is at a monitor may have taken them away, or apart. */
static bool are_there(const struct scene *scene)
{
	const struct chardev_set *set = world_chardevs(scene->world);

	return chardev_set_find(set, "reader") == &scene->reader->base &&
	       chardev_set_find(set, "guest0") == &scene->guest->base && !scene->reader->detached &&
	       !scene->reader->disconnects && !scene->guest->detached;
}

/* Where the reader differs is looked for in what is new only. */
static void look_at_reader(struct scene *scene)
{
	const struct strbuf *got = &scene->reader->out;

	scene->parted |= !are_there(scene);
	if (scene->parted)
		return;
	need(got->len + scene->guest->typed.len == scene->printed);
	need(got->len == 0 || (uint8_t)got->data[got->len - 1] == printed_byte(got->len - 1));
}

static void look_at_all_of_reader(const struct scene *scene)
{
	const struct strbuf *got = &scene->reader->out;

	if (scene->parted)
		return;
	need(got->len == scene->printed);
	for (size_t i = 0; i < got->len; i++)
		need((uint8_t)got->data[i] == printed_byte(i));
}

static bool is_quiet(struct loop *loop)
{
	struct pollfd events = { .fd = loop->epoll, .events = POLLIN };

	loop_step(loop, false);
	return loop->tasks.next == &loop->tasks && poll(&events, 1, 0) == 0;
}

void scene_settle(struct scene *scene)
{
	unsigned rounds = 0;

	for (unsigned quiet = 0; quiet < QUIET_ROUNDS; rounds++) {
		quiet = is_quiet(scene->loop) ? quiet + 1 : 0;
		need(rounds < ROUNDS_MAX);
	}
	look_at_reader(scene);
	need(memory_now() < scene->memory + MEMORY_MAX);
}

void scene_pass(struct scene *scene, uint64_t ms)
{
	uint64_t step_ms = ms / STEPS + 1;

	for (int i = 0; i < STEPS; i++) {
		loop_advance(scene->loop, step_ms);
		scene_settle(scene);
	}
}

void scene_print(struct scene *scene, size_t len)
{
	char bytes[4096];

	if (len > PRINTED_MAX - scene->printed)
		len = PRINTED_MAX - scene->printed;
	while (len && !scene->parted) {
		size_t part = len < sizeof(bytes) ? len : sizeof(bytes);

		for (size_t i = 0; i < part; i++)
			bytes[i] = (char)printed_byte(scene->printed + i);
		scene->printed += part;
		len -= part;
		fake_chardev_type(scene->guest, bytes, part);
	}
	scene_settle(scene);
}

/* ---- the end ---- */

/* Those whom the server has called, and who do not answer, cost the guest a grace at most. */
static void serve_one_more(struct scene *scene)
{
	struct peer *peer = &scene->crowd.peers[0];
	uint8_t bytes[LAST_BYTES];
	size_t from = scene->printed, got = 0, n;

	crowd_come_plainly(&scene->crowd, peer);
	scene_settle(scene);
	scene_print(scene, LAST_BYTES);
	scene_pass(scene, END_MS);
	while (got < LAST_BYTES && (n = crowd_read(peer, bytes + got, LAST_BYTES - got)) > 0) {
		got += n;
		scene_settle(scene);
	}
	need(got == scene->printed - from);
	for (size_t i = 0; i < got; i++)
		need(bytes[i] == printed_byte(from + i));
	crowd_go(peer);
	scene_settle(scene);
}

void scene_end(struct scene *scene)
{
	for (int i = 0; i < PEERS_MAX; i++)
		crowd_go(&scene->crowd.peers[i]);
	scene_settle(scene);
	scene_pass(scene, END_MS);
	look_at_all_of_reader(scene);
	if (!scene->crowd.steered)
		serve_one_more(scene);
	monitors_free(scene->monitors);
	world_free(scene->world);
	loop_free(scene->loop);
	crowd_done(&scene->crowd);
	need(rmdir(scene->dir) == 0);
	need(open_fds() == scene->fds);
}
