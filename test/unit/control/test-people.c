/* SPDX-License-Identifier: MIT */
#include "control/people.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "hub/hub.h"
#include "lib/classes.h"
#include "lib/env.h"
#include "transport/identity.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void put(void *names, const char *name)
{
	char *text = names;

	snprintf(text + strlen(text), 256 - strlen(text), "%s ", name);
}

/* Who is named at a console, a blank behind each. */
static const char *people(struct env *env, const char *label, char text[256])
{
	text[0] = '\0';
	people_at(env->set, label, put, text);
	return text;
}

static void expect(struct env *env, const char *label, const char *names)
{
	char text[256];

	while (strcmp(people(env, label, text), names) != 0)
		loop_step(env->loop, true);
}

/* A null stands for a vc, which needs a display. */
static void terminals_and_clients_are_people_and_files_are_not(void **state)
{
	struct env *env = env_new(charhub_classes);
	char text[256], who[IDENTITY_WHO_MAX], both[1024], ben_only[512];
	int tty, ann, ben;

	(void)state;
	env_add(env, "null,id=vc0");
	env_add(env, "null,id=vc1");
	env_add(env, "pty,id=pty0,path=%s/pty");
	env_add(env, "socket,id=s,path=%s/s,server=on,wait=off,clients=4");
	env_add(env, "file,id=log,path=%s/log");
	env_attach(env, env_add(env, "hub,id=h,chardevs.0=vc0,chardevs.1=pty0,chardevs.2=s,"
				     "chardevs.3=log"));
	assert_string_equal(people(env, "vc0", text), "");
	tty = open(env_path(env, "pty"), O_RDWR | O_NOCTTY);
	assert_true(tty >= 0);
	expect(env, "vc0", "pty0 ");
	ann = env_dial(env, "s");
	ben = env_dial(env, "s");
	identity_name_user("/etc/passwd", getuid(), who);
	snprintf(both, sizeof(both), "pty0 s.1 (%s) s.2 (%s) ", who, who);
	snprintf(ben_only, sizeof(ben_only), "s.2 (%s) ", who);
	expect(env, "vc0", both);
	assert_string_equal(people(env, "vc1", text), "");
	assert_string_equal(people(env, "nobody", text), "");
	close(ann);
	close(tty);
	expect(env, "vc0", ben_only);
	close(ben);
	env_free(env);
}

static void who_has_the_keyboard_is_marked(void **state)
{
	struct env *env = env_new(charhub_classes);
	struct chardev *hub;
	char text[256];
	int tty;

	(void)state;
	env_add(env, "null,id=vc0");
	env_add(env, "pty,id=pty0,path=%s/pty");
	hub = env_add(env, "hub,id=h,typing=one,chardevs.0=vc0,chardevs.1=pty0");
	env_attach(env, hub);
	tty = open(env_path(env, "pty"), O_RDWR | O_NOCTTY);
	assert_true(tty >= 0);
	expect(env, "vc0", "pty0 ");
	assert_int_equal(write(tty, "x", 1), 1);
	expect(env, "vc0", "pty0 types ");
	assert_int_equal(hub_keyboard_take(hub, "vc0", "me", NULL), 0);
	assert_string_equal(people(env, "vc0", text), "vc0 types pty0 ");
	assert_int_equal(hub_keyboard_give(hub, NULL, "me", NULL), 0);
	assert_string_equal(people(env, "vc0", text), "pty0 ");
	close(tty);
	env_free(env);
}

static int no_client(struct env *env)
{
	(void)env;
	return -1;
}

static int unix_client(struct env *env)
{
	return env_dial(env, "s");
}

/* The socket of the chardev itself: its description ends in ":PORT,server=on". */
static int tcp_client(struct env *env)
{
	AUTO_FREE char *text = chardev_describe(chardev_set_find(env->set, "c"));
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned port;

	assert_int_equal(sscanf(text, "disconnected:tcp:127.0.0.1:%u,", &port), 1);
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void each_way_in_has_its_name(void **state)
{
	char user[IDENTITY_WHO_MAX];
	const struct {
		const char *add;
		int (*dial)(struct env *env);
		const char *who; /* NULL: nobody */
	} ways[] = {
		{ "socket,id=c,path=%s/s,server=on,wait=off", unix_client, user },
		{ "socket,id=c,path=%s/s,server=on,wait=off,mux=on", unix_client, user },
		{ "socket,id=c,host=127.0.0.1,port=0,server=on,wait=off", tcp_client, "anonymous" },
		{ "pty,id=c", no_client, "anonymous" },
		{ "exec,id=c,command=exec sleep 1000", no_client, NULL },
		{ "file,id=c,path=%s/f", no_client, NULL },
		{ "null,id=c", no_client, NULL },
		{ "ringbuf,id=c", no_client, NULL },
	};

	(void)state;
	identity_name_user("/etc/passwd", getuid(), user);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct env *env = env_new(charhub_classes);
		const char *who;
		int fd;

		env_attach(env, env_add(env, ways[i].add));
		fd = ways[i].dial(env);
		while (fd >= 0 && !env->holder.link.chardev->open)
			loop_step(env->loop, true);
		who = chardev_identity(env->holder.link.chardev);
		if (!who || !ways[i].who)
			assert_ptr_equal(who, ways[i].who);
		else
			assert_string_equal(who, ways[i].who);
		if (fd >= 0)
			close(fd);
		env_free(env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminals_and_clients_are_people_and_files_are_not),
		cmocka_unit_test(who_has_the_keyboard_is_marked),
		cmocka_unit_test(each_way_in_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
