/* SPDX-License-Identifier: MIT */
#include "object/authz.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "opts/opts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "object/secret.h"

static const struct object_class *const classes[] = {
	&authz_list_class,
	&authz_list_file_class,
	&authz_simple_class,
	&secret_class,
	NULL,
};

/* The objects, and a file for rules. */
struct stand {
	struct object_set *set;
	char path[64];
};

static void write_file(const struct stand *stand, const char *text)
{
	AUTO_FILE FILE *file = fopen(stand->path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static int try_add(const struct stand *stand, const char *text, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = opts_parse(text, "qom-type", &opts, err);

	return r < 0 ? r : object_set_add(stand->set, opts, err);
}

static void add(const struct stand *stand, const char *text)
{
	AUTO_ERROR struct error *err = NULL;

	if (try_add(stand, text, &err) < 0)
		fail_msg("%s: %s", text, error_message(err));
}

static void add_file(const struct stand *stand, const char *id, const char *more)
{
	AUTO_FREE char *text = NULL;

	assert_true(
		asprintf(&text, "authz-list-file,id=%s,filename=%s%s", id, stand->path, more) > 0);
	add(stand, text);
}

/* Of rules that know at once. */
static int ask(const struct authz_gate *gate, const char *identity)
{
	struct authz_question question = { 0 };

	return authz_ask(&question, gate, identity, identity, NULL, NULL);
}

static bool allows(const struct stand *stand, const char *id, const char *identity)
{
	const struct authz_gate gate = { .view = object_set_find(stand->set, id) };

	return ask(&gate, identity) != AUTHZ_NOTHING;
}

static int setup(void **state)
{
	static struct stand stand;
	int fd;

	stand = (struct stand){ object_set_new(NULL, classes), "/tmp/charhub-authz-XXXXXX" };
	fd = mkstemp(stand.path);
	if (fd < 0)
		return -1;
	close(fd);
	*state = &stand;
	return 0;
}

static int teardown(void **state)
{
	const struct stand *stand = *state;

	object_set_free(stand->set);
	unlink(stand->path);
	return 0;
}

/* ---- one rule ---- */

static const char json_rules[] = "{ \"policy\": \"deny\", \"rules\": ["
				 "  { \"match\": \"user:eve\", \"policy\": \"deny\" },"
				 "  { \"match\": \"user:*\", \"policy\": \"allow\","
				 "    \"format\": \"glob\" } ] }";

static const char *const rules[] = {
	"authz-simple,id=simple,identity=user:joe",
	"authz-list,id=nobody",
	"authz-list,id=anybody,policy=allow",
	"authz-list,id=exact,rules.0.match=user:joe,rules.0.policy=allow,"
	"rules.1.match=user:*,rules.1.policy=allow",
	"authz-list,id=glob,rules.0.match=user:eve,rules.0.policy=deny,"
	"rules.1.match=user:*,rules.1.policy=allow,rules.1.format=glob",
	"authz-list,id=but,policy=allow,rules.0.match=*ve,rules.0.policy=deny,rules.0.format=glob",
	"authz-list,id=dn,rules.0.match=CN=*,,O=Example,rules.0.policy=allow,rules.0.format=glob",
};

static void identity_by_rule(void **state)
{
	static const char *const ids[] = { "simple", "nobody", "anybody", "exact", "glob", "but",
		"dn", "file" };
	static const struct {
		const char *identity;
		const char *allowed; /* a column for each of ids */
	} table[] = {
		{ "user:joe", "y.yyyy.y" },
		{ "user:eve", "..y....." },
		{ "user:1000", "..y.yy.y" },
		{ "user:*", "..yyyy.y" },
		{ "user:jo", "..y.yy.y" },
		{ "user:joe2", "..y.yy.y" },
		{ "USER:joe", "..y..y.." },
		{ "anonymous", "..y..y.." },
		{ "", "..y..y.." },
		{ "CN=joe,O=Example", "..y..yy." },
		{ "CN=joe,O=Example,C=EX", "..y..y.." },
	};
	const struct stand *stand = *state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		add(stand, rules[i]);
	write_file(stand, json_rules);
	add_file(stand, "file", "");
	for (size_t row = 0; row < sizeof(table) / sizeof(table[0]); row++)
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
			if (allows(stand, ids[i], table[row].identity) !=
				(table[row].allowed[i] == 'y'))
				fail_msg("'%s' by '%s'", table[row].identity, ids[i]);
	assert_int_equal(ask(&(struct authz_gate){ 0 }, "user:eve"), AUTHZ_TYPE);
}

static void tls_rules_know_the_name_alone(void **state)
{
	static const struct {
		const char *identity;
		bool allowed;
	} table[] = {
		{ "x509:CN=alice,O=Lab", true },
		{ "psk:CN=alice,O=Lab", true },
		{ "CN=alice,O=Lab", true },
		{ "x509:x509:CN=alice,O=Lab", false },
		{ "user:CN=alice,O=Lab", false },
		{ "x509:CN=eve,O=Lab", false },
		{ "anonymous", false },
	};
	const struct stand *stand = *state;
	struct authz_gate gate = { 0 };

	add(stand, "authz-simple,id=a,identity=CN=alice,,O=Lab");
	gate.tls = object_set_find(stand->set, "a");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(ask(&gate, table[i].identity),
			table[i].allowed ? AUTHZ_TYPE : AUTHZ_NOTHING);
}

/* ---- the two rules of a console ---- */

static void right_by_both_rules(void **state)
{
	static const struct {
		const char *view, *type, *identity;
		enum authz_right right;
	} table[] = {
		{ NULL, NULL, "anonymous", AUTHZ_TYPE },
		{ "lookers", NULL, "user:ann", AUTHZ_TYPE },
		{ "lookers", NULL, "user:joe", AUTHZ_NOTHING },
		{ NULL, "typists", "user:joe", AUTHZ_TYPE },
		{ NULL, "typists", "user:ann", AUTHZ_VIEW },
		{ NULL, "typists", "anonymous", AUTHZ_VIEW },
		{ "lookers", "typists", "user:joe", AUTHZ_TYPE },
		{ "lookers", "typists", "user:ann", AUTHZ_VIEW },
		{ "lookers", "typists", "anonymous", AUTHZ_NOTHING },
	};
	const struct stand *stand = *state;

	add(stand, "authz-simple,id=lookers,identity=user:ann");
	add(stand, "authz-simple,id=typists,identity=user:joe");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct authz_gate gate = {
			.view = table[i].view ? object_set_find(stand->set, table[i].view) : NULL,
			.type = table[i].type ? object_set_find(stand->set, table[i].type) : NULL,
		};

		assert_int_equal(ask(&gate, table[i].identity), table[i].right);
	}
}

/* ---- names of rules ---- */

static void only_a_rule_is_taken_for_one(void **state)
{
	const struct stand *stand = *state;
	struct object *rule = NULL;
	struct error *err = NULL;

	add(stand, "secret,id=s,data=x");
	assert_int_equal(authz_find(stand->set, "view-authz", NULL, &rule, NULL), 0);
	assert_null(rule);
	assert_int_equal(authz_find(stand->set, "view-authz", "a", &rule, &err), -ENOENT);
	assert_string_equal(error_message(err), "view-authz=a: there is no such object");
	assert_string_equal(error_hint(err), "Make one: -object authz-list,id=a,...");
	error_free(err);
	err = NULL;
	assert_int_equal(authz_find(stand->set, "view-authz", "s", &rule, &err), -EINVAL);
	assert_string_equal(
		error_message(err), "view-authz=s: a secret says nothing about who may");
	error_free(err);
}

static void rule_in_use_stays(void **state)
{
	const struct stand *stand = *state;
	struct object *rule = NULL;

	add(stand, "authz-list,id=a");
	assert_int_equal(authz_find(stand->set, "view-authz", "a", &rule, NULL), 0);
	object_get(rule);
	assert_int_equal(object_set_remove(stand->set, "a", NULL), -EBUSY);
	object_put(object_get(NULL));
	object_put(rule);
	assert_int_equal(object_set_remove(stand->set, "a", NULL), 0);
}

static void add_fails(const struct stand *stand, const char *text, int code, const char *message)
{
	AUTO_ERROR struct error *err = NULL;

	assert_int_equal(try_add(stand, text, &err), -code);
	assert_string_equal(error_message(err), message);
}

static void mistakes_are_named(void **state)
{
	const struct stand *stand = *state;

	add_fails(stand, "authz-simple,id=a", EINVAL, "Parameter 'identity' is missing");
	add_fails(stand, "authz-list,id=a,policy=maybe", EINVAL,
		"Parameter 'policy' does not accept value 'maybe'");
	add_fails(stand, "authz-list,id=a,rules.0.match=x", EINVAL,
		"Parameter 'rules.0.policy' is missing");
	add_fails(stand, "authz-list-file,id=a", EINVAL, "Parameter 'filename' is missing");
	add_fails(stand, "authz-list-file,id=a,filename=/nonexistent/a", ENOENT,
		"object 'a': file '/nonexistent/a': No such file or directory");
	add_fails(stand, "authz-list-file,id=a,filename=/dev/null", EINVAL,
		"object 'a': file '/dev/null': it is no regular file");
}

/* ---- the file ---- */

static void change_of_the_file_counts_at_once(void **state)
{
	const struct stand *stand = *state;

	write_file(stand, json_rules);
	add_file(stand, "a", "");
	assert_true(allows(stand, "a", "user:joe"));
	write_file(stand, "{ \"policy\": \"deny\" }");
	assert_false(allows(stand, "a", "user:joe"));
}

static void another_file_in_its_place_counts_at_once(void **state)
{
	const struct stand *stand = *state;
	struct stand other = *stand;

	write_file(stand, "{ \"policy\": \"deny\" }");
	add_file(stand, "a", "");
	strcat(other.path, "+");
	write_file(&other, "{ \"policy\":\"allow\" }");
	assert_int_equal(rename(other.path, stand->path), 0);
	assert_true(allows(stand, "a", "user:joe"));
}

static void file_that_makes_no_sense_changes_nothing(void **state)
{
	static const char *const broken[] = { "", "[]", "{ \"policy\": ", "{ \"policy\": \"x\" }",
		"{ \"policies\": \"allow\" }", "{ \"rules\": [ { \"match\": \"a\" } ] }" };
	const struct stand *stand = *state;

	write_file(stand, json_rules);
	add_file(stand, "a", "");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		AUTO_ERROR struct error *err = NULL;
		struct object *rule = object_set_find(stand->set, "a");

		write_file(stand, broken[i]);
		assert_true(allows(stand, "a", "user:joe"));
		assert_false(allows(stand, "a", "anonymous"));
		assert_true(authz_list_file_class.reload(rule, &err) < 0);
		assert_non_null(strstr(error_message(err), stand->path));
	}
	unlink(stand->path);
	assert_true(allows(stand, "a", "user:joe"));
	write_file(stand, "{ \"policy\": \"deny\" }");
	assert_false(allows(stand, "a", "user:joe"));
}

