/* SPDX-License-Identifier: MIT */
/* Questions whose answer takes time, by a PAM that is held as long as the test wants. */
#include "object/authz.h"

#include "base/cleanup.h"
#include "io/loop.h"
#include "io/work-pool.h"
#include "lib/fake-pam.h"
#include "lib/fault.h"
#include "object/login.h"
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

static const struct object_class *const classes[] = { &authz_pam_class, &authz_simple_class, NULL };

struct stand {
	struct loop *loop;
	struct object_set *set;
};

static void add(const struct stand *stand, const char *text)
{
	AUTO_OPTS struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "qom-type", &opts, NULL), 0);
	assert_int_equal(object_set_add(stand->set, opts, NULL), 0);
}

static int setup(void **state)
{
	static struct stand stand;

	fake_pam_reset();
	stand.loop = loop_new();
	stand.set = object_set_new(stand.loop, classes);
	add(&stand, "authz-pam,id=open,service=open");
	add(&stand, "authz-pam,id=closed,service=closed");
	add(&stand, "authz-simple,id=eve,identity=user:eve");
	*state = &stand;
	return 0;
}

static int teardown(void **state)
{
	struct stand *stand = *state;

	object_set_free(stand->set);
	loop_free(stand->loop);
	return 0;
}

static struct object *rule(const struct stand *stand, const char *id)
{
	return id ? object_set_find(stand->set, id) : NULL;
}

/* ---- one question ---- */

enum { NO_ANSWER = -1 };

static void on_right(void *data, enum authz_right right)
{
	int *answer = data;

	assert_int_equal(*answer, NO_ANSWER);
	*answer = (int)right;
}

static int ask(const struct stand *stand, const struct authz_gate *gate, const char *who)
{
	struct authz_question question = { 0 };
	int answer = NO_ANSWER, r = authz_ask(&question, gate, who, who, on_right, &answer);

	if (r != -EINPROGRESS)
		return r;
	while (answer == NO_ANSWER)
		loop_step(stand->loop, true);
	assert_false(authz_is_asked(&question));
	return answer;
}

static void accounts_are_known_by_name(void **state)
{
	static const struct {
		const char *who;
		enum authz_right right;
	} table[] = {
		{ "user:ann", AUTHZ_TYPE },
		{ "user:eve", AUTHZ_NOTHING },
		{ "psk:ann", AUTHZ_NOTHING },
		{ "x509:CN=ann", AUTHZ_NOTHING },
		{ "anonymous", AUTHZ_NOTHING },
	};
	const struct authz_gate gate = { .view = rule(*state, "open") };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(ask(*state, &gate, table[i].who), table[i].right);
}

static void tls_rules_know_the_name_alone(void **state)
{
	const struct authz_gate gate = { .tls = rule(*state, "open") };

	assert_int_equal(ask(*state, &gate, "x509:CN=ann"), AUTHZ_TYPE);
	assert_int_equal(ask(*state, &gate, "psk:ann"), AUTHZ_TYPE);
	assert_int_equal(ask(*state, &gate, "psk:eve"), AUTHZ_NOTHING);
	assert_int_equal(ask(*state, &gate, "anonymous"), AUTHZ_NOTHING);
}

