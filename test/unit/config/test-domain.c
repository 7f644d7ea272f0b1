/* SPDX-License-Identifier: MIT */
#include "config/domain.h"

#include "lib/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void is_at(const char *text, const char *path, bool connect)
{
	struct domain_serial serial = { 0 };

	assert_int_equal(domain_parse(text, strlen(text), &serial), 0);
	assert_string_equal(serial.path, path);
	assert_int_equal(serial.connect, connect);
	domain_serial_done(&serial);
}

static void is_nowhere(const char *text)
{
	struct domain_serial serial = { 0 };

	assert_int_equal(domain_parse(text, strlen(text), &serial), -EINVAL);
	assert_null(serial.path);
}

static void the_first_unix_serial_line_is_found(void **state)
{
	(void)state;
	is_at("<domain type='kvm'>\n<devices>\n<disk><source file='/x'/></disk>\n"
	      "<serial type='pty'><source path='/dev/pts/1'/></serial>\n"
	      "<!-- <serial type='unix'><source path='/no'/></serial> -->\n"
	      "<serial type='unix'>\n <source mode='bind' path='/run/a&amp;b.sock'/>\n"
	      " <target port='0'/></serial></devices></domain>",
		"/run/a&b.sock", false);
	is_at("<serial type=\"unix\"><source mode=\"connect\" path=\"/run/b\"/>", "/run/b", true);
}

static void what_is_none_is_none(void **state)
{
	(void)state;
	is_nowhere("");
	is_nowhere("<serial type='unix'>");
	is_nowhere("<serial type='unix'></serial><channel type='unix'><source path='/x'/>");
	is_nowhere("<serial type='unix'><source mode='bind'/></serial>");
	is_nowhere("<serial type='unix'><source mode='bind' path='/x");
	is_nowhere("<serialx type='unix'><source path='/x'/>");
}

static void a_domain_is_looked_for_in_folders(void **state)
{
	char folder[] = "/tmp/test-domain-XXXXXX", path[64], list[64];
	struct domain_serial serial = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vm.xml", folder);
	snprintf(list, sizeof(list), "/nonexistent:%s", folder);
	setenv("CHARHUB_LIBVIRT", list, 1);
	put_file(path, "<serial type='unix'><source mode='bind' path='/run/vm'/></serial>");
	assert_int_equal(domain_find("vm", &serial, NULL), 0);
	assert_string_equal(serial.path, "/run/vm");
	domain_serial_done(&serial);
	put_file(path, "<domain/>");
	assert_int_equal(domain_find("vm", &serial, &err), -EINVAL);
	assert_string_equal(
		error_message(err), "libvirt's domain 'vm' has no serial line with a path");
	error_free(err);
	err = NULL;
	assert_int_equal(domain_find("other", &serial, &err), -ENOENT);
	error_free(err);
	err = NULL;
	assert_int_equal(domain_find("../vm", &serial, &err), -EINVAL);
	error_free(err);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_unix_serial_line_is_found),
		cmocka_unit_test(what_is_none_is_none),
		cmocka_unit_test(a_domain_is_looked_for_in_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
