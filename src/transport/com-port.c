/* SPDX-License-Identifier: MIT */
/*
 * [RFC 2217]. A client sends commands, a server answers with the same number and 100 and the value
 * that is so now, and tells by itself when a modem line has changed.
 */
#include "transport/com-port.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum command {
	SIGNATURE,
	SET_BAUDRATE,
	SET_DATASIZE,
	SET_PARITY,
	SET_STOPSIZE,
	SET_CONTROL,
	NOTIFY_LINESTATE,
	NOTIFY_MODEMSTATE,
	SUSPEND,
	RESUME,
	SET_LINESTATE_MASK,
	SET_MODEMSTATE_MASK,
	PURGE_DATA,
	N_COMMANDS,
	SERVER_OFFSET = 100,
};

/* What SET_CONTROL sets; the values of each begin with a question. */
enum control { FLOW, BREAK, DTR, RTS, FLOW_IN, N_CONTROLS };

static const uint8_t control_base[N_CONTROLS + 1] = { 0, 4, 7, 10, 13, 17 };

enum { ON = 1, OFF = 2 }; /* behind the base */

enum {
	LINESTATE_BREAK = 0x10,
	MODEMSTATE_CTS = 0x10,
	MODEMSTATE_DSR = 0x20,
	MODEMSTATE_RI = 0x40,
	MODEMSTATE_CD = 0x80,
	MODEMSTATE_DELTA_SHIFT = 4,
	OUTPUTS = TIOCM_DTR | TIOCM_RTS,
};

static const char signature[] = "charhub";

/* Of the four numbers of a line, and one of flow control. */
enum {
	LINE_COMMANDS = 1 << SET_BAUDRATE | 1 << SET_DATASIZE | 1 << SET_PARITY | 1 << SET_STOPSIZE
};

void com_port_init(struct com_port *port, bool server)
{
	*port = (struct com_port){ .server = server, .modem_mask = 0xff };
	if (!server)
		return;
	port->line =
		(struct line_settings){ 115200, 8, LINE_PARITY_NONE, LINE_STOP_1, LINE_FLOW_NONE };
	port->modem = OUTPUTS | TIOCM_CTS | TIOCM_DSR | TIOCM_CD;
}

/* A client asks how the line is, unless it has been told how it shall be. */
void com_port_activate(struct com_port *port, bool active)
{
	port->active = active;
	port->suspended = false;
	if (!active)
		return;
	if (port->server) {
		port->due |= 1u << NOTIFY_MODEMSTATE;
		return;
	}
	port->line_mask = LINESTATE_BREAK;
	port->due |= LINE_COMMANDS | 1u << SET_LINESTATE_MASK | 1u << SET_MODEMSTATE_MASK;
	port->due_control |= 1u << FLOW;
}

/* ---- modem lines ---- */

static uint8_t modem_state(unsigned bits)
{
	return (uint8_t)((bits & TIOCM_CTS ? MODEMSTATE_CTS : 0) |
			 (bits & TIOCM_DSR ? MODEMSTATE_DSR : 0) |
			 (bits & TIOCM_RI ? MODEMSTATE_RI : 0) |
			 (bits & TIOCM_CD ? MODEMSTATE_CD : 0));
}

static unsigned modem_bits(uint8_t state)
{
	return (state & MODEMSTATE_CTS ? TIOCM_CTS : 0u) |
	       (state & MODEMSTATE_DSR ? TIOCM_DSR : 0u) | (state & MODEMSTATE_RI ? TIOCM_RI : 0u) |
	       (state & MODEMSTATE_CD ? TIOCM_CD : 0u);
}

/* ---- what is said ---- */

static uint8_t control_value(const struct com_port *port, enum control control)
{
	int value;

	switch (control) {
	case BREAK: value = port->breaking ? ON : OFF; break;
	case DTR: value = port->modem & TIOCM_DTR ? ON : OFF; break;
	case RTS: value = port->modem & TIOCM_RTS ? ON : OFF; break;
	default: value = port->line.flow; break;
	}
	return (uint8_t)(control_base[control] + value);
}

static size_t put_speed(uint8_t *to, uint32_t speed)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(speed >> (24 - 8 * i));
	return 4;
}

/* The bits of a change stand below the state [RFC 2217 3, NOTIFY-MODEMSTATE]. */
static uint8_t take_modem_state(struct com_port *port)
{
	unsigned delta = modem_state(port->modem_delta) >> MODEMSTATE_DELTA_SHIFT;

	port->modem_delta = 0;
	return (uint8_t)(modem_state(port->modem) | delta);
}