static void rules_are_asked_one_after_the_other(void **state)
{
	static const struct {
		const char *tls, *view, *type, *who;
		enum authz_right right;
		unsigned asked;
	} table[] = {
		{ NULL, "open", "closed", "user:ann", AUTHZ_VIEW, 2 },
		{ NULL, "closed", "open", "user:ann", AUTHZ_TYPE, 1 },
		{ NULL, "open", "open", "user:ann", AUTHZ_TYPE, 1 },
		{ NULL, "closed", "closed", "user:ann", AUTHZ_NOTHING, 1 },
		{ "closed", "open", "open", "user:ann", AUTHZ_NOTHING, 1 },
		{ "open", "open", "closed", "user:ann", AUTHZ_VIEW, 3 },
		{ NULL, "eve", "open", "user:eve", AUTHZ_VIEW, 1 },
		{ NULL, "open", "eve", "user:eve", AUTHZ_TYPE, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct authz_gate gate = {
			.tls = rule(*state, table[i].tls),
			.view = rule(*state, table[i].view),
			.type = rule(*state, table[i].type),
		};
		unsigned most;

		fake_pam_reset();
		assert_int_equal(ask(*state, &gate, table[i].who), table[i].right);
		assert_int_equal(fake_pam_asked(&most), table[i].asked);
	}
}

/* ---- several ---- */

enum { MANY = 3 * WORK_ANSWERS_MAX };

static void so_many_are_asked_at_a_time(void **state)
{
	const struct stand *stand = *state;
	const struct authz_gate gate = { .view = rule(stand, "open") };
	struct authz_question questions[MANY] = { 0 };
	int answers[MANY];
	unsigned most, left = MANY;

	fake_pam_hold(true);
	for (int i = 0; i < MANY; i++) {
		answers[i] = NO_ANSWER;
		assert_int_equal(authz_ask(&questions[i], &gate, "user:ann", "user:ann", on_right,
					 &answers[i]),
			-EINPROGRESS);
	}
	fake_pam_wait(1);
	fake_pam_hold(false);
	while (left) {
		loop_step(stand->loop, true);
		left = 0;
		for (int i = 0; i < MANY; i++)
			left += answers[i] == NO_ANSWER;
	}
	assert_int_equal(fake_pam_asked(&most), MANY);
	assert_true(most <= WORK_ANSWERS_MAX);
}

static void nobody_waits_for_one_that_hangs(void **state)
{
	const struct stand *stand = *state;
	const struct authz_gate gate = { .view = rule(stand, "open") };
	struct authz_question hangs = { 0 };
	int never = NO_ANSWER;

	fake_pam_hold(true);
	assert_int_equal(
		authz_ask(&hangs, &gate, "user:ann", "user:ann", on_right, &never), -EINPROGRESS);
	fake_pam_wait(1);
	assert_int_equal(object_set_remove(stand->set, "open", NULL), -EBUSY);
	authz_forget(&hangs);
	authz_forget(&hangs);
	assert_int_equal(object_set_remove(stand->set, "open", NULL), 0);
	fake_pam_hold(false);
	assert_int_equal(
		ask(stand, &(struct authz_gate){ .view = rule(stand, "closed") }, "user:ann"),
		AUTHZ_NOTHING);
	assert_int_equal(never, NO_ANSWER);
}

static void one_that_was_not_asked_yet_is_not_asked_any_more(void **state)
{
	const struct stand *stand = *state;
	const struct authz_gate gate = { .view = rule(stand, "open") };
	struct authz_question questions[2] = { 0 };
	int never = NO_ANSWER;
	unsigned most;

	fake_pam_hold(true);
	authz_ask(&questions[0], &gate, "user:ann", "user:ann", on_right, &never);
	fake_pam_wait(1);
	authz_ask(&questions[1], &gate, "user:ann", "user:ann", on_right, &never);
	authz_forget(&questions[1]);
	authz_forget(&questions[0]);
	fake_pam_hold(false);
	assert_int_equal(ask(stand, &gate, "user:ann"), AUTHZ_TYPE);
	assert_int_equal(fake_pam_asked(&most), 2);
}

/* ---- without memory ---- */

/* The one that hangs keeps the thread busy, so that no call of its fails. */
static void who_cannot_be_asked_about_is_not_let_in(void **state)
{
	const struct stand *stand = *state;
	const struct authz_gate gate = { .view = rule(stand, "open") };
	struct authz_question hangs = { 0 }, question = { 0 };
	int never = NO_ANSWER, answer = NO_ANSWER;
	unsigned failures = 0;

	fake_pam_hold(true);
	authz_ask(&hangs, &gate, "user:ann", "user:ann", on_right, &never);
	fake_pam_wait(1);
	for (bool failed = true; failed; failures += failed) {
		int r;

		fault_arm(failures + 1);
		r = authz_ask(&question, &gate, "user:ann", "user:ann", on_right, &answer);
		failed = fault_disarm();
		assert_int_equal(r, failed ? AUTHZ_NOTHING : -EINPROGRESS);
		assert_int_equal(authz_is_asked(&question), !failed);
	}
	assert_true(failures > 2); /* both names are copied */
	authz_forget(&hangs);
	fake_pam_hold(false);
	while (answer == NO_ANSWER)
		loop_step(stand->loop, true);
	assert_int_equal(answer, AUTHZ_TYPE);
}

/* ---- passwords ---- */

static void on_login(void *data, const char *user)
{
	snprintf(data, LOGIN_USER_MAX, "%s", user ? user : "-");
}

static const char *log_in(
	const struct stand *stand, struct login *login, const char *user, const char *password)
{
	static char who[LOGIN_USER_MAX];
	struct errand *errand;

	who[0] = '\0';
	if (login_check(login, user, password, "127.0.0.1:1", on_login, who, &errand) == -EACCES)
		return "-";
	while (!who[0])
		loop_step(stand->loop, true);
	return who;
}

static void password_by_pam(void **state)
{
	static const char *const table[][3] = {
		{ "ann", "sesame", "ann" },
		{ "ann", "open", "-" },
		{ "ann", "", "-" },
		{ "bob", "sesame", "robert" }, /* as PAM calls him */
		{ "eve", "sesame", "-" },      /* no account */
		{ "joe", "sesame", "-" },
		{ "1000", "sesame", "-" },
		{ "a\nb", "sesame", "-" },
	};
	struct login *login = NULL;
	const struct stand *stand = *state;

	assert_int_equal(login_new(stand->loop, "open", NULL, &login, NULL), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(log_in(stand, login, table[i][0], table[i][1]), table[i][2]);
	login_free(login);
}

/* Of "sesame", with fewer rounds than anybody should use. */
#define ANN_HASH                                                                  \
	"$6$rounds=1000$abcdefgh$1WhD5NSPfUW3vvjZt0oAl77wZvqZB/nJcOoNyFB4UHH98F." \
	"JCFg5bmMLyU4dXf5WU9tCX9pTKt8vIYOpqoRCm0"

static void password_by_file(void **state)
{
	static const char *const table[][3] = {
		{ "ann", "sesame", "ann" },
		{ "ann", "Sesame", "-" },
		{ "shadow", "sesame", "shadow" }, /* with more behind it */
		{ "locked", "sesame", "-" },
		{ "locked", "", "-" },
		{ "empty", "", "-" },
		{ "comment", "sesame", "-" },
		{ "nobody", "sesame", "-" },
		{ "an", "sesame", "-" },
	};
	char path[] = "/tmp/charhub-passwords-XXXXXX";
	struct login *login = NULL;
	const struct stand *stand = *state;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	dprintf(fd,
		"#comment:%s\nlocked:!%s\nempty:\nann:%s\r\nshadow:%s:19000:0:99999:7:::\n"
		"nonsense\n",
		ANN_HASH, ANN_HASH, ANN_HASH, ANN_HASH);
	close(fd);
	assert_int_equal(login_new(stand->loop, NULL, path, &login, NULL), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(log_in(stand, login, table[i][0], table[i][1]), table[i][2]);
	unlink(path);
	assert_string_equal(log_in(stand, login, "ann", "sesame"), "-");
	login_free(login);
	assert_int_equal(login_new(stand->loop, NULL, path, &login, NULL), -ENOENT);
	assert_int_equal(login_new(stand->loop, NULL, "/dev/null", &login, NULL), -EINVAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(accounts_are_known_by_name),
		CASE(tls_rules_know_the_name_alone),
		CASE(rules_are_asked_one_after_the_other),
		CASE(so_many_are_asked_at_a_time),
		CASE(nobody_waits_for_one_that_hangs),
		CASE(one_that_was_not_asked_yet_is_not_asked_any_more),
		CASE(who_cannot_be_asked_about_is_not_let_in),
		CASE(password_by_pam),
		CASE(password_by_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
