/* SPDX-License-Identifier: MIT */
#include "chardev/qapi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* QEMU's nested objects, as libvirt and QMP clients write them, and the options they stand for. */

#define NESTED(type, data)  "{\"id\":\"a\",\"backend\":{\"type\":\"" type "\",\"data\":" data "}}"
#define ADDRESS(type, data) "{\"addr\":{\"type\":\"" type "\",\"data\":" data "}}"

/* The options named in @keys as "key=value,", in that order. */
static void expect(const char *json, const char *keys, const char *expected)
{
	struct opts *opts = NULL;
	char text[256] = "", key[64];

	assert_int_equal(opts_parse(json, "backend", &opts, NULL), 0);
	assert_int_equal(qapi_flatten(opts, NULL), 0);
	while (*keys) {
		size_t len = strcspn(keys, " ");
		const char *value;

		snprintf(key, sizeof(key), "%.*s", (int)len, keys);
		value = opts_text(opts, key);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%s,", key,
			value ? value : "(none)");
		keys += len + (keys[len] == ' ');
	}
	assert_string_equal(text, expected);
	opts_free(opts);
}

static void data_become_options(void **state)
{
	(void)state;
	expect(NESTED("null", "{}"), "id backend", "id=a,backend=null,");
	expect(NESTED("pty", "{\"path\":\"p\"}"), "backend path", "backend=pty,path=p,");
	expect(NESTED("file", "{\"out\":\"o\",\"in\":\"i\",\"append\":true,\"logfile\":\"l\"}"),
		"path input-path append logfile", "path=o,input-path=i,append=on,logfile=l,");
	expect(NESTED("pipe", "{\"device\":\"d\"}"), "path", "path=d,");
	expect(NESTED("hub", "{\"chardevs\":[\"b\",\"c\"]}"), "chardevs.0 chardevs.1",
		"chardevs.0=b,chardevs.1=c,");
	expect(NESTED("ringbuf", "{\"size\":65536}"), "size", "size=65536,");
}

static void addresses_become_options(void **state)
{
	(void)state;
	expect(NESTED("socket", ADDRESS("unix", "{\"path\":\"p\"}")), "path server wait addr.type",
		"path=p,server=on,wait=off,addr.type=(none),");
	expect(NESTED("socket", ADDRESS("inet", "{\"host\":\"h\",\"port\":\"1\",\"ipv6\":false}")),
		"host port ipv6", "host=h,port=1,ipv6=off,");
	expect(NESTED("socket", ADDRESS("vsock", "{\"cid\":\"3\",\"port\":\"1024\"}")), "cid port",
		"cid=3,port=1024,");
	expect(NESTED("socket",
		       ADDRESS("inet", "{\"host\":\"h\",\"port\":\"1\",\"keep-alive\":true}")),
		"keep-alive", "keep-alive=on,");
	expect(NESTED("socket", ADDRESS("fd", "{\"str\":\"7\"}")), "fd", "fd=7,");
}

static void a_socket_says_what_it_is_otherwise(void **state)
{
	(void)state;
	expect(NESTED("socket", "{\"server\":false}"), "server wait", "server=off,wait=(none),");
	expect(NESTED("socket", "{\"server\":true,\"wait\":true}"), "server wait",
		"server=on,wait=on,");
}

static void the_flat_form_is_left_alone(void **state)
{
	(void)state;
	expect("{\"backend\":\"socket\",\"id\":\"a\",\"path\":\"p\"}", "backend path server wait",
		"backend=socket,path=p,server=(none),wait=(none),");
	expect("socket,id=a,path=p", "backend path server wait",
		"backend=socket,path=p,server=(none),wait=(none),");
}

static void an_address_of_another_kind_is_refused(void **state)
{
	struct opts *opts = NULL;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(opts_parse(NESTED("socket", ADDRESS("tipc", "{\"cid\":\"3\"}")), "backend",
				 &opts, NULL),
		0);
	assert_int_equal(qapi_flatten(opts, &err), -EINVAL);
	assert_string_equal(error_message(err),
		"Parameter 'backend.data.addr.type' does not accept value 'tipc'");
	error_free(err);
	opts_free(opts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_become_options),
		cmocka_unit_test(addresses_become_options),
		cmocka_unit_test(a_socket_says_what_it_is_otherwise),
		cmocka_unit_test(the_flat_form_is_left_alone),
		cmocka_unit_test(an_address_of_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
