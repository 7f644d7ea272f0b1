/* SPDX-License-Identifier: MIT */
/*
 * A serial line whose other end is the master of a pty. What a pty has not, breaks and modem lines,
 * is put between: ioctl() is the test's own.
 */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "io/thread.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

enum { MESON_SKIPPED = 77, LOCK_PATH = 128 };

static const struct chardev_class *const classes[] = { &backend_serial_class, NULL };

/* ---- the line's own ioctls ---- */

static struct {
	bool has_modem, tells;
	int changes[2]; /* where it tells: a byte is a change of a modem line, the end an error */
	unsigned modem, breaks_begun, breaks_ended;
} line;

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int modem_ioctl(unsigned long request, int *bits)
{
	if (!line.has_modem) {
		errno = ENOTTY;
		return -1;
	}
	if (request == TIOCMGET)
		*bits = (int)line.modem;
	else if (request == TIOCMBIS)
		line.modem |= (unsigned)*bits;
	else
		line.modem &= ~(unsigned)*bits;
	return 0;
}

static int await_ioctl(void)
{
	char byte;
	ssize_t n = line.tells ? read(line.changes[0], &byte, 1) : 0;

	if (n == 0)
		errno = ENOTTY;
	return n == 1 ? 0 : -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case TIOCMGET:
	case TIOCMBIS:
	case TIOCMBIC: return modem_ioctl(request, arg);
	case TIOCMIWAIT: return await_ioctl();
	case TIOCSBRK: line.breaks_begun++; return 0;
	case TIOCCBRK: line.breaks_ended++; return 0;
	default: return __real_ioctl(fd, request, arg);
	}
}

/* ---- the fixture ---- */

struct fixture {
	struct env *env;
	struct fake_holder *holder;
	int master;
	char slave[32];
};

/* A new pty whose slave is "tty" in the directory. */
static void plug_in(struct fixture *f)
{
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(f->master >= 0);
	assert_int_equal(grantpt(f->master), 0);
	assert_int_equal(unlockpt(f->master), 0);
	assert_int_equal(ptsname_r(f->master, f->slave, sizeof(f->slave)), 0);
	assert_int_equal(symlink(f->slave, env_path(f->env, "tty")), 0);
}

static void pull(struct fixture *f)
{
	assert_int_equal(unlink(env_path(f->env, "tty")), 0);
	close(f->master);
	f->master = -1;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	memset(&line, 0, sizeof(line));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line.changes), 0);
	f->env = env_new(classes);
	f->holder = &f->env->holder;
	loop_fake_clock(f->env->loop);
	plug_in(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	env_free(f->env);
	if (f->master >= 0)
		close(f->master);
	close(line.changes[0]);
	close(line.changes[1]);
	free(f);
	return 0;
}

static struct chardev *add(struct fixture *f, const char *options)
{
	char text[256];
	struct chardev *serial;

	snprintf(text, sizeof(text), "serial,id=s,path=%s/tty%s", f->env->dir, options);
	serial = env_add(f->env, text);
	env_attach(f->env, serial);
	run_idle(f->env->loop);
	return serial;
}

/* A line of the other side's changes, and a driver that tells it says so. */
static void change_modem(unsigned bits)
{
	line.modem = bits;
	assert_int_equal(write(line.changes[1], "x", 1), 1);
}

static struct termios mode_of(const struct fixture *f)
{
	struct termios mode;

	assert_int_equal(tcgetattr(f->master, &mode), 0);
	return mode;
}

static void assert_lock(bool exists, const char *lock)
{
	assert_int_equal(access(lock, F_OK) == 0, exists);
}

/* ---- cases ---- */