static uint8_t take_control(struct com_port *port)
{
	enum control control = FLOW;

	while (!(port->due_control & 1u << control))
		control++;
	port->due_control &= ~(1u << control);
	return control_value(port, control);
}

static size_t put_value(struct com_port *port, enum command command, uint8_t *to)
{
	switch (command) {
	case SIGNATURE: memcpy(to, signature, sizeof(signature) - 1); return sizeof(signature) - 1;
	case SET_BAUDRATE: return put_speed(to, port->line.speed);
	case SET_DATASIZE: *to = port->line.data_bits; break;
	case SET_PARITY: *to = port->line.parity; break;
	case SET_STOPSIZE: *to = port->line.stop_bits; break;
	case SET_CONTROL: *to = take_control(port); break;
	case NOTIFY_LINESTATE: *to = port->line_state; break;
	case NOTIFY_MODEMSTATE: *to = take_modem_state(port); break;
	case SET_LINESTATE_MASK: *to = port->line_mask; break;
	case SET_MODEMSTATE_MASK: *to = port->modem_mask; break;
	default: *to = port->purge; break;
	}
	return 1;
}

size_t com_port_next(struct com_port *port, uint8_t message[COM_PORT_MESSAGE_MAX])
{
	unsigned command = 0;

	if (!port->active)
		return 0;
	if (port->due_control)
		port->due |= 1u << SET_CONTROL;
	if (!port->due)
		return 0;
	while (!(port->due & 1u << command))
		command++;
	port->due &= ~(1u << command);
	message[0] = (uint8_t)(command + (port->server ? SERVER_OFFSET : 0));
	return 1 + put_value(port, (enum command)command, message + 1);
}

/* ---- what is heard ---- */

static bool in_range(uint8_t value, uint8_t from, uint8_t to)
{
	return value >= from && value <= to;
}

/* Keep what the peer says of the line, in @port and in the news. Return: was it anything. */
static bool hear_line(struct com_port *port, enum command command, const uint8_t *value, size_t len,
	struct line_settings *news)
{
	uint32_t speed = 0;

	for (size_t i = 0; i < len; i++)
		speed = speed << 8 | value[i];
	if (command == SET_BAUDRATE && len == 4 && speed)
		port->line.speed = news->speed = speed;
	else if (command == SET_DATASIZE && len == 1 && in_range(*value, 5, 8))
		port->line.data_bits = news->data_bits = *value;
	else if (command == SET_PARITY && len == 1 &&
		 in_range(*value, LINE_PARITY_NONE, LINE_PARITY_SPACE))
		port->line.parity = news->parity = *value;
	else if (command == SET_STOPSIZE && len == 1 &&
		 in_range(*value, LINE_STOP_1, LINE_STOP_1_5))
		port->line.stop_bits = news->stop_bits = *value;
	else
		return false;
	return true;
}

static bool hear_output(struct com_port *port, unsigned bit, bool on, struct transport_news *news)
{
	port->modem = (port->modem & ~bit) | (on ? bit : 0);
	*news = (struct transport_news){
		.type = TRANSPORT_MODEM, .modem = port->modem, .modem_mask = bit
	};
	return true;
}

/* Of a server its answer, of a client its order; of both the first value is a question. */
static bool hear_control(struct com_port *port, uint8_t value, struct transport_news *news)
{
	enum control control = FLOW;
	uint8_t what;

	while (control < N_CONTROLS && value >= control_base[control + 1])
		control++;
	if (control == N_CONTROLS)
		return false;
	what = value - control_base[control];
	if (port->server)
		port->due_control |= 1u << control;
	if (!what)
		return false;
	if (control == FLOW || control == FLOW_IN) {
		port->line.flow = news->line.flow = what;
		return true;
	}
	if (!port->server)
		return false; /* we know what we have set */
	if (control == BREAK) {
		port->breaking = what == ON;
		news->type = TRANSPORT_BREAK;
		return port->breaking;
	}
	return hear_output(port, control == DTR ? TIOCM_DTR : TIOCM_RTS, what == ON, news);
}

