/* SPDX-License-Identifier: MIT */
#include "client/import-conman.h"
#include "client/import-conserver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a file includes: one name is known, one includes itself. */
static int read_included(
	void *data, const char *path, char **ret_data, size_t *ret_len, struct error **err)
{
	const char *text = NULL;

	(void)data;
	if (!strcmp(path, "more defaults.cf"))
		text = "default shell { type exec; }\n";
	if (!strcmp(path, "itself.cf"))
		text = "#include itself.cf\n";
	if (!text)
		return error_set(err, ENOENT, "could not open '%s'", path);
	*ret_data = strdup(text);
	*ret_len = strlen(text);
	return *ret_data ? 0 : error_set(err, ENOMEM, "out of memory");
}

static const char *const hosts[] = { "localhost", "here", NULL };

typedef int convert_fn(const char *text, struct import *import, struct error **err);

static int convert_conserver(const char *text, struct import *import, struct error **err)
{
	struct conserver_source source = { { "c.cf", text, strlen(text) }, read_included, NULL,
		hosts };

	return import_conserver(&source, import, err);
}

static enum conman_path look(void *data, const char *path)
{
	(void)data;
	if (!strcmp(path, "/run/board"))
		return CONMAN_LINE_DEVICE;
	return !strcmp(path, "/opt/ssh.exp") ? CONMAN_PROGRAM : CONMAN_NOT_HERE;
}

static int convert_conman(const char *text, struct import *import, struct error **err)
{
	struct conman_source source = { { "c.conf", text, strlen(text) }, look, NULL };

	return import_conman(&source, import, err);
}

/* @wanted: without the first line; @notes: all of them. */
static void check(convert_fn *convert, const char *text, const char *wanted, const char *notes)
{
	AUTO_IMPORT struct import import = { 0 };
	AUTO_STRBUF struct strbuf out = { 0 };
	struct error *err = NULL;

	if (convert(text, &import, &err) < 0 ||
		import_print(&import, "something", NULL, &out, &err) < 0)
		fail_msg("%s", error_message(err));
	assert_string_equal(strchr(out.data, '\n') + 1, wanted);
	assert_string_equal(import.notes.len ? import.notes.data : "", notes);
}

static void check_wrong(convert_fn *convert, const char *text, const char *message)
{
	AUTO_IMPORT struct import import = { 0 };
	struct error *err = NULL;

	assert_int_equal(convert(text, &import, &err), -EINVAL);
	assert_string_equal(error_message(err), message);
	error_free(err);
}

#define DEFAULTS "default * { master localhost; rw *; type exec; }\n"

/* ---- conserver ---- */

static void blanks_quotes_and_comments_of_conserver(void **state)
{
	(void)state;
	check(convert_conserver,
		"\"defa\"ult my\\ defs { master here ; rw * ; } # a comment; {\n"
		"default * { include my defs; }\n"
		"con\\sole a{type\texec;exec echo \"a;  #b\" \\; c  ;logfile \"\";}\n"
		"console b { type exec; exec say\n\t'hi' \\\"x; }\n",
		"[console \"a\"] guest = \"exec:echo a;  #b ; c\", guest.restart = \"always\", "
		"listen = "
		"\"off\"\n",
		"c.cf:4: console 'b': guest= cannot be written: a value has not both kinds of "
		"quotes, "
		"no control characters and at most 3900 bytes\n");
}

static void a_console_stands_on_the_defaults_before_it(void **state)
{
	(void)state;
	check(convert_conserver,
		"default * { master localhost; rw *; logfile /var/&; timestamp 1h; }\n"
		"default far { type host; host Far; portbase 2000; portinc 100; }\n"
		"console one { include FAR; port 3; }\n"
		"console two { include far; port 4; protocol raw; timestamp \"\"; }\n"
		"default * { master localhost; rw *; }\n"
		"console three { include far; port 5; }\n",
		"[template \"default\"] log = \"/var/%n\", listen = \"off\"\n"
		"[console \"one\"] guest = \"telnet:Far:2300\", logtimestamp = \"on\"\n"
		"[console \"two\"] guest = \"tcp:Far:2400\"\n"
		"[console \"three\"] guest = \"telnet:Far:2500\", log = \"off\"\n",
		"");
}