static void device_is_raw_and_as_the_options_say(void **state)
{
	struct fixture *f = *state;
	struct termios mode;

	add(f, ",speed=9600,stopbits=2,flow=rtscts");
	mode = mode_of(f);
	assert_int_equal(cfgetospeed(&mode), B9600);
	assert_int_equal(cfgetispeed(&mode), B9600);
	assert_true(mode.c_cflag & CSTOPB);
	assert_true(mode.c_cflag & CRTSCTS);
	assert_false(mode.c_cflag & HUPCL);
	assert_int_equal(mode.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(mode.c_oflag & OPOST, 0);
	assert_int_equal(f->holder->last.type, CHARDEV_LINE);
	assert_int_equal(f->holder->last.line.speed, 9600);
	assert_int_equal(f->holder->last.line.stop_bits, LINE_STOP_2);
	assert_int_equal(f->holder->last.line.flow, LINE_FLOW_RTSCTS);
}

static void any_speed_is_one(void **state)
{
	struct fixture *f = *state;

	add(f, ",speed=31250");
	assert_int_equal(f->holder->last.line.speed, 31250);
}

static void errors_are_qemus(void **state)
{
	struct fixture *f = *state;

	env_add_fails(f->env, "serial,id=s", "chardev: serial/tty: no device path given");
	env_add_fails(f->env, "serial,id=s,path=/nonexistent/tty",
		"Could not open '/nonexistent/tty': No such file or directory");
	env_add_fails(f->env, "serial,id=s,path=/dev/null", "Could not open '/dev/null': ");
}

static void bytes_pass_as_they_are(void **state)
{
	struct fixture *f = *state;
	char got[8];

	add(f, "");
	assert_int_equal(write(f->master, "a\377\0\r\nb", 6), 6);
	RUN_UNTIL(f->env->loop, f->holder->in.len == 6);
	assert_memory_equal(f->holder->in.data, "a\377\0\r\nb", 6);
	assert_int_equal(f->holder->breaks, 0);
	assert_int_equal(fake_holder_out(f->holder, "c\377\n", 3), 3);
	assert_int_equal(read(f->master, got, sizeof(got)), 3);
	assert_memory_equal(got, "c\377\n", 3);
}

static void break_is_sent_and_nothing_meanwhile(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_BREAK };
	struct fixture *f = *state;

	add(f, "");
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	assert_int_equal(line.breaks_begun, 1);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), 0);
	loop_advance(f->env->loop, 249);
	assert_int_equal(line.breaks_ended, 0);
	loop_advance(f->env->loop, 1);
	assert_int_equal(line.breaks_ended, 1);
	assert_int_equal(f->holder->room_calls, 1);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), 1);
}

static void storm_of_breaks_lets_bytes_through(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_BREAK };
	struct fixture *f = *state;
	char got[16];
	ssize_t sent = 0;

	add(f, "");
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
		sent += fake_holder_out(f->holder, "x", 1);
		if (i % 10 == 9)
			loop_advance(f->env->loop, 1);
		while (read(f->master, got, sizeof(got)) > 0)
			continue;
	}
	assert_int_equal(line.breaks_begun, 2);
	assert_true(sent > 4000);
}

static void device_that_is_pulled_while_it_is_full_comes_back(void **state)
{
	static const char block[4096];
	struct fixture *f = *state;

	add(f, "");
	while (fake_holder_out(f->holder, block, sizeof(block)) == sizeof(block))
		continue;
	pull(f);
	RUN_UNTIL(f->env->loop, f->holder->hangups == 1);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), -EPIPE);
	plug_in(f);
	RUN_UNTIL(f->env->loop, f->holder->open);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), 1);
}

static void line_is_changed_and_told(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_LINE,
		.line = { .speed = 1200, .stop_bits = LINE_STOP_2 } };
	struct fixture *f = *state;
	struct termios mode;

	add(f, "");
	assert_int_equal(f->holder->last.line.speed, 115200);
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	run_idle(f->env->loop);
	mode = mode_of(f);
	assert_int_equal(cfgetospeed(&mode), B1200);
	assert_int_equal(f->holder->last.type, CHARDEV_LINE);
	assert_int_equal(f->holder->last.line.speed, 1200);
	assert_int_equal(f->holder->last.line.data_bits, 8);
	assert_int_equal(f->holder->last.line.parity, LINE_PARITY_NONE);
	assert_int_equal(f->holder->last.line.stop_bits, LINE_STOP_2);
}

static void modem_lines_are_told_and_set(void **state)
{
	const struct chardev_event event = {
		.type = CHARDEV_MODEM, .modem = TIOCM_RTS, .modem_mask = TIOCM_RTS | TIOCM_DTR
	};
	struct fixture *f = *state;

	line.has_modem = true;
	line.modem = TIOCM_DTR | TIOCM_CTS;
	add(f, "");
	assert_int_equal(f->holder->last.type, CHARDEV_MODEM);
	assert_int_equal(f->holder->last.modem, TIOCM_DTR | TIOCM_CTS);
	line.modem |= TIOCM_CD;
	loop_advance(f->env->loop, 250);
	assert_int_equal(f->holder->last.modem, TIOCM_DTR | TIOCM_CTS | TIOCM_CD);
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	assert_int_equal(line.modem, TIOCM_RTS | TIOCM_CTS | TIOCM_CD);
}

/* A change that the driver does not tell is one that nobody sees. */
static void assert_nobody_looks(struct fixture *f)
{
	unsigned before = line.modem;

	line.modem ^= TIOCM_DSR;
	loop_advance(f->env->loop, 10000);
	assert_int_equal(f->holder->last.modem, before);
	line.modem = before;
}

