/* SPDX-License-Identifier: MIT */
#include "vnc/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct vnc_config accepts(const char *text)
{
	struct vnc_config config = { 0 };
	struct error *err = NULL;
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "vnc", &opts, NULL), 0);
	if (vnc_config_read(opts, &config, &err) < 0)
		fail_msg("%s: %s", text, error_message(err));
	opts_free(opts);
	return config;
}

static void refuses(const char *text, const char *message)
{
	struct vnc_config config = { 0 };
	struct error *err = NULL;
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "vnc", &opts, NULL), 0);
	if (vnc_config_read(opts, &config, &err) == 0)
		fail_msg("%s was accepted", text);
	assert_string_equal(error_message(err), message);
	error_free(err);
	opts_free(opts);
}

static void listens(const char *text, const char *host, const char *port)
{
	struct vnc_config config = accepts(text);

	assert_true(config.has_address);
	assert_int_equal(config.listen.kind, ADDRESS_INET);
	assert_string_equal(config.listen.host, host);
	assert_string_equal(config.listen.port, port);
	vnc_config_done(&config);
}

static void addresses_are_display_numbers(void **state)
{
	struct vnc_config config;

	(void)state;
	listens(":0", "", "5900");
	listens("0.0.0.0:7", "0.0.0.0", "5907");
	listens("[::1]:2", "::1", "5902");
	listens("console.example.org:59635", "console.example.org", "65535");
	listens("localhost:5500,reverse=on", "localhost", "5500");
	config = accepts("unix:/run/vnc.sock");
	assert_int_equal(config.listen.kind, ADDRESS_UNIX);
	assert_string_equal(config.listen.path, "/run/vnc.sock");
	vnc_config_done(&config);
}

static void none_and_nothing_do_not_listen(void **state)
{
	static const char *const texts[] = { "none", "", "vnc=none", "none,password=on" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vnc_config config = accepts(texts[i]);

		assert_false(config.has_address);
		vnc_config_done(&config);
	}
}

static void bad_addresses_have_qemu_texts(void **state)
{
	(void)state;
	refuses("localhost", "no vnc port specified");
	refuses("localhost:", "vnc port cannot be empty");
	refuses(":abc", "can't convert to a number: abc");
	refuses(":-1", "can't convert to a number: -1");
	refuses(":70000", "port 70000 out of range");
	refuses(":59636", "port 59636 out of range");
	refuses(":0,to=60000", "to port 60000 out of range");
	refuses("unix:/run/a,to=3", "Port range not support with UNIX socket");
	refuses("unix:", "vnc: 'unix:' needs a path");
}

static void ranges_become_ports(void **state)
{
	struct vnc_config config = accepts("127.0.0.1:3,to=9,websocket=on");

	(void)state;
	assert_int_equal(config.listen.to, 5909);
	assert_string_equal(config.websocket.port, "5703");
	assert_int_equal(config.websocket.to, 5709);
	vnc_config_done(&config);
}

static void websocket(const char *text, const char *host, const char *port)
{
	struct vnc_config config = accepts(text);

	assert_true(config.has_websocket);
	assert_string_equal(config.websocket.host, host);
	assert_string_equal(config.websocket.port, port);
	vnc_config_done(&config);
}

static void websocket_address_follows_the_display(void **state)
{
	struct vnc_config config;

	(void)state;
	websocket("127.0.0.1:4,websocket=on", "127.0.0.1", "5704");
	websocket("127.0.0.1:4,websocket=8080", "127.0.0.1", "8080");
	websocket("127.0.0.1:4,websocket=[::1]:8080", "::1", "8080");
	websocket("unix:/run/a,websocket=on", "", "5700");
	config = accepts(":1,websocket=unix:/run/b");
	assert_string_equal(config.websocket.path, "/run/b");
	vnc_config_done(&config);
	config = accepts(":1,websocket=off");
	assert_false(config.has_websocket);
	vnc_config_done(&config);
	refuses("none,websocket=on", "explicit websocket port is required");
	refuses(":1,websocket=70000", "port 70000 out of range");
}

static void what_does_not_go_together_is_refused(void **state)
{
	(void)state;
	refuses(":1,password=on,password-secret=a",
		"'password' flag is redundant with 'password-secret'");
	refuses("h:1,reverse=on,websocket=5", "Cannot use websockets in reverse mode");
	refuses("none,reverse=on", "Expected a single address in reverse mode");
	refuses(":1,tls-creds=x", "No TLS credentials with id 'x'");
	refuses(":1,tls-authz=x", "'tls-authz' provided but TLS is not enabled");
	refuses(":1,sasl-authz=x", "'sasl-authz' provided but SASL auth is not enabled");
	refuses(":1,audiodev=x", "audiodev 'x' not found");
	refuses(":1,display=x", "Device 'x' not found");
	refuses(":1,view-secret=x",
		"'view-secret' needs 'password' or 'password-secret' for those who may type");
}

static void qemu_options_without_a_meaning_here_are_taken(void **state)
{
	struct vnc_config config = accepts(":1,lossy=on,non-adaptive=on,lock-key-sync=off,key-"
					   "delay-ms=5,sasl=off,power-control=off");

	(void)state;
	assert_int_equal(config.connections, 32);
	assert_int_equal(config.share, VNC_SHARE_IGNORE);
	assert_int_equal(config.resize, VNC_RESIZE_VIEWER);
	assert_int_equal(config.scale, 1);
	assert_string_equal(config.id, "default");
	assert_false(config.password);
	vnc_config_done(&config);
}

static void values_are_read(void **state)
{
	struct vnc_config config =
		accepts(":1,id=v,share=force-shared,connections=3,resize=fixed,scale="
			"2,paste=key,password-secret=s");

	(void)state;
	assert_int_equal(config.connections, 3);
	assert_int_equal(config.share, VNC_SHARE_FORCE_SHARED);
	assert_int_equal(config.resize, VNC_RESIZE_FIXED);
	assert_int_equal(config.paste, VNC_PASTE_KEY);
	assert_int_equal(config.scale, 2);
	assert_string_equal(config.id, "v");
	assert_string_equal(config.secret_id, "s");
	assert_true(config.password);
	vnc_config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_display_numbers),
		cmocka_unit_test(none_and_nothing_do_not_listen),
		cmocka_unit_test(bad_addresses_have_qemu_texts),
		cmocka_unit_test(ranges_become_ports),
		cmocka_unit_test(websocket_address_follows_the_display),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(qemu_options_without_a_meaning_here_are_taken),
		cmocka_unit_test(values_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
