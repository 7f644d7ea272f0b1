/* SPDX-License-Identifier: MIT */
#include "config/console.h"

#include "base/console-parts.h"
#include "base/strbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What is wanted, as plain options, one a line. */
static int note(
	void *data, enum thing_kind kind, struct opts *opts, const char *where, struct error **err)
{
	char *text = opts_canonical(opts, kind == THING_CHARDEV ? "backend" : "driver");

	(void)where, (void)err;
	strbuf_printf(data, "%s %s\n", kind == THING_CHARDEV ? "chardev" : "device", text);
	free(text);
	opts_free(opts);
	return 0;
}

static struct opts *parse(const char *text)
{
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "id", &opts, NULL), 0);
	return opts;
}

static void becomes(const char *text, const char *expected)
{
	AUTO_STRBUF struct strbuf result = { 0 };
	struct error *err = NULL;
	struct opts *opts = parse(text);

	if (console_expand(opts, "host1", "x:1", note, &result, &err) < 0)
		fail_msg("%s: %s", text, error_message(err));
	assert_string_equal(result.data, expected);
	opts_free(opts);
}

static void is_refused(const char *text, const char *message)
{
	AUTO_STRBUF struct strbuf result = { 0 };
	struct error *err = NULL;
	struct opts *opts = parse(text);

	assert_true(console_expand(opts, "host1", "x:1", note, &result, &err) < 0);
	assert_string_equal(error_message(err), message);
	error_free(err);
	opts_free(opts);
}

#define LISTEN "chardev socket,id=a.listen,clients=16,path=a.sock,server=on,wait=off\n"
#define DEVICE "device console,id=a.device,chardev=a,guest=a.guest\n"
#define HUB    "chardev hub,id=a,chardevs.0=a.listen\n"

static void a_line_makes_a_guest_a_hub_and_a_socket(void **state)
{
	(void)state;
	becomes("a,guest=unix:/run/a",
		"chardev socket,id=a.guest,path=/run/a,reconnect-ms=1000\n" LISTEN HUB DEVICE);
}

static void each_way_to_a_guest_has_a_word(void **state)
{
	(void)state;
	becomes("a,guest=tcp:h:1",
		"chardev socket,id=a.guest,host=h,port=1,reconnect-ms=1000\n" LISTEN HUB DEVICE);
	becomes("a,guest=telnet:h:1",
		"chardev socket,id=a.guest,host=h,port=1,reconnect-ms=1000,telnet=on\n" LISTEN HUB
			DEVICE);
	becomes("a,guest=serial:/dev/x,guest.speed=9600",
		"chardev serial,id=a.guest,path=/dev/x,speed=9600\n" LISTEN HUB DEVICE);
	becomes("a,guest=exec:a,, b", "chardev exec,id=a.guest,command=a,, b\n" LISTEN HUB DEVICE);
	becomes("a,guest=pty:", "chardev pty,id=a.guest\n" LISTEN HUB DEVICE);
	becomes("a,guest=virtio",
		LISTEN HUB "device virtio-serial,id=a.device,socket=a.virtio\n"
			   "device virtconsole,id=a.guest,bus=a.device,chardev=a\n");
	becomes("a,guest=virtio:/run/v,guest.nr=1",
		LISTEN HUB "device virtio-serial,id=a.device,socket=/run/v\n"
			   "device virtconsole,id=a.guest,bus=a.device,chardev=a,nr=1\n");
	is_refused("a,guest=foo:x", "console 'a': guest=foo:x is not understood");
	is_refused("a,guest=tcp:x", "console 'a': guest=tcp:x is not understood");
	is_refused("a", "console 'a': Parameter 'guest' is missing");
}

static void a_guest_that_dials_is_waited_for(void **state)
{
	(void)state;
	becomes("a,guest=unix:/run/a,guest.server=on",
		"chardev socket,id=a.guest,path=/run/a,server=on,wait=off\n" LISTEN HUB DEVICE);
}

static void keys_go_to_their_parts(void **state)
{
	(void)state;
	becomes("a,guest=pty:,vnc=on,vc.cols=132,listen=[::]:7000,listen.clients=3,log=x/%n-%h%%,"
		"typing=one,device.name=A",
		"chardev pty,id=a.guest\n"
		"chardev socket,id=a.listen,clients=3,host=::,port=7000,server=on,wait=off\n"
		"chardev vc,id=a.vc,cols=132\n"
		"chardev hub,id=a,chardevs.0=a.listen,chardevs.1=a.vc,logappend=on,"
		"logfile=x/a-host1%,typing=one\n"
		"device console,id=a.device,chardev=a,guest=a.guest,name=A\n");
	becomes("a,guest=pty:,listen=off,log=on,logappend=off",
		"chardev pty,id=a.guest\nchardev null,id=a.null\n"
		"chardev hub,id=a,chardevs.0=a.null,logappend=off,logfile=a.log\n" DEVICE);
	is_refused("a,guest=exec:date +%s", "console 'a': guest: '%s' means nothing");
	is_refused("a,guest=pty:,vnc=7", "console 'a': Parameter 'vnc' expects 'on' or 'off'");
}