static void change_of_a_modem_line_is_told_without_a_look(void **state)
{
	struct fixture *f = *state;

	line.has_modem = line.tells = true;
	line.modem = TIOCM_DTR | TIOCM_CTS;
	add(f, "");
	loop_advance(f->env->loop, 20);
	assert_nobody_looks(f);
	change_modem(TIOCM_DTR | TIOCM_CTS | TIOCM_CD);
	RUN_UNTIL(f->env->loop, f->holder->last.modem == line.modem);
	change_modem(TIOCM_DTR | TIOCM_CD);
	RUN_UNTIL(f->env->loop, f->holder->last.modem == line.modem);
	line.modem |= TIOCM_RI; /* before the thread waits again */
	loop_advance(f->env->loop, 20);
	assert_int_equal(f->holder->last.modem, line.modem);
	assert_nobody_looks(f);
}

static void driver_that_says_no_more_is_asked(void **state)
{
	struct fixture *f = *state;

	line.has_modem = line.tells = true;
	add(f, "");
	shutdown(line.changes[1], SHUT_WR);
	line.modem = TIOCM_CD;
	while (f->holder->last.modem != line.modem) {
		loop_step(f->env->loop, false);
		loop_advance(f->env->loop, 250);
	}
	line.modem = TIOCM_CTS;
	while (f->holder->last.modem != line.modem) {
		loop_step(f->env->loop, false);
		loop_advance(f->env->loop, 250);
	}
}

static void modem_lines_are_nobodys_without_a_holder(void **state)
{
	struct fixture *f = *state;
	struct chardev *serial;

	line.has_modem = line.tells = true;
	serial = add(f, "");
	chardev_link_detach(&f->holder->link);
	change_modem(TIOCM_CD); /* who comes is told, and of the next one too */
	env_attach(f->env, serial);
	RUN_UNTIL(f->env->loop, f->holder->last.modem == TIOCM_CD);
	change_modem(0);
	RUN_UNTIL(f->env->loop, f->holder->last.modem == 0);
}

static void modem_lines_of_a_device_that_comes_back_are_told(void **state)
{
	struct fixture *f = *state;

	line.has_modem = line.tells = true;
	add(f, "");
	for (unsigned i = 1; i <= 3; i++) {
		pull(f);
		RUN_UNTIL(f->env->loop, f->holder->hangups == i);
		plug_in(f);
		RUN_UNTIL(f->env->loop, f->holder->open);
		run_idle(f->env->loop);
		change_modem(i % 2 ? TIOCM_CD : TIOCM_CTS);
		RUN_UNTIL(f->env->loop, f->holder->last.type == CHARDEV_MODEM &&
						f->holder->last.modem == line.modem);
	}
}

static void device_that_is_absent_at_the_start_is_waited_for(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_LINE, .line = { .speed = 1200 } };
	struct fixture *f = *state;
	struct termios mode;

	pull(f);
	env_add_fails(f->env, "serial,id=s,path=%s/tty", "No such file or directory");
	add(f, ",wait=on,flow=rtscts");
	assert_false(f->holder->open);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), -EPIPE);
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	run_idle(f->env->loop);
	assert_int_equal(f->holder->last.line.speed, 1200);
	plug_in(f);
	RUN_UNTIL(f->env->loop, f->holder->open);
	mode = mode_of(f);
	assert_int_equal(cfgetospeed(&mode), B1200);
	assert_true(mode.c_cflag & CRTSCTS);
	assert_int_equal(fake_holder_out(f->holder, "x", 1), 1);
}

