/* SPDX-License-Identifier: MIT */
#include "transport/com-port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

static struct com_port server(void)
{
	struct com_port port;

	com_port_init(&port, true);
	com_port_activate(&port, true);
	port.due = port.due_control = 0;
	return port;
}

static bool hear(struct com_port *port, const char *bytes, size_t len, struct transport_news *news)
{
	return com_port_hear(port, (const uint8_t *)bytes, len, news);
}

#define hears(port, text, news) hear(port, text, sizeof(text) - 1, news)

static void say(struct com_port *port, const char *text, size_t len)
{
	uint8_t message[COM_PORT_MESSAGE_MAX];

	assert_int_equal(com_port_next(port, message), len);
	assert_memory_equal(message, text, len);
}

#define says(port, text) say(port, text, sizeof(text) - 1)

static void assert_silent(struct com_port *port)
{
	says(port, "");
}

static void orders_are_news_and_answered_with_what_came_of_them(void **state)
{
	struct transport_news news, told = { .type = TRANSPORT_LINE, .line = { .speed = 9600 } };
	struct com_port port = server();

	(void)state;
	assert_true(hears(&port, "\1\0\1\302\1", &news)); /* 115201 */
	assert_int_equal(news.type, TRANSPORT_LINE);
	assert_int_equal(news.line.speed, 115201);
	assert_int_equal(news.line.parity, 0);
	assert_int_equal(com_port_tell(&port, &told), 0); /* the line does another */
	says(&port, "\145\0\0\45\200");
	assert_silent(&port);
	assert_true(hears(&port, "\3\2", &news));
	assert_int_equal(news.line.parity, LINE_PARITY_ODD);
	says(&port, "\147\2"); /* nobody has contradicted */
	assert_true(hears(&port, "\4\2", &news));
	assert_int_equal(news.line.stop_bits, LINE_STOP_2);
	says(&port, "\150\2");
	assert_true(hears(&port, "\5\3", &news));
	assert_int_equal(news.line.flow, LINE_FLOW_RTSCTS);
	says(&port, "\151\3");
}

static void questions_are_answered_and_nonsense_changes_nothing(void **state)
{
	struct transport_news news;
	struct com_port port = server();

	(void)state;
	assert_false(hears(&port, "\0", &news));
	says(&port, "\144charhub");
	assert_false(hears(&port, "\1\0\0\0\0", &news));
	says(&port, "\145\0\1\302\0");
	assert_false(hears(&port, "\2\11", &news));
	says(&port, "\146\10");
	assert_false(hears(&port, "\5\7", &news));
	says(&port, "\151\10");
	assert_false(hears(&port, "\5\377", &news));
	assert_false(hears(&port, "\377", &news));
	assert_false(hears(&port, "", &news));
	assert_silent(&port);
}

static void break_and_outputs_are_orders(void **state)
{
	struct transport_news news;
	struct com_port port = server();

	(void)state;
	assert_true(hears(&port, "\5\5", &news));
	assert_int_equal(news.type, TRANSPORT_BREAK);
	says(&port, "\151\5");
	assert_false(hears(&port, "\5\6", &news));
	says(&port, "\151\6");
	assert_true(hears(&port, "\5\11", &news));
	assert_int_equal(news.type, TRANSPORT_MODEM);
	assert_int_equal(news.modem_mask, TIOCM_DTR);
	assert_int_equal(news.modem & TIOCM_DTR, 0);
	says(&port, "\151\11");
}

static void changes_of_modem_lines_are_told_once(void **state)
{
	struct transport_news news = { .type = TRANSPORT_MODEM, .modem = TIOCM_CTS };
	struct com_port port = server();

	(void)state;
	assert_int_equal(com_port_tell(&port, &news), 0);
	says(&port, "\153\32"); /* CTS; DSR and CD have changed */
	assert_int_equal(com_port_tell(&port, &news), 0);
	assert_silent(&port);
	assert_false(hears(&port, "\13\0", &news));
	says(&port, "\157\0");
	news = (struct transport_news){ .type = TRANSPORT_MODEM };
	assert_int_equal(com_port_tell(&port, &news), 0);
	assert_silent(&port);
}

static void client_asks_or_orders_and_hears(void **state)
{
	struct transport_news news = { .type = TRANSPORT_LINE, .line = { .speed = 300 } };
	struct com_port port;

	(void)state;
	com_port_init(&port, false);
	assert_int_equal(com_port_tell(&port, &news), 0);
	assert_silent(&port);
	com_port_activate(&port, true);
	says(&port, "\1\0\0\1\54");
	says(&port, "\2\0");
	says(&port, "\3\0");
	says(&port, "\4\0");
	says(&port, "\5\0");
	says(&port, "\12\20");
	says(&port, "\13\377");
	assert_silent(&port);
	assert_true(hears(&port, "\146\7", &news));
	assert_int_equal(news.line.data_bits, 7);
	assert_int_equal(news.line.speed, 300);
	assert_true(hears(&port, "\153\20", &news));
	assert_int_equal(news.modem, TIOCM_CTS);
	assert_true(hears(&port, "\152\20", &news));
	assert_int_equal(news.type, TRANSPORT_BREAK);
	assert_int_equal(com_port_tell(&port, &news), 0);
	says(&port, "\5\5");
	com_port_end_break(&port);
	says(&port, "\5\6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_news_and_answered_with_what_came_of_them),
		cmocka_unit_test(questions_are_answered_and_nonsense_changes_nothing),
		cmocka_unit_test(break_and_outputs_are_orders),
		cmocka_unit_test(changes_of_modem_lines_are_told_once),
		cmocka_unit_test(client_asks_or_orders_and_hears),
	};

	return cmocka_run_group_tests_name("com-port", tests, NULL, NULL);
}
