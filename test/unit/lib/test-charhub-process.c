/* SPDX-License-Identifier: MIT */
/*
 * What the library owes the process that it is in: contexts in threads of their own, calls that are
 * posted from any, and signals, descriptors, umask, environment and output as they were. test/tsan
 * looks for races in it.
 *
 * A shop is a context with all that has threads of its own (a log that is rotated and packed, a
 * name that is looked up, old output that is packed) or reads what belongs to all (users, fonts).
 */
#include <charhub.h>

#include "lib/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

enum { SHOPS = 4, LINES = 4000, PATH_BYTES = 100, POSTS = 2000, FDS_MAX = 1024 };

/* A thread that is not cmocka's cannot fail a case. */
#define NEED(what)                                                                     \
	do {                                                                           \
		if (!(what)) {                                                         \
			fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #what); \
			abort();                                                       \
		}                                                                      \
	} while (0)

static char folder[] = "/tmp/charhub-process-XXXXXX";

/* ---- a shop ---- */

static struct shop {
	unsigned number;
	pthread_t thread;
	struct charhub *hub;
	struct charhub_console *console;
	size_t heard;	   /* bytes that a member of callbacks got */
	bool room, looked; /* the guest may print; who has come was looked up */
	void (*at_work)(struct shop *shop);
} shops[SHOPS];

static const char *path_of(const struct shop *shop, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%u-%s", folder, shop->number, name);
	return path;
}

static void on_log(void *data, enum charhub_level level, const char *part, const char *line)
{
	const struct shop *shop = data;

	(void)level;
	(void)part;
	(void)line;
	NEED(pthread_equal(shop->thread, pthread_self()));
}

static void on_event(void *data, const char *name, const char *json)
{
	struct shop *shop = data;

	NEED(pthread_equal(shop->thread, pthread_self()));
	if (!strcmp(name, "HUB_MEMBER_OPENED") && strstr(json, "\"identity\":\"user:"))
		shop->looked = true;
}

static size_t on_output(void *data, const void *bytes, size_t len)
{
	struct shop *shop = data;

	NEED(bytes && len);
	shop->heard += len;
	return len;
}

static void on_room(void *data)
{
	((struct shop *)data)->room = true;
}

static void turn(struct charhub *hub)
{
	struct pollfd fd = { .fd = charhub_fd(hub), .events = POLLIN };

	poll(&fd, 1, charhub_timeout_ms(hub));
	charhub_dispatch(hub);
}

static void add(struct shop *shop, const char *text)
{
	struct charhub_error *err = NULL;

	if (charhub_add(shop->hub, "chardev", text, &err) < 0)
		fprintf(stderr, "%s\n", charhub_error_message(err));
	NEED(!err);
}

static void open_shop(struct shop *shop)
{
	const struct charhub_config config = { .size = sizeof(config),
		.log_level = CHARHUB_LOG_DEBUG,
		.on_log = on_log,
		.on_event = on_event,
		.data = shop };
	struct charhub_console_config console = {
		.size = sizeof(console), .id = "con0", .on_room = on_room, .data = shop
	};
	const struct charhub_member_config member = { .size = sizeof(member),
		.on_output = on_output,
		.data = shop,
		.stall = CHARHUB_STALL_WAIT,
		.replay = CHARHUB_REPLAY_NONE };
	struct charhub_member *handle;
	char text[3 * PATH_BYTES], path[PATH_BYTES];

	NEED(charhub_new(&config, &shop->hub, NULL) == 0);
	snprintf(text, sizeof(text), "socket,id=people,server=on,wait=off,path=%s",
		path_of(shop, "s", path));
	add(shop, text);
	add(shop, "socket,id=far,host=localhost,port=1,reconnect-ms=1");
	snprintf(text, sizeof(text),
		"chardevs.0=people,chardevs.1=far,window=64k,terminal=on,logfile=%s,rotate-size="
		"16k,"
		"rotate-keep=2,compress=zstd",
		path_of(shop, "log", path));
	console.options = text;
	NEED(charhub_console_new(shop->hub, &console, &shop->console, NULL) == 0);
	NEED(charhub_member_new(shop->console, &member, &handle, NULL) == 0);
	NEED(charhub_command(shop->hub, "memory-max", "{\"size\":1048576}", NULL, NULL, NULL) == 0);
}