static void device_that_others_have_is_waited_for(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int fd = open(f->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	add(f, ",wait=on");
	assert_false(f->holder->open);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	loop_advance(f->env->loop, 1000);
	assert_true(f->holder->open);
	env_add_fails(f->env, "serial,id=t,path=/dev/null,wait=on", "Could not open '/dev/null': ");
}

static void adapter_that_was_pulled_comes_back_as_it_was(void **state)
{
	const struct chardev_event event = { .type = CHARDEV_LINE, .line = { .speed = 1200 } };
	struct fixture *f = *state;
	struct termios mode;

	add(f, ",flow=rtscts");
	assert_int_equal(chardev_link_event(&f->holder->link, &event), 0);
	run_idle(f->env->loop);
	for (unsigned i = 1; i <= 3; i++) {
		pull(f);
		RUN_UNTIL(f->env->loop, f->holder->hangups == i);
		assert_int_equal(fake_holder_out(f->holder, "x", 1), -EPIPE);
		plug_in(f);
		RUN_UNTIL(f->env->loop, f->holder->open);
		mode = mode_of(f);
		assert_int_equal(cfgetospeed(&mode), B1200);
		assert_true(mode.c_cflag & CRTSCTS);
		assert_int_equal(fake_holder_out(f->holder, "x", 1), 1);
	}
}

static void folders_may_come_later(void **state)
{
	struct fixture *f = *state;
	char text[256], folder[64], from[64], to[128];

	snprintf(folder, sizeof(folder), "%s/serial", f->env->dir);
	snprintf(from, sizeof(from), "%s/tty", f->env->dir);
	snprintf(to, sizeof(to), "%s/by-id/tty", folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(text, sizeof(text), "%s/serial/by-id", f->env->dir);
	assert_int_equal(mkdir(text, 0700), 0);
	assert_int_equal(rename(from, to), 0);
	env_attach(f->env, env_add(f->env, "serial,id=s,path=%s/serial/by-id/tty"));
	run_idle(f->env->loop);
	assert_int_equal(unlink(to), 0);
	rmdir(text);
	rmdir(folder);
	close(f->master);
	RUN_UNTIL(f->env->loop, f->holder->hangups == 1);
	assert_int_equal(mkdir(folder, 0700), 0);
	run_idle(f->env->loop);
	assert_int_equal(mkdir(text, 0700), 0);
	plug_in(f);
	assert_int_equal(rename(from, to), 0);
	RUN_UNTIL(f->env->loop, f->holder->open);
	unlink(to);
	rmdir(text);
	rmdir(folder);
}

static void device_is_ours_alone(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int fd = open(f->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	char text[128];

	assert_int_equal(flock(fd, LOCK_EX), 0);
	snprintf(text, sizeof(text), "serial,id=s,path=%s", f->slave);
	env_add_fails(f->env, text, strerror(EBUSY));
	assert_int_equal(flock(fd, LOCK_UN), 0);
	add(f, "");
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
}

static void write_lock(const char *lock, int pid)
{
	AUTO_CLOSE int fd = open(lock, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "%10d\n", pid), 11);
}

static void put_lock_path(const struct fixture *f, char lock[LOCK_PATH])
{
	if (access("/run/lock", W_OK) < 0)
		skip();
	snprintf(lock, LOCK_PATH, "/run/lock/LCK..pts_%s", f->slave + strlen("/dev/pts/"));
}

static void lock_of_uucp_is_kept_and_respected(void **state)
{
	struct fixture *f = *state;
	char lock[LOCK_PATH], text[128];
	struct chardev *serial;

	put_lock_path(f, lock);
	write_lock(lock, getppid());
	snprintf(text, sizeof(text), "serial,id=s,path=%s", f->slave);
	env_add_fails(f->env, text, "uses it");
	write_lock(lock, 4194304); /* above the kernel's limit of process numbers */
	serial = add(f, "");
	assert_lock(true, lock);
	env_add_fails(f->env, "serial,id=t,path=%s/tty", "uses it");
	chardev_free(serial);
	assert_lock(false, lock);
}

/* As one that died left it behind, whose number this process was given. */
static void lock_of_uucp_with_our_number_is_not_ours(void **state)
{
	struct fixture *f = *state;
	struct chardev *serial;
	struct stat stat_of_lock;
	char lock[LOCK_PATH];

	put_lock_path(f, lock);
	write_lock(lock, getpid());
	assert_int_equal(chmod(lock, 0600), 0);
	serial = add(f, "");
	assert_int_equal(stat(lock, &stat_of_lock), 0);
	assert_int_equal(stat_of_lock.st_mode & 0777, 0644); /* another file */
	env_add_fails(f->env, "serial,id=t,path=%s/tty", "uses it");
	chardev_free(serial);
	assert_lock(false, lock);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(device_is_raw_and_as_the_options_say),
		CASE(any_speed_is_one),
		CASE(errors_are_qemus),
		CASE(bytes_pass_as_they_are),
		CASE(break_is_sent_and_nothing_meanwhile),
		CASE(storm_of_breaks_lets_bytes_through),
		CASE(device_that_is_pulled_while_it_is_full_comes_back),
		CASE(line_is_changed_and_told),
		CASE(modem_lines_are_told_and_set),
		CASE(change_of_a_modem_line_is_told_without_a_look),
		CASE(driver_that_says_no_more_is_asked),
		CASE(modem_lines_are_nobodys_without_a_holder),
		CASE(modem_lines_of_a_device_that_comes_back_are_told),
		CASE(device_that_is_absent_at_the_start_is_waited_for),
		CASE(device_that_others_have_is_waited_for),
		CASE(adapter_that_was_pulled_comes_back_as_it_was),
		CASE(folders_may_come_later),
		CASE(device_is_ours_alone),
		CASE(lock_of_uucp_is_kept_and_respected),
		CASE(lock_of_uucp_with_our_number_is_not_ours),
	};

	if (!has_serial_lines())
		return MESON_SKIPPED;
	thread_allow_interrupts();
	return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