static void characters_stand_for_what_is_said(void **state)
{
	(void)state;
	check(convert_conserver,
		DEFAULTS
		"default card { type device; device /dev/ttyC.; devicesubst .=Pd,X=p03x; baud "
		"9600; parity odd; portbase -1; options crtscts, cstopb; }\n"
		"console a { include card; port 12; device /dev/X.; }\n"
		"console b { type uds; uds /run/@/\\#; udssubst \\#=cs, @=r4s; replstring ab; }\n"
		"console c { host h; port 5; exec %%; execsubst %=h2s; }\n",
		"[template \"default\"] listen = \"off\"\n"
		"[console \"a\"] guest = \"serial:/dev/00c11\", guest.speed = \"9600\", "
		"guest.parity = "
		"\"odd\"\n"
		"  guest.stopbits = \"2\", guest.flow = \"rtscts\", guest.wait = \"on\"\n"
		"[console \"b\"] guest = \"unix:/run/  ab/b\"\n"
		"[console \"c\"] guest = \"exec: h h\", guest.restart = \"always\"\n",
		"");
}

static void users_and_groups_are_rules(void **state)
{
	(void)state;
	check(convert_conserver,
		"group g { users ann, bob; users !carl; }\n"
		"default * { master localhost; type exec; rw g; }\n"
		"console a { }\n"
		"console b { rw !ann; }\n"
		"console c { ro *; }\n"
		"console d { ro dan; }\n"
		"console e { rw \"\", *; }\n"
		"console e2 { rw *; }\n"
		"console f { rw \"\"; }\n"
		"console g { options !login; }\n"
		"console h { rw !g; }\n",
		"[object \"people1\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:carl\", rules.0.policy = \"deny\"\n"
		"  rules.1.match = \"user:bob\", rules.1.policy = \"allow\"\n"
		"  rules.2.match = \"user:ann\", rules.2.policy = \"allow\"\n"
		"[object \"people2\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:ann\", rules.0.policy = \"deny\"\n"
		"  rules.1.match = \"user:carl\", rules.1.policy = \"deny\"\n"
		"  rules.2.match = \"user:bob\", rules.2.policy = \"allow\"\n"
		"  rules.3.match = \"user:ann\", rules.3.policy = \"allow\"\n"
		"[object \"people3\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:dan\", rules.0.policy = \"allow\"\n"
		"[object \"people4\"] qom-type = \"authz-list\", policy = \"allow\"\n"
		"  rules.0.match = \"user:carl\", rules.0.policy = \"deny\"\n"
		"  rules.1.match = \"user:bob\", rules.1.policy = \"allow\"\n"
		"  rules.2.match = \"user:ann\", rules.2.policy = \"allow\"\n"
		"[object \"people5\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"[object \"people6\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:carl\", rules.0.policy = \"allow\"\n"
		"  rules.1.match = \"user:bob\", rules.1.policy = \"deny\"\n"
		"  rules.2.match = \"user:ann\", rules.2.policy = \"deny\"\n"
		"  rules.3.match = \"user:carl\", rules.3.policy = \"deny\"\n"
		"  rules.4.match = \"user:bob\", rules.4.policy = \"allow\"\n"
		"  rules.5.match = \"user:ann\", rules.5.policy = \"allow\"\n"
		"[template \"default\"] guest = \"exec:/bin/sh -i\", guest.restart = \"always\", "
		"listen = \"off\"\n"
		"[console \"a\"] view-authz = \"people1\"\n"
		"[console \"b\"] view-authz = \"people2\"\n"
		"[console \"c\"] type-authz = \"people1\"\n"
		"[console \"d\"] view-authz = \"people3\", type-authz = \"people1\"\n"
		"[console \"e\"] view-authz = \"people4\"\n"
		"[console \"e2\"] view-authz = \"people4\"\n"
		"[console \"f\"] view-authz = \"people5\"\n"
		"[console \"g\"] view-authz = \"people5\"\n"
		"[console \"h\"] view-authz = \"people6\"\n",
		"");
}

/* As conserver 8.2.7 does: "*" is for whom no entry names, wherever it stands. */
static void a_name_counts_before_the_star(void **state)
{
	(void)state;
	check(convert_conserver,
		"default * { master localhost; type exec; exec x; }\n"
		"console a { rw !sys, *; }\n"
		"console b { rw daemon, !*; }\n"
		"console c { rw sys, !*, *; }\n"
		"console d { rw !@games, *; }\n"
		"console e { rw *, !*; ro !sys, *; }\n",
		"[object \"people1\"] qom-type = \"authz-list\", policy = \"allow\"\n"
		"  rules.0.match = \"user:sys\", rules.0.policy = \"deny\"\n"
		"[object \"people2\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:daemon\", rules.0.policy = \"allow\"\n"
		"[object \"people3\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"[template \"default\"] guest = \"exec:x\", guest.restart = \"always\", listen = "
		"\"off\"\n"
		"[console \"a\"] view-authz = \"people1\"\n"
		"[console \"b\"] view-authz = \"people2\"\n"
		"[console \"c\"]\n"
		"# !@games: a group of the system is no rule of ours; who is let in only by what "
		"was "
		"said before it is not let in\n"
		"[console \"d\"] view-authz = \"people3\"\n"
		"[console \"e\"] view-authz = \"people1\", type-authz = \"people3\"\n",
		"c.cf:5: !@games: a group of the system is no rule of ours; who is let in only by "
		"what was said before it is not let in\n");
}

static void a_group_of_the_system_lets_nobody_in(void **state)
{
	(void)state;
	check(convert_conserver,
		"default * { master localhost; type exec; exec x; }\n"
		"console a { rw *, !@staff, ann, @ops; }\n",
		"[object \"people1\"] qom-type = \"authz-list\", policy = \"deny\"\n"
		"  rules.0.match = \"user:ann\", rules.0.policy = \"allow\"\n"
		"# !@staff: a group of the system is no rule of ours; who is let in only by what "
		"was said "
		"before it is not let in\n"
		"# @ops: a group of the system is no rule of ours; an authz-pam object can ask for "
		"one\n"
		"[console \"a\"] guest = \"exec:x\", guest.restart = \"always\", view-authz = "
		"\"people1\", listen = \"off\"\n",
		"c.cf:2: !@staff: a group of the system is no rule of ours; who is let in only by "
		"what was "
		"said before it is not let in\n"
		"c.cf:2: @ops: a group of the system is no rule of ours; an authz-pam object can "
		"ask for "
		"one\n");
}

static void what_has_no_counterpart_is_told_where_it_stands(void **state)
{
	(void)state;
	check(convert_conserver,
		DEFAULTS "break 4 {\n string \"x\"; delay 5; }\n"
			 "config * { daemonmode on; }\n"
			 "console a { exec x; motd \"hi\";\n idletimeout 5m; motd \"\"; }\n"
			 "console b { master there; }\n"
			 "console c { type noop; }\n"
			 "console A { exec y; options ondemand; }\n"
			 "console d { type uds; uds /d; options !autoreinit; timestamp 1hab; }\n",
		"[template \"default\"] listen = \"off\"\n"
		"# options ondemand: a console is up whether or not somebody looks\n"
		"[console \"A\"] guest = \"exec:y\", guest.restart = \"always\"\n"
		"# timestamp a, b: who comes and goes, and breaks, are in no log of a console; "
		"-audit tells of them\n"
		"# console 'd': options !autoreinit: a guest that has gone is tried again\n"
		"[console \"d\"] guest = \"unix:/d\", logtimestamp = \"on\"\n",
		"c.cf:2: break 4: there is one break, which `charhub break` sends\n"
		"c.cf:4: config daemonmode: it is about conserver itself; what charhubd has is in "
		"charhubd(1)\n"
		"c.cf:5: motd: who comes is shown the screen, no message\n"
		"c.cf:6: idletimeout: nothing is typed at an idle console\n"
		"c.cf:9: options ondemand: a console is up whether or not somebody looks\n"
		"c.cf:10: timestamp a, b: who comes and goes, and breaks, are in no log of a "
		"console; -audit tells of them\n"
		"c.cf:5: console 'a': a later one of that name counts\n"
		"c.cf:7: console 'b' is left out: its master is 'there', not this host; "
		"--master=there "
		"says that this is it\n"
		"c.cf:8: console 'c' is left out: a noop has no guest\n"
		"c.cf:10: console 'd': options !autoreinit: a guest that has gone is tried "
		"again\n");
}

static void a_line_includes_a_file(void **state)
{
	(void)state;
	check(convert_conserver,
		"#include more defaults.cf \n"
		" #include is.none\n"
		"console a { include shell; master here; rw *; exec \"x\n#include y\"; logfile "
		"\"\"; }\n",
		"",
		"c.cf:3: console 'a': guest= cannot be written: a value has not both kinds of "
		"quotes, "
		"no control characters and at most 3900 bytes\n");
	check_wrong(convert_conserver, "#include itself.cf\n",
		"itself.cf:1: files include each other more than 10 deep");
}

static void a_mistake_in_a_conserver_cf_is_named_with_its_line(void **state)
{
	static const char *const wrong[][2] = {
		{ "\n}", "c.cf:2: '}' where a block begins" },
		{ "consle a { }", "c.cf:1: there is no block 'consle'" },
		{ "console { }", "c.cf:1: '{' where a name is missing" },
		{ "console \"\" { }", "c.cf:1: a console has no name" },
		{ "console a ;", "c.cf:1: '{' is missing behind the name" },
		{ "console a {", "c.cf:1: the file ends within console 'a'" },
		{ "console a {\n type exec\n", "c.cf:3: ';' is missing behind the value" },
		{ "console a { type exec }", "c.cf:1: ';' is missing behind the value" },
		{ "console a { ; }", "c.cf:1: a keyword is missing in console 'a'" },
		{ "console a { type; }", "c.cf:1: ';' where a value is missing" },
		{ "console a {\n foo bar; }", "c.cf:2: there is no keyword 'foo'" },
		{ "console a {\n type modem; }", "c.cf:2: 'modem' is no type of console" },
		{ "console a { baud fast; }", "c.cf:1: 'fast' is no number" },
		{ "console a { parity some; }", "c.cf:1: 'some' is no parity" },
		{ "console a { protocol x25; }", "c.cf:1: 'x25' is no protocol" },
		{ "console a { timestamp now; }", "c.cf:1: 'now' is no timestamp" },
		{ "console a { options ixon, !foo; }", "c.cf:1: there is no option 'foo'" },
		{ "console a { include b; }", "c.cf:1: there is no default 'b'" },
		{ "group g { rw x; }", "c.cf:1: there is no keyword 'rw' in a group" },
		{ "console a { motd \"x; }\n", "c.cf:1: a quote is not closed" },
		{ "console a { rw *; }", "c.cf:1: console 'a' has no master" },
		{ "console a { master here; }", "c.cf:1: console 'a' has no type" },
		{ "console a { master here; type host; }", "c.cf:1: console 'a' has no host" },
		{ "console a { master here; type host; host b; }",
			"c.cf:1: console 'a' has no port" },
		{ "console a { master here; type uds; }", "c.cf:1: console 'a' has no uds" },
		{ "console a { master here; type device; device b; }",
			"c.cf:1: console 'a' has no baud" },
		{ "console a { master here; type host; host b; port x; portbase 3; }",
			"c.cf:1: console 'a': portbase and portinc need a port that is a number, "
			"not "
			"'x'" },
		{ "console a { master here; type uds; uds a; udssubst a=q; }",
			"c.cf:1: console 'a': 'a=q' is no substitution" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_wrong(convert_conserver, wrong[i][0], wrong[i][1]);
}

static void a_word_of_any_length_ends(void **state)
{
	char text[8192] = "console a { motd ";

	(void)state;
	memset(text + strlen(text), 'x', 5000);
	check_wrong(convert_conserver, text, "c.cf:1: this is longer than 3900 bytes");
}

/* ---- ConMan ---- */

static void devices_of_conman(void **state)
{
	(void)state;
	check(convert_conman,
		"CONSOLE name=\"a\" dev=\"/dev/ttyS0\" seropts=\"19200,7E2\"\n"
		"console NAME='b' DEV='unix:/run/%N.sock'\n"
		"console name=\"c\" dev=\"ts:7001\"\n"
		"console name=\"d\" dev=\"/opt/d.exp %N it's\"\n"
		"console name=\"e\" dev=\"/opt/e $HOME\"\n"
		"server execpath=\"/a:/b\"\n"
		"console name=f dev=\"ssh.exp far\"\n"
		"console name=g dev=\"test:\"\n",
		"[template \"default\"] listen = \"off\"\n"
		"[template \"exec\"] template = \"default\", guest.restart = \"always\"\n"
		"[console \"a\"] guest = \"serial:/dev/ttyS0\", guest.speed = \"19200\", "
		"guest.databits = "
		"\"7\"\n"
		"  guest.parity = \"even\", guest.stopbits = \"2\", guest.wait = \"on\"\n"
		"[console \"b\"] guest = \"unix:/run/b.sock\"\n"
		"[console \"c\"] guest = \"telnet:ts:7001\"\n"
		"[console \"d\"] template = \"exec\", guest = \"exec:/opt/d.exp d 'it'\\''s'\"\n"
		"[console \"e\"] template = \"exec\", guest = \"exec:/opt/e '$HOME'\"\n"
		"[console \"f\"] template = \"exec\", guest = \"exec:PATH=/a:/b:$PATH ssh.exp "
		"far\"\n",
		"c.conf:8: console 'g' is left out: a test device is ConMan's own\n");
}

/* Which of both a path is, the host knows. */
static void a_path_is_a_line_or_a_program(void **state)
{
	(void)state;
	check(convert_conman,
		"console name=\"a\" dev=\"/run/board\"\n"
		"console name=\"b\" dev=\"/opt/ssh.exp\"\n"
		"console name=\"c\" dev=\"/run/board 1\"\n"
		"console name=\"d\" dev=\"/opt/far\"\n"
		"console name=\"e\" dev=\"run/board\"\n",
		"[template \"default\"] listen = \"off\"\n"
		"[template \"exec\"] template = \"default\", guest.restart = \"always\"\n"
		"[console \"a\"] guest = \"serial:/run/board\", guest.speed = \"9600\", "
		"guest.wait = \"on\"\n"
		"[console \"b\"] template = \"exec\", guest = \"exec:/opt/ssh.exp\"\n"
		"[console \"c\"] template = \"exec\", guest = \"exec:/run/board 1\"\n"
		"# console 'd': '/opt/far' is not on this host, and taken for a program; a serial "
		"line would be guest=serial:/opt/far\n"
		"[console \"d\"] template = \"exec\", guest = \"exec:/opt/far\"\n"
		"[console \"e\"] template = \"exec\", guest = \"exec:run/board\"\n",
		"c.conf:4: console 'd': '/opt/far' is not on this host, and taken for a program; a "
		"serial line would be guest=serial:/opt/far\n");
}

static void a_speed_is_one_that_conman_knows(void **state)
{
	(void)state;
	check(convert_conman,
		"global seropts=\"10000\"\n"
		"console name=\"a\" dev=\"/dev/a\"\n"
		"console name=\"b\" dev=\"/dev/b\" seropts=\"1000000\"\n"
		"console name=\"c\" dev=\"/dev/c\" seropts=\"460800\"\n",
		"[template \"default\"] guest = \"serial:/dev/%n\", guest.wait = \"on\", listen = "
		"\"off\"\n"
		"# console 'a': seropts: ConMan knows no 10000 bps, and takes 9600\n"
		"[console \"a\"] guest.speed = \"9600\"\n"
		"[console \"b\"] guest.speed = \"1000000\"\n"
		"[console \"c\"] guest.speed = \"460800\"\n",
		"c.conf:2: console 'a': seropts: ConMan knows no 10000 bps, and takes 9600\n");
}

static void what_only_newer_ones_say_is_known(void **state)
{
	(void)state;
	check(convert_conman,
		"server nofile=0\n"
		"global testopts=\"B:100\"\n"
		"console name=\"a\" dev=\"h:1\" testopts=\"M:2\"\n",
		"[console \"a\"] guest = \"telnet:h:1\", listen = \"off\"\n",
		"c.conf:1: SERVER nofile: the service manager says how many files may be open\n");
}

static void an_ipmi_line_is_a_command_without_the_password(void **state)
{
	(void)state;
	check(convert_conman,
		"console name=\"b\" dev=\"ipmi:bmc\" ipmiopts=\"U:adm in,P:secret,C:3,L:op,W:x\"\n",
		"# console 'b': the password is not written here, since all can see the arguments "
		"of a "
		"command; put it into /etc/charhub/b.ipmi, with mode 0400\n"
		"# console 'b': ipmiopts W: has no counterpart; see ipmitool's -y, -o\n"
		"[console \"b\"]\n"
		"  guest = \"exec:ipmitool -I lanplus -H bmc -U 'adm in' -f /etc/charhub/b.ipmi -C "
		"3 -L "
		"OPERATOR sol activate\"\n"
		"  guest.restart = \"always\", listen = \"off\"\n",
		"c.conf:1: console 'b': the password is not written here, since all can see the "
		"arguments "
		"of a command; put it into /etc/charhub/b.ipmi, with mode 0400\n"
		"c.conf:1: console 'b': ipmiopts W: has no counterpart; see ipmitool's -y, -o\n");
}

/* As conmand 0.2.7 does, whatever its manual calls overriding. */
static void what_is_said_later_changes_no_more_than_it_says(void **state)
{
	(void)state;
	check(convert_conman,
		"global seropts=\"9600,7e2\" logopts=\"timestamp\" ipmiopts=\"U:root,L:admin\"\n"
		"global seropts=\"19200\" logopts=\"nolock\" log=\"%N.log\"\n"
		"console name=\"a\" dev=\"/dev/ttyS0\" seropts=\"38400\" logopts=\"lock\"\n"
		"console name=\"b\" dev=\"ipmi:h\" ipmiopts=\"U:joe,C:3\"\n",
		"[template \"default\"] log = \"%n.log\", logtimestamp = \"on\", listen = \"off\"\n"
		"[console \"a\"] guest = \"serial:/dev/ttyS0\", guest.speed = \"38400\", "
		"guest.databits = \"7\"\n"
		"  guest.parity = \"even\", guest.stopbits = \"2\", guest.wait = \"on\"\n"
		"[console \"b\"] guest = \"exec:ipmitool -I lanplus -H h -U joe -C 3 -L "
		"ADMINISTRATOR "
		"sol activate\"\n"
		"  guest.restart = \"always\"\n",
		"");
}

static void logs_of_conman(void **state)
{
	(void)state;
	check(convert_conman,
		"server logdir=\"/var\" timestamp = 1 h # a comment\n"
		"global log=\"%N.log\" \\\n logopts=\"lock,timestamp\"\n"
		"console name=\"a\" dev=\"h:1\"\n"
		"console name=\"b\" dev=\"h:2\" log=\"/opt/%D%%\" logopts=\"NOTIMESTAMP\"\n"
		"console name=\"c\" dev=\"h:3\" log=\"\"\n"
		"console name=\"d\" dev=\"h:4\" log=\"%N.%Y-%m\" logopts=\"sanitize,timestamp\"\n",
		"[template \"default\"] logtimestamp = \"on\", listen = "
		"\"off\"\n"
		"[console \"a\"] guest = \"telnet:h:1\", log = \"/var/a.log\"\n"
		"[console \"b\"] guest = \"telnet:h:2\", log = \"/opt/h:2%%\", logtimestamp = "
		"\"off\"\n"
		"[console \"c\"] guest = \"telnet:h:3\"\n"
		"# console 'd': a log has no time in its name; let logrotate move it away and send "
		"SIGHUP "
		"to charhubd\n"
		"# console 'd': logopts sanitize: a log has the bytes as they came\n"
		"[console \"d\"] guest = \"telnet:h:4\", log = \"/var/d\"\n",
		"c.conf:1: SERVER timestamp: no marks in logs; logopts=timestamp has the time at "
		"each "
		"line\n"
		"c.conf:7: console 'd': a log has no time in its name; let logrotate move it away "
		"and send "
		"SIGHUP to charhubd\n"
		"c.conf:7: console 'd': logopts sanitize: a log has the bytes as they came\n");
}

static void a_mistake_in_a_conman_conf_is_named_with_its_line(void **state)
{
	static const char *const wrong[][2] = {
		{ "\nfoo x=1", "c.conf:2: a line begins with SERVER, GLOBAL or CONSOLE" },
		{ "=", "c.conf:1: a line begins with SERVER, GLOBAL or CONSOLE" },
		{ "server foo=1", "c.conf:1: there is no keyword 'foo' for SERVER" },
		{ "global name=\"x\"", "c.conf:1: there is no keyword 'name' for GLOBAL" },
		{ "console logdir=\"x\"", "c.conf:1: there is no keyword 'logdir' for CONSOLE" },
		{ "console name \"x\"", "c.conf:1: a keyword is followed by = VALUE" },
		{ "console name=\n", "c.conf:1: there is no value behind '='" },
		{ "console name=\"x\n\"", "c.conf:1: a quote is not closed" },
		{ "console =", "c.conf:1: a keyword is missing" },
		{ "console dev=\"/dev/x\"", "c.conf:1: a console has no name" },
		{ "console name=\"x\"", "c.conf:1: console 'x' has no dev" },
		{ "console name=x dev=\"h:1\"\nconsole name=x dev=\"h:2\"",
			"c.conf:2: there is a console 'x' already" },
		{ "console name=x dev=\"/dev/x\" seropts=\"fast\"",
			"c.conf:1: seropts are BPS[,DATABITS[PARITY[STOPBITS]]], as in "
			"\"9600,8n1\"" },
		{ "console name=x dev=\"h:1\" logopts=\"loud\"",
			"c.conf:1: there is no log option 'loud'" },
		{ "console name=x dev=\"ipmi:h\" ipmiopts=\"Z:1\"",
			"c.conf:1: ipmiopts are U, P, K, C, L and W, not 'Z:1'" },
		{ "console name=x dev=\"ipmi:h\" ipmiopts=\"L:root\"",
			"c.conf:1: ipmiopts L: is user, op or admin, not 'root'" },
		{ "console name=x dev=\"/dev/x\" seropts=\"0\"",
			"c.conf:1: seropts: there is no speed as low as 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_wrong(convert_conman, wrong[i][0], wrong[i][1]);
}

/* ---- both ---- */

static void names_become_ours_and_stay_apart(void **state)
{
	(void)state;
	check(convert_conman,
		"console name=\"1\" dev=\"unix:/r/1\"\n"
		"console name=\"a/b\" dev=\"unix:/r/2\"\n"
		"console name=\"a_b\" dev=\"unix:/r/3\"\n",
		"[template \"default\"] listen = \"off\"\n"
		"# console '1' is called 'c1' here: a name begins with a letter; letters, digits, "
		"'-', '.' "
		"and '_' follow\n"
		"[console \"c1\"] guest = \"unix:/r/1\"\n"
		"# console 'a/b' is called 'a_b' here: a name begins with a letter; letters, "
		"digits, '-', "
		"'.' and '_' follow\n"
		"[console \"a_b\"] guest = \"unix:/r/2\"\n"
		"# console 'a_b' is called 'a_b-2' here: a name begins with a letter; letters, "
		"digits, "
		"'-', '.' and '_' follow\n"
		"[console \"a_b-2\"] guest = \"unix:/r/3\"\n",
		"c.conf:1: console '1' is called 'c1' here: a name begins with a letter; letters, "
		"digits, "
		"'-', '.' and '_' follow\n"
		"c.conf:2: console 'a/b' is called 'a_b' here: a name begins with a letter; "
		"letters, "
		"digits, '-', '.' and '_' follow\n"
		"c.conf:3: console 'a_b' is called 'a_b-2' here: a name begins with a letter; "
		"letters, "
		"digits, '-', '.' and '_' follow\n");
}

/* Each of which our own check would refuse. */
static void a_name_is_none_of_a_part(void **state)
{
	static const char *const parts[] = { "guest", "listen", "vc", "journal", "syslog", "null",
		"record", "device" };

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		AUTO_IMPORT struct import import = { 0 };
		struct import_place place = { "c", 1 };
		char name[32], wanted[32];

		snprintf(name, sizeof(name), "a.%s", parts[i]);
		snprintf(wanted, sizeof(wanted), "a_%s", parts[i]);
		assert_string_equal(import_add_console(&import, name, &place, NULL)->id, wanted);
	}
}

static void nothing_of_a_file_reaches_a_terminal_as_it_is(void **state)
{
	AUTO_IMPORT struct import import = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(convert_conserver("con\33[2Jsole", &import, &err), -EINVAL);
	assert_null(strchr(error_message(err), '\33'));
	error_free(err);
}

static void what_consoles_share_is_said_once(void **state)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	(void)state;
	strbuf_puts(&text, "default * { master localhost; rw *; type uds; logfile /var/c&; }\n");
	for (int i = 1; i <= 3; i++)
		strbuf_printf(&text, "console vm%d { uds /run/vm%d.sock; }\n", i, i);
	strbuf_puts(&text, "console x { uds /run/y.sock; logfile /var/cx; }\n");
	check(convert_conserver, text.data,
		"[template \"default\"] guest = \"unix:/run/%n.sock\", log = \"/var/c%n\", listen "
		"= "
		"\"off\"\n"
		"[console \"vm1\"]\n[console \"vm2\"]\n[console \"vm3\"]\n"
		"[console \"x\"] guest = \"unix:/run/y.sock\"\n",
		"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_quotes_and_comments_of_conserver),
		cmocka_unit_test(a_console_stands_on_the_defaults_before_it),
		cmocka_unit_test(characters_stand_for_what_is_said),
		cmocka_unit_test(users_and_groups_are_rules),
		cmocka_unit_test(a_name_counts_before_the_star),
		cmocka_unit_test(a_group_of_the_system_lets_nobody_in),
		cmocka_unit_test(what_has_no_counterpart_is_told_where_it_stands),
		cmocka_unit_test(a_line_includes_a_file),
		cmocka_unit_test(a_mistake_in_a_conserver_cf_is_named_with_its_line),
		cmocka_unit_test(a_word_of_any_length_ends),
		cmocka_unit_test(devices_of_conman),
		cmocka_unit_test(a_path_is_a_line_or_a_program),
		cmocka_unit_test(a_speed_is_one_that_conman_knows),
		cmocka_unit_test(what_only_newer_ones_say_is_known),
		cmocka_unit_test(an_ipmi_line_is_a_command_without_the_password),
		cmocka_unit_test(logs_of_conman),
		cmocka_unit_test(what_is_said_later_changes_no_more_than_it_says),
		cmocka_unit_test(a_mistake_in_a_conman_conf_is_named_with_its_line),
		cmocka_unit_test(names_become_ours_and_stay_apart),
		cmocka_unit_test(a_name_is_none_of_a_part),
		cmocka_unit_test(nothing_of_a_file_reaches_a_terminal_as_it_is),
		cmocka_unit_test(what_consoles_share_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
