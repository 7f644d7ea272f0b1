/* SPDX-License-Identifier: MIT */
/*
 * By the kernel's own structure, which takes any speed; that of <termios.h> knows a list of them.
 */
/* syscalls: flock ioctl openat */
#include "backend/serial-port.h"

#include "base/cleanup.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One word for a fact that the kernel has as bits: value 0 ends a table. */
struct word {
	uint8_t value;
	tcflag_t bits;
};

static const struct word data_bits[] = { { 5, CS5 }, { 6, CS6 }, { 7, CS7 }, { 8, CS8 }, { 0 } };

static const struct word parities[] = {
	{ LINE_PARITY_NONE, 0 },
	{ LINE_PARITY_ODD, PARENB | PARODD },
	{ LINE_PARITY_EVEN, PARENB },
	{ LINE_PARITY_MARK, PARENB | PARODD | CMSPAR },
	{ LINE_PARITY_SPACE, PARENB | CMSPAR },
	{ 0 },
};

/* Those with a name of their own, by which other programs know them. */
static tcflag_t speed_bits(uint32_t speed)
{
	static const struct {
		uint32_t speed;
		tcflag_t bits;
	} names[] = {
#define NAME(speed) { speed, B##speed }
		NAME(50),
		NAME(75),
		NAME(110),
		NAME(134),
		NAME(150),
		NAME(200),
		NAME(300),
		NAME(600),
		NAME(1200),
		NAME(1800),
		NAME(2400),
		NAME(4800),
		NAME(9600),
		NAME(19200),
		NAME(38400),
		NAME(57600),
		NAME(115200),
		NAME(230400),
		NAME(460800),
		NAME(500000),
		NAME(576000),
		NAME(921600),
		NAME(1000000),
		NAME(1152000),
		NAME(1500000),
		NAME(2000000),
		NAME(2500000),
		NAME(3000000),
		NAME(3500000),
		NAME(4000000),
#undef NAME
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].speed == speed)
			return names[i].bits;
	return BOTHER;
}

enum { PARITY_BITS = PARENB | PARODD };

static void set_word(tcflag_t *flags, tcflag_t mask, const struct word *words, uint8_t value)
{
	for (; words->value; words++)
		if (words->value == value)
			*flags = (*flags & ~mask) | words->bits;
}

static uint8_t get_word(tcflag_t flags, tcflag_t mask, const struct word *words)
{
	while (words->value && (flags & mask) != words->bits)
		words++;
	return words->value;
}

static void set_flow(struct termios2 *mode, uint8_t flow)
{
	if (!flow)
		return;
	mode->c_cflag &= ~(tcflag_t)CRTSCTS;
	mode->c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	if (flow == LINE_FLOW_RTSCTS)
		mode->c_cflag |= CRTSCTS;
	else if (flow == LINE_FLOW_XONXOFF)
		mode->c_iflag |= IXON | IXOFF;
}

static void set_line(struct termios2 *mode, const struct line_settings *line)
{
	tcflag_t input_speed = (tcflag_t)CBAUD << IBSHIFT;

	if (line->speed) {
		mode->c_cflag = (mode->c_cflag & ~(CBAUD | input_speed)) | speed_bits(line->speed);
		mode->c_ispeed = mode->c_ospeed = line->speed;
	}
	set_word(&mode->c_cflag, CSIZE, data_bits, line->data_bits);
	set_word(&mode->c_cflag, PARITY_BITS | CMSPAR, parities, line->parity);
	if (line->stop_bits)
		mode->c_cflag = (mode->c_cflag & ~(tcflag_t)CSTOPB) |
				(line->stop_bits == LINE_STOP_1 ? 0 : CSTOPB);
	set_flow(mode, line->flow);
}

int serial_port_set(int fd, const struct line_settings *line)
{
	struct termios2 mode;

	if (ioctl(fd, TCGETS2, &mode) < 0)
		return -errno;
	set_line(&mode, line);
	return ioctl(fd, TCSETS2, &mode) < 0 ? -errno : 0;
}

int serial_port_get(int fd, struct line_settings *ret_line)
{
	struct termios2 mode;

	if (ioctl(fd, TCGETS2, &mode) < 0)
		return -errno;
	*ret_line = (struct line_settings){
		.speed = mode.c_ospeed,
		.data_bits = get_word(mode.c_cflag, CSIZE, data_bits),
		.parity = get_word(mode.c_cflag, PARITY_BITS | CMSPAR, parities),
		.stop_bits = !(mode.c_cflag & CSTOPB)	     ? LINE_STOP_1
			     : (mode.c_cflag & CSIZE) == CS5 ? LINE_STOP_1_5
							     : LINE_STOP_2,
		.flow = mode.c_cflag & CRTSCTS ? LINE_FLOW_RTSCTS
			: mode.c_iflag & IXON  ? LINE_FLOW_XONXOFF
					       : LINE_FLOW_NONE,
	};
	return 0;
}

/*
 * Nothing is changed on its way, a break is marked, a carrier that goes is no end, and the modem
 * lines stay as they are when we go: many a board is reset by its DTR.
 */
static int make_raw(int fd, const struct line_settings *line)
{
	struct termios2 mode;

	if (ioctl(fd, TCGETS2, &mode) < 0)
		return -errno;
	mode.c_iflag = PARMRK;
	mode.c_oflag = 0;
	mode.c_lflag = 0;
	mode.c_cflag = (mode.c_cflag & ~(tcflag_t)HUPCL) | CREAD | CLOCAL;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	set_line(&mode, line);
	if (line->parity != LINE_PARITY_NONE)
		mode.c_iflag |= INPCK;
	return ioctl(fd, TCSETS2, &mode) < 0 ? -errno : 0;
}

/* Programs that know nothing of each other's locks are kept out by the kernel. */
static int make_ours(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return ioctl(fd, TIOCEXCL) < 0 ? -errno : 0;
}

int serial_port_open(const char *path, const struct line_settings *line, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int r = fd < 0 ? -errno : isatty(fd) ? make_ours(fd) : -ENOTTY;

	if (r == 0)
		r = make_raw(fd, line);
	if (r < 0)
		return error_set(err, -r, "Could not open '%s': %s", path, strerror(-r));
	return TAKE_FD(fd);
}

void serial_port_flush(int fd)
{
	ioctl(fd, TCFLSH, TCOFLUSH);
}

int serial_port_break(int fd, bool on)
{
	return ioctl(fd, on ? TIOCSBRK : TIOCCBRK) < 0 ? -errno : 0;
}

int serial_port_modem(int fd, unsigned *ret_bits)
{
	int bits;

	if (ioctl(fd, TIOCMGET, &bits) < 0)
		return -errno;
	*ret_bits = (unsigned)bits;
	return 0;
}

int serial_port_await_modem(int fd)
{
	return ioctl(fd, TIOCMIWAIT, TIOCM_CTS | TIOCM_DSR | TIOCM_CD | TIOCM_RI) < 0 ? -errno : 0;
}

int serial_port_set_modem(int fd, unsigned bits, unsigned mask)
{
	int on = (int)(bits & mask & (TIOCM_DTR | TIOCM_RTS)),
	    off = (int)(~bits & mask & (TIOCM_DTR | TIOCM_RTS));

	if ((on && ioctl(fd, TIOCMBIS, &on) < 0) || (off && ioctl(fd, TIOCMBIC, &off) < 0))
		return -errno;
	return 0;
}
