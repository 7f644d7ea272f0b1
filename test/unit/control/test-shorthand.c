/* SPDX-License-Identifier: MIT */
#include "control/shorthand.h"
#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What it says under the keys that there may be, as "key=value ". */
static void spell(const struct opts *opts, char *text, size_t size)
{
	static const char *const keys[] = { "backend", "path", "host", "port", "localaddr",
		"localport", "server", "wait", "telnet", "tn3270", "websocket", "cols", "rows",
		"width", "height", "mux", "signal" };
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = opts_text(opts, keys[i]);

		if (value)
			len += (size_t)snprintf(
				text + len, size - len, "%s%s=%s", len ? " " : "", keys[i], value);
	}
}

static void forms_mean_chardevs(void **state)
{
	static const struct {
		const char *text, *means;
	} cases[] = {
		{ "null", "backend=null" },
		{ "stdio", "backend=stdio" },
		{ "pty", "backend=pty" },
		{ "testdev", "backend=testdev" },
		{ "vc", "backend=vc" },
		{ "vc:800x600", "backend=vc width=800 height=600" },
		{ "vc:80Cx24C", "backend=vc cols=80 rows=24" },
		{ "file:/tmp/a,b=c", "backend=file path=/tmp/a,b=c" },
		{ "pipe:/tmp/p", "backend=pipe path=/tmp/p" },
		{ "pty:/tmp/tty", "backend=pty path=/tmp/tty" },
		{ "unix:/run/a,server=on,wait=off",
			"backend=socket path=/run/a server=on wait=off" },
		{ "unix:/run/a,,b", "backend=socket path=/run/a,b" },
		{ "tcp:localhost:4444", "backend=socket host=localhost port=4444" },
		{ "tcp::4444,server,nowait", "backend=socket host= port=4444 server=on wait=off" },
		{ "tcp:[::1]:4444", "backend=socket host=::1 port=4444" },
		{ "telnet:127.0.0.1:23,server=on",
			"backend=socket host=127.0.0.1 port=23 server=on telnet=on" },
		{ "tn3270::23", "backend=socket host= port=23 tn3270=on" },
		{ "websocket::80,server=on",
			"backend=socket host= port=80 server=on websocket=on" },
		{ "udp:host:1", "backend=udp host=host port=1" },
		{ "udp::1@:2", "backend=udp host= port=1 localaddr= localport=2" },
		{ "udp:a:1@b:2", "backend=udp host=a port=1 localaddr=b localport=2" },
		{ "/dev/ttyS0", "backend=serial path=/dev/ttyS0" },
		{ "/dev/parport0", "backend=parallel path=/dev/parport0" },
		{ "mon:stdio", "backend=stdio mux=on signal=off" },
		{ "mon:unix:/run/a", "backend=socket path=/run/a mux=on" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_OPTS struct opts *opts = NULL;

		assert_int_equal(shorthand_parse(cases[i].text, "serial0", &opts, NULL), 0);
		spell(opts, text, sizeof(text));
		assert_string_equal(text, cases[i].means);
		assert_string_equal(opts_text(opts, "id"), "serial0");
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const cases[] = { "", "bogus", "stdio,signal=off", "nullx", "tcp",
		"tcp:4444", "tcp:[::1:4444", "tcp::1@2", "udp:5555", "udp::1,foo", "udp::1@2",
		"vcfoo", "vc:abc", "vc:80Cx", "vc:80Cx24", "vc:x", "vc:-1x2",
		"vc:99999999999999999999x1", "socket:/run/a", "chardev:a", "none" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts *opts = NULL;
		AUTO_ERROR struct error *err = NULL;
		char want[64];

		assert_int_equal(shorthand_parse(cases[i], "serial0", &opts, &err), -EINVAL);
		snprintf(want, sizeof(want), "'%s' is not a valid char driver", cases[i]);
		assert_string_equal(error_message(err), want);
	}
}

static void mon_may_stand_once(void **state)
{
	struct opts *opts = NULL;
	AUTO_ERROR struct error *err = NULL;

	(void)state;
	assert_int_equal(shorthand_parse("mon:mon:stdio", "serial0", &opts, &err), -EINVAL);
	assert_string_equal(error_message(err), "'mon:stdio' is not a valid char driver");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_mean_chardevs),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(mon_may_stand_once),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests_name("prog/shorthand", tests, NULL, NULL);
}