/* Somebody comes by the socket: whose he is stands in /etc/passwd. */
static int come(struct shop *shop)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[PATH_BYTES];
	struct stat st;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of(shop, "s", path));
	NEED(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	NEED(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
	while (!shop->looked)
		turn(shop->hub);
	return fd;
}

static void print(struct shop *shop, const char *line, size_t len)
{
	while (len) {
		ssize_t taken = charhub_console_write(shop->console, line, len);

		NEED(taken >= 0);
		line += taken;
		len -= (size_t)taken;
		shop->room = !len;
		while (!shop->room)
			turn(shop->hub);
	}
}

static void *keep_shop(void *data)
{
	struct shop *shop = data;
	size_t printed = 0, len;
	char line[64], *picture;
	int visitor;

	shop->thread = pthread_self();
	open_shop(shop);
	visitor = come(shop);
	close(visitor);
	for (unsigned i = 0; i < LINES; i++) {
		printed += len =
			(size_t)snprintf(line, sizeof(line), "line %u of %u\r\n", i, shop->number);
		print(shop, line, len);
	}
	NEED(charhub_console_screen(shop->console, CHARHUB_PNG, &picture, &len, NULL) == 0);
	charhub_free_data(picture);
	while (shop->heard < printed)
		turn(shop->hub);
	if (shop->at_work)
		shop->at_work(shop);
	charhub_free(shop->hub); /* while logs are packed and names are looked up */
	return NULL;
}

static void contexts_live_in_threads_of_their_own(void **state)
{
	pthread_t threads[SHOPS];

	(void)state;
	for (unsigned i = 0; i < SHOPS; i++) {
		shops[i] = (struct shop){ .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, keep_shop, &shops[i]), 0);
	}
	for (unsigned i = 0; i < SHOPS; i++)
		pthread_join(threads[i], NULL);
}

/* ---- what is posted ---- */

static struct poster {
	struct charhub *hub;
	pthread_t thread;
	unsigned came;	   /* the context's thread's */
	atomic_uint *left; /* posters that have not come to their end */
	struct parcel {
		struct poster *poster;
		unsigned number;
	} parcels[POSTS];
} posters[SHOPS];

static void take(void *data)
{
	const struct parcel *parcel = data;
	struct poster *poster = parcel->poster;

	assert_int_equal(parcel->number, poster->came++);
	if (poster->came == POSTS && atomic_fetch_sub(poster->left, 1) == 1)
		charhub_stop(poster->hub);
}

static void *post(void *data)
{
	struct poster *poster = data;

	for (unsigned i = 0; i < POSTS; i++) {
		poster->parcels[i] = (struct parcel){ poster, i };
		NEED(charhub_post(poster->hub, take, &poster->parcels[i]) == 0);
	}
	return NULL;
}

/* The last call stops the context, which is freed while who has posted it may still be in there. */
static void calls_come_in_order_and_the_last_one_may_end_it(void **state)
{
	atomic_uint left = SHOPS;
	struct charhub *hub;

	(void)state;
	assert_int_equal(charhub_new(NULL, &hub, NULL), 0);
	for (unsigned i = 0; i < SHOPS; i++) {
		posters[i].hub = hub;
		posters[i].came = 0;
		posters[i].left = &left;
		assert_int_equal(pthread_create(&posters[i].thread, NULL, post, &posters[i]), 0);
	}
	charhub_run(hub);
	charhub_free(hub);
	for (unsigned i = 0; i < SHOPS; i++)
		pthread_join(posters[i].thread, NULL);
}

/* ---- from one thread to another ---- */

static void *print_there(void *data)
{
	struct shop *shop = data;

	shop->thread = pthread_self();
	print(shop, "from there\r\n", 12);
	return NULL;
}

static void a_context_moves_from_thread_to_thread(void **state)
{
	struct shop *shop = &shops[0];
	pthread_t thread;

	(void)state;
	*shop = (struct shop){ .thread = pthread_self() };
	open_shop(shop);
	print(shop, "from here\r\n", 11);
	assert_int_equal(pthread_create(&thread, NULL, print_there, shop), 0);
	pthread_join(thread, NULL);
	shop->thread = pthread_self();
	while (shop->heard < 23)
		turn(shop->hub);
	charhub_free(shop->hub);
}

/* ---- the process ---- */

/**
 * struct process - what belongs to all
 * @fds: which are open
 */
struct process {
	struct sigaction actions[NSIG];
	sigset_t mask;
	mode_t umask;
	char **environment;
	char folder[PATH_MAX];
	bool fds[FDS_MAX];
};

