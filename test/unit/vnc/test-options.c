/* SPDX-License-Identifier: MIT */
#include "vnc/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

	assert_int_equal(config.addresses.len, 1);
	assert_int_equal(config.addresses.items[0].address.kind, ADDRESS_INET);
	assert_string_equal(config.addresses.items[0].address.host, host);
	assert_string_equal(config.addresses.items[0].address.port, port);
	vnc_config_done(&config);
}

static void addresses_are_display_numbers(void **state)
{
	struct vnc_config config;

	(void)state;
	listens(":0", "", "5900");
	listens("0.0.0.0:7", "0.0.0.0", "5907");
	listens(":007", "", "5907");
	listens(":41,to=41", "", "5941");
	listens("[::1]:2", "::1", "5902");
	listens("console.example.org:59635", "console.example.org", "65535");
	listens("localhost:5500,reverse=on", "localhost", "5500");
	config = accepts("unix:/run/vnc.sock");
	assert_int_equal(config.addresses.items[0].address.kind, ADDRESS_UNIX);
	assert_string_equal(config.addresses.items[0].address.path, "/run/vnc.sock");
	vnc_config_done(&config);
	config = accepts("unix:/run/a,websocket=unix:/run/b,mode=0602");
	assert_int_equal(config.addresses.items[0].address.mode, 0602);
	assert_int_equal(config.addresses.items[1].address.mode, 0602);
	vnc_config_done(&config);
}

static void none_and_nothing_do_not_listen(void **state)
{
	static const char *const texts[] = { "none", "", "vnc=none", "none,password=on" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vnc_config config = accepts(texts[i]);

		assert_int_equal(config.addresses.len, 0);
		vnc_config_done(&config);
	}
}

static void bad_addresses_have_qemu_texts(void **state)
{
	(void)state;
	refuses("localhost", "no vnc port specified");
	refuses("localhost:", "vnc port cannot be empty");
	refuses(":0x3d", "can't convert to a number: 0x3d");
	refuses(":1 ", "can't convert to a number: 1 ");
	refuses(":99999999999999999999", "port 99999999999999999999 out of range");
	refuses(":abc", "can't convert to a number: abc");
	refuses(":-1", "can't convert to a number: -1");
	refuses(":70000", "port 70000 out of range");
	refuses(":59636", "port 59636 out of range");
	refuses(":0,to=60000", "to port 60000 out of range");
	refuses(":41,to=30", "to=30 is below display 41");
	refuses(":1,ipv4=off,ipv6=off", "Cannot disable IPv4 and IPv6 at same time");
	refuses(":1,vnc=", "no vnc port specified");
	refuses("none,vnc=:1", "no vnc port specified");
	refuses("unix:/run/a,to=3", "Port range not support with UNIX socket");
	refuses("unix:", "vnc: 'unix:' needs a path");
	refuses("unix:/run/a,mode=rw",
		"Parameter 'mode' expects three octal digits such as 0660, not 'rw'");
}

/* "w" in front of what is for browsers. */
static void serves(const char *text, const char *expected)
{
	struct vnc_config config = accepts(text);
	char all[256] = "";

	for (size_t i = 0; i < config.addresses.len; i++) {
		const struct vnc_address *at = &config.addresses.items[i];
		const struct address *address = &at->address;
		size_t len = strlen(all);

		snprintf(all + len, sizeof(all) - len, "%s%s%s%s%s", i ? " " : "",
			at->websocket ? "w" : "", address->path ? address->path : address->host,
			address->path ? "" : ":", address->path ? "" : address->port);
	}
	assert_string_equal(all, expected);
	vnc_config_done(&config);
}

static void several_addresses_are_all_served(void **state)
{
	(void)state;
	serves(":41,vnc=127.0.0.1:42,vnc=unix:/v", ":5941 127.0.0.1:5942 /v");
	serves(":41,websocket=5741,websocket=h:5742", ":5941 w:5741 wh:5742");
	serves("h:41,websocket=on,websocket=unix:/w", "h:5941 wh:5741 w/w");
	serves("h:41,vnc=i:42,websocket=5741", "h:5941 i:5942 w:5741");
	serves("none,websocket=8080", "w:8080");
	serves("none,websocket=http-alt", "w:http-alt");
	serves(":41,vnc=none", "");
	refuses(":41,vnc=:42,websocket=on", "explicit websocket port is required");
	refuses("h:41,vnc=h:42,reverse=on", "Expected a single address in reverse mode");
}

static void there_are_not_endless_addresses(void **state)
{
	char text[VNC_ADDRESSES_MAX * 8 + 8] = ":0";
	struct vnc_config config;

	(void)state;
	for (int i = 1; i < VNC_ADDRESSES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",vnc=:%d", i);
	config = accepts(text);
	vnc_config_done(&config);
	strcat(text, ",vnc=:99");
	refuses(text, "vnc: more than 32 addresses");
}

static void ranges_become_ports(void **state)
{
	struct vnc_config config = accepts("127.0.0.1:3,to=9,websocket=on");

	(void)state;
	assert_int_equal(config.addresses.items[0].address.to, 5909);
	assert_string_equal(config.addresses.items[1].address.port, "5703");
	assert_int_equal(config.addresses.items[1].address.to, 5709);
	vnc_config_done(&config);
}

static void websocket(const char *text, const char *host, const char *port)
{
	struct vnc_config config = accepts(text);

	assert_int_equal(config.addresses.len, 2);
	assert_true(config.addresses.items[1].websocket);
	assert_string_equal(config.addresses.items[1].address.host, host);
	assert_string_equal(config.addresses.items[1].address.port, port);
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
	assert_string_equal(config.addresses.items[1].address.path, "/run/b");
	vnc_config_done(&config);
	config = accepts(":1,websocket=off");
	assert_int_equal(config.addresses.len, 1);
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
	refuses(":1,tls-authz=x", "'tls-authz' provided but TLS is not enabled");
	refuses(":1,sasl-authz=x", "'sasl-authz' provided but SASL auth is not enabled");
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
		accepts(":1,id=v,id=w,share=force-shared,connections=3,resize=fixed,scale="
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
		cmocka_unit_test(several_addresses_are_all_served),
		cmocka_unit_test(there_are_not_endless_addresses),
		cmocka_unit_test(ranges_become_ports),
		cmocka_unit_test(websocket_address_follows_the_display),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(qemu_options_without_a_meaning_here_are_taken),
		cmocka_unit_test(values_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