/* What takes a square of the number would be noticed by whoever runs this. */
static void ten_thousand_rules_are_read(void **state)
{
	enum { MANY = 10000 };
	struct stand *stand = *state;
	AUTO_STRBUF struct strbuf json = { 0 }, options = { 0 };

	strbuf_puts(&json, "{\"rules\":[");
	strbuf_puts(&options, "authz-list,id=l");
	for (int i = 0; i < MANY; i++) {
		strbuf_printf(&json, "%s{\"match\":\"user:u%d\",\"policy\":\"%s\"}", i ? "," : "",
			i, i % 2 ? "allow" : "deny");
		strbuf_printf(&options, ",rules.%d.match=user:u%d,rules.%d.policy=%s", i, i, i,
			i % 2 ? "allow" : "deny");
	}
	add(stand, options.data);
	assert_true(allows(stand, "l", "user:u9999"));
	assert_false(allows(stand, "l", "user:u9998"));
	strbuf_puts(&json, "]}");
	write_file(stand, json.data);
	add_file(stand, "f", "");
	assert_true(allows(stand, "f", "user:u9999"));
	assert_false(allows(stand, "f", "user:u9998"));
}

static void without_refresh_only_a_reload_counts(void **state)
{
	const struct stand *stand = *state;

	write_file(stand, json_rules);
	add_file(stand, "a", ",refresh=off");
	write_file(stand, "{ \"policy\": \"deny\" }");
	assert_true(allows(stand, "a", "user:joe"));
	object_set_reload(stand->set);
	assert_false(allows(stand, "a", "user:joe"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(identity_by_rule),
		CASE(tls_rules_know_the_name_alone),
		CASE(right_by_both_rules),
		CASE(only_a_rule_is_taken_for_one),
		CASE(rule_in_use_stays),
		CASE(mistakes_are_named),
		CASE(change_of_the_file_counts_at_once),
		CASE(another_file_in_its_place_counts_at_once),
		CASE(file_that_makes_no_sense_changes_nothing),
		CASE(ten_thousand_rules_are_read),
		CASE(without_refresh_only_a_reload_counts),
	};

	return cmocka_run_group_tests_name("object/authz", tests, NULL, NULL);
}