/* Return: one that a child would inherit and was not in @fds, to which all are added; -1: none. */
static int look_at_fds(bool fds[FDS_MAX])
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int inherited = -1;

	NEED(dir);
	while ((entry = readdir(dir))) {
		int fd = *entry->d_name == '.' ? -1 : (int)strtol(entry->d_name, NULL, 10);

		if (fd < 0 || fd == dirfd(dir) || fd >= FDS_MAX)
			continue; /* those above are valgrind's */
		if (!fds[fd] && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			inherited = fd;
		fds[fd] = true;
	}
	closedir(dir);
	return inherited;
}

static void look_at_process(struct process *process)
{
	*process = (struct process){ .environment = environ, .umask = umask(0) };
	umask(process->umask);
	for (int number = 1; number < NSIG; number++)
		sigaction(number, NULL, &process->actions[number]);
	pthread_sigmask(SIG_SETMASK, NULL, &process->mask);
	NEED(getcwd(process->folder, sizeof(process->folder)));
	look_at_fds(process->fds);
}

static void assert_same(const struct process *one, const struct process *other)
{
	assert_int_equal(one->umask, other->umask);
	assert_ptr_equal(one->environment, other->environment);
	assert_string_equal(one->folder, other->folder);
	assert_memory_equal(one->fds, other->fds, sizeof(one->fds));
	for (int number = 1; number < NSIG; number++) {
		assert_ptr_equal(
			one->actions[number].sa_handler, other->actions[number].sa_handler);
		assert_int_equal(
			sigismember(&one->mask, number), sigismember(&other->mask, number));
	}
}

static struct process before;

static void look_at_work(struct shop *shop)
{
	(void)shop;
	NEED(look_at_fds(before.fds) < 0);
}

/* Return: how many bytes were printed meanwhile. */
static off_t keep_shop_in_silence(struct shop *shop)
{
	char path[PATH_BYTES];
	int paper = open(path_of(shop, "printed", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int out = fcntl(1, F_DUPFD_CLOEXEC, 3), err = fcntl(2, F_DUPFD_CLOEXEC, 3);
	off_t printed;

	NEED(paper >= 0 && out >= 0 && err >= 0);
	fflush(stdout);
	dup2(paper, 1);
	dup2(paper, 2);
	keep_shop(shop);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	printed = lseek(paper, 0, SEEK_END);
	close(paper);
	close(out);
	close(err);
	return printed;
}

static void the_process_is_left_as_it_was(void **state)
{
	static struct process first, last;

	(void)state;
	shops[0] = (struct shop){ .at_work = look_at_work };
	look_at_process(&first);
	before = first;
	assert_int_equal(keep_shop_in_silence(&shops[0]), 0);
	look_at_process(&last);
	for (int i = 0; i < 500 && memcmp(first.fds, last.fds, sizeof(first.fds)) != 0; i++) {
		poll(NULL, 0, 10); /* a thread that ends closes what it has in its time */
		look_at_process(&last);
	}
	assert_same(&first, &last);
}

/* ---- SIGPIPE ---- */

/* A pipe whose reader has gone, as a member: the first write to it would end the program. */
static void break_a_pipe(void)
{
	struct charhub_console_config config = { .size = sizeof(config), .id = "con0" };
	struct charhub_console *console;
	struct charhub *hub;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(charhub_new(NULL, &hub, NULL), 0);
	assert_int_equal(charhub_console_new(hub, &config, &console, NULL), 0);
	assert_int_equal(charhub_console_add_fd(console, ends[1], NULL), 0);
	close(ends[0]);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(charhub_console_write(console, "x", 1), 1);
		charhub_dispatch(hub);
	}
	charhub_free(hub);
}

static bool is_pending(int number)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, number);
}

static void no_signal_is_raised_nor_one_of_the_programs_lost(void **state)
{
	static const struct timespec no_time = { 0 };
	sigset_t pipe, mask;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	break_a_pipe();
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &mask);
	break_a_pipe();
	assert_false(is_pending(SIGPIPE));
	raise(SIGPIPE); /* the program's own, which it takes later */
	break_a_pipe();
	assert_true(is_pending(SIGPIPE));
	assert_int_equal(sigtimedwait(&pipe, NULL, &no_time), SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	empty_folder(folder);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: threads of others may have something open that they close in their time */
		cmocka_unit_test(the_process_is_left_as_it_was),
		cmocka_unit_test(contexts_live_in_threads_of_their_own),
		cmocka_unit_test(calls_come_in_order_and_the_last_one_may_end_it),
		cmocka_unit_test(a_context_moves_from_thread_to_thread),
		cmocka_unit_test(no_signal_is_raised_nor_one_of_the_programs_lost),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