static void lines_may_go_to_the_journal_and_to_syslog(void **state)
{
	(void)state;
	becomes("a,guest=pty:,listen=off,journal=on,journal.priority=debug,syslog=tcp:logs:601,"
		"syslog.facility=local0",
		"chardev pty,id=a.guest\nchardev journald,id=a.journal,priority=debug\n"
		"chardev syslog,id=a.syslog,facility=local0,host=logs,port=601,transport=tcp\n"
		"chardev hub,id=a,chardevs.0=a.journal,chardevs.1=a.syslog\n" DEVICE);
	becomes("a,guest=pty:,listen=off,syslog=on",
		"chardev pty,id=a.guest\nchardev syslog,id=a.syslog,path=/dev/log\n"
		"chardev hub,id=a,chardevs.0=a.syslog\n" DEVICE);
	becomes("a,guest=pty:,listen=off,syslog=udp:logs",
		"chardev pty,id=a.guest\nchardev syslog,id=a.syslog,host=logs,transport=udp\n"
		"chardev hub,id=a,chardevs.0=a.syslog\n" DEVICE);
	is_refused("a,guest=pty:,syslog=logs", "console 'a': syslog=logs is not understood");
	is_refused("a,guest=pty:,syslog=tcp:", "console 'a': syslog=tcp: is not understood");
	assert_true(console_is_part("a.journal", "a"));
	assert_true(console_is_part("a.syslog", "a"));
}

static void add_template(struct request_list *list, const char *text)
{
	assert_int_equal(request_list_add(list, parse(text), "t:1", NULL), 0);
}

static void a_template_says_what_the_console_does_not(void **state)
{
	struct request_list templates = { 0 };
	struct opts *opts = parse("a,guest.speed=1,template=b");

	(void)state;
	add_template(&templates, "default,log=on");
	add_template(&templates, "b,guest=serial:/dev/%n,guest.speed=2,template=c");
	add_template(&templates, "c,guest=pty:,typing=one");
	assert_int_equal(console_apply_template(opts, &templates, NULL), 0);
	assert_string_equal(opts_text(opts, "guest"), "serial:/dev/%n");
	assert_string_equal(opts_text(opts, "guest.speed"), "1");
	assert_string_equal(opts_text(opts, "typing"), "one");
	assert_null(opts_text(opts, "log"));
	opts_free(opts);
	opts = parse("a");
	assert_int_equal(console_apply_template(opts, &templates, NULL), 0);
	assert_string_equal(opts_text(opts, "log"), "on");
	opts_free(opts);
	request_list_done(&templates);
}

static void templates_that_are_not_there_or_name_each_other_are_refused(void **state)
{
	struct request_list templates = { 0 };
	struct opts *opts = parse("a,template=x");
	struct error *err = NULL;

	(void)state;
	assert_int_equal(console_apply_template(opts, &templates, &err), -ENOENT);
	assert_string_equal(error_message(err), "there is no template 'x'");
	error_free(err);
	err = NULL;
	add_template(&templates, "x,template=x");
	assert_int_equal(console_apply_template(opts, &templates, &err), -ELOOP);
	error_free(err);
	opts_free(opts);
	request_list_done(&templates);
}

static void parts_belong_to_their_console(void **state)
{
	(void)state;
	assert_true(console_is_part("a", "a"));
	assert_true(console_is_part("a.guest", "a"));
	assert_false(console_is_part("a.b", "a"));
	assert_false(console_is_part("ab", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_makes_a_guest_a_hub_and_a_socket),
		cmocka_unit_test(each_way_to_a_guest_has_a_word),
		cmocka_unit_test(a_guest_that_dials_is_waited_for),
		cmocka_unit_test(keys_go_to_their_parts),
		cmocka_unit_test(lines_may_go_to_the_journal_and_to_syslog),
		cmocka_unit_test(a_template_says_what_the_console_does_not),
		cmocka_unit_test(templates_that_are_not_there_or_name_each_other_are_refused),
		cmocka_unit_test(parts_belong_to_their_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