/* What both sides may say. Return: is there news. */
static bool hear_setting(struct com_port *port, enum command command, const uint8_t *value,
	size_t len, struct transport_news *news)
{
	*news = (struct transport_news){ .type = TRANSPORT_LINE };
	if (command == SET_CONTROL)
		return len == 1 && hear_control(port, *value, news);
	return hear_line(port, command, value, len, &news->line);
}

static bool hear_order(struct com_port *port, enum command command, const uint8_t *value,
	size_t len, struct transport_news *news)
{
	if (command == SIGNATURE ? len == 0 : command < SUSPEND || command > RESUME)
		port->due |= command == SET_CONTROL ? 0 : 1u << command;
	if (len == 1 && command == SET_LINESTATE_MASK)
		port->line_mask = *value;
	else if (len == 1 && command == SET_MODEMSTATE_MASK)
		port->modem_mask = *value;
	else if (len == 1 && command == PURGE_DATA)
		port->purge = *value;
	return hear_setting(port, command, value, len, news);
}

static bool hear_state(struct com_port *port, enum command command, const uint8_t *value,
	size_t len, struct transport_news *news)
{
	if (len == 1 && command == NOTIFY_MODEMSTATE) {
		port->modem = (port->modem & OUTPUTS) | modem_bits(*value);
		*news = (struct transport_news){ .type = TRANSPORT_MODEM, .modem = port->modem };
		return true;
	}
	if (command == NOTIFY_LINESTATE) {
		*news = (struct transport_news){ .type = TRANSPORT_BREAK };
		return len == 1 && (*value & LINESTATE_BREAK);
	}
	if (!hear_setting(port, command, value, len, news))
		return false;
	news->line = port->line; /* all that is known of it */
	return true;
}

bool com_port_hear(
	struct com_port *port, const uint8_t *bytes, size_t len, struct transport_news *ret_news)
{
	unsigned offset = port->server ? 0 : SERVER_OFFSET, command;

	if (!port->active || !len || bytes[0] < offset || bytes[0] >= offset + N_COMMANDS)
		return false;
	command = bytes[0] - offset;
	if (command == SUSPEND || command == RESUME)
		port->suspended = command == SUSPEND;
	return port->server ? hear_order(port, (enum command)command, bytes + 1, len - 1, ret_news)
			    : hear_state(port, (enum command)command, bytes + 1, len - 1, ret_news);
}

/* ---- what the user tells ---- */

/* A client's orders go out. A server answers where it was asked: pyserial is upset by news. */
static void tell_line(struct com_port *port, const struct line_settings *line)
{
	unsigned due = (line->speed ? 1u << SET_BAUDRATE : 0u) |
		       (line->data_bits ? 1u << SET_DATASIZE : 0u) |
		       (line->parity ? 1u << SET_PARITY : 0u) |
		       (line->stop_bits ? 1u << SET_STOPSIZE : 0u);

	line_settings_change(&port->line, line);
	if (!port->server) {
		port->due |= due;
		port->due_control |= line->flow ? 1u << FLOW : 0u;
	}
}

static void tell_modem(struct com_port *port, const struct transport_news *news)
{
	unsigned changed = port->modem ^ news->modem;

	if (port->server) {
		port->modem = news->modem;
		port->modem_delta |= changed;
		if (modem_state(changed) & port->modem_mask)
			port->due |= 1u << NOTIFY_MODEMSTATE;
		return;
	}
	port->modem = (port->modem & ~news->modem_mask) | (news->modem & news->modem_mask);
	port->due_control |= (news->modem_mask & TIOCM_DTR ? 1u << DTR : 0u) |
			     (news->modem_mask & TIOCM_RTS ? 1u << RTS : 0u);
}

static int tell_break(struct com_port *port)
{
	if (!port->active)
		return -ENOTSUP;
	if (!port->server) {
		port->breaking = true;
		port->due_control |= 1u << BREAK;
	} else if (port->line_mask & LINESTATE_BREAK) {
		port->line_state = LINESTATE_BREAK;
		port->due |= 1u << NOTIFY_LINESTATE;
	}
	return 0;
}

int com_port_tell(struct com_port *port, const struct transport_news *news)
{
	switch (news->type) {
	case TRANSPORT_BREAK: return tell_break(port);
	case TRANSPORT_LINE: tell_line(port, &news->line); return 0;
	case TRANSPORT_MODEM: tell_modem(port, news); return 0;
	default: return -ENOTSUP;
	}
}

void com_port_end_break(struct com_port *port)
{
	port->breaking = false;
	port->due_control |= 1u << BREAK;
}
