/* SPDX-License-Identifier: MIT */
#include "object/tls-creds.h"

#include "base/cleanup.h"
#include "lib/certificates.h"
#include "lib/files.h"
#include "object/secret.h"
#include "opts/opts.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { TEXT_BYTES = 512 };

static const struct object_class *const classes[] = { &secret_class, &tls_creds_anon_class,
	&tls_creds_psk_class, &tls_creds_x509_class, NULL };

struct fixture {
	struct object_set *set;
	char dir[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test-tls-creds-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->set = object_set_new(NULL, classes);
	certificates_begin(f->dir);
	certificates_add(f->dir, "server", "hub", &(struct certificate){ .password = "sesame" });
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	object_set_free(f->set);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* @options: what follows dir= */
static int try_add(struct fixture *f, const char *type, const char *id, const char *options,
	struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	char text[TEXT_BYTES];
	int r;

	snprintf(text, sizeof(text), "%s,id=%s,dir=%s%s", type, id, f->dir, options);
	r = opts_parse(text, "qom-type", &opts, err);
	return r < 0 ? r : object_set_add(f->set, opts, err);
}

static void add(struct fixture *f, const char *type, const char *id, const char *options)
{
	AUTO_ERROR struct error *err = NULL;

	if (try_add(f, type, id, options, &err) < 0)
		fail_msg("%s", error_message(err));
}

static void add_secret(struct fixture *f, const char *text)
{
	AUTO_OPTS struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "qom-type", &opts, NULL), 0);
	assert_int_equal(object_set_add(f->set, opts, NULL), 0);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	char path[TEXT_BYTES];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	put_file(path, text);
}

static void key_is_opened_with_a_secret(void **state)
{
	static const char options[] = ",endpoint=server,passwordid=s";
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;

	assert_int_equal(try_add(f, "tls-creds-x509", "t", options, &err), -ENOENT);
	assert_string_equal(error_message(err), "No secret with id 's'");
	add_secret(f, "secret,id=s,data=sesame");
	add(f, "tls-creds-x509", "t", options);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *id;
		enum tls_role role;
		const char *message;
	} cases[] = {
		{ "nope", TLS_SERVER, "No TLS credentials with id 'nope'" },
		{ "s", TLS_SERVER, "Object with id 's' is not TLS credentials" },
		{ "a", TLS_SERVER, "Expected TLS credentials for a server endpoint" },
		{ "b", TLS_CLIENT, "Expected TLS credentials for a client endpoint" },
	};
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;

	add_secret(f, "secret,id=s,data=sesame");
	add(f, "tls-creds-anon", "a", "");
	add(f, "tls-creds-anon", "b", ",endpoint=server");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ERROR struct error *why = NULL;
		struct tls_creds *creds;

		assert_true(tls_creds_get(f->set, cases[i].id, cases[i].role, &creds, &why) < 0);
		assert_string_equal(error_message(why), cases[i].message);
	}
	put(f, "keys.psk", "qemu:0011\n");
	assert_int_equal(
		try_add(f, "tls-creds-psk", "p", ",endpoint=server,username=x", &err), -EINVAL);
	assert_string_equal(error_message(err), "username should not be set when endpoint=server");
	add(f, "tls-creds-psk", "p", "");
}

static void who_is_used_stays(void **state)
{
	struct fixture *f = *state;
	struct tls_creds *creds;

	add(f, "tls-creds-anon", "a", ",endpoint=server");
	assert_int_equal(tls_creds_get(f->set, "a", TLS_SERVER, &creds, NULL), 0);
	assert_int_equal(tls_creds_kind(creds), TLS_ANON);
	assert_int_equal(object_set_remove(f->set, "a", NULL), -EBUSY);
	tls_creds_put(creds);
	assert_int_equal(object_set_remove(f->set, "a", NULL), 0);
}

static void files_are_read_again(void **state)
{
	struct fixture *f = *state;
	struct tls_creds *creds;
	struct tls_context *first, *second;

	put(f, "keys.psk", "alice:0011\n");
	add(f, "tls-creds-psk", "p", ",endpoint=server");
	assert_int_equal(tls_creds_get(f->set, "p", TLS_SERVER, &creds, NULL), 0);
	first = tls_context_ref(tls_creds_context(creds));
	object_set_reload(f->set);
	second = tls_creds_context(creds);
	assert_ptr_not_equal(first, second);
	put(f, "keys.psk", "nonsense\n");
	object_set_reload(f->set);
	assert_ptr_equal(tls_creds_context(creds), second);
	tls_context_unref(first);
	tls_creds_put(creds);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(key_is_opened_with_a_secret),
		CASE(mistakes_are_named),
		CASE(who_is_used_stays),
		CASE(files_are_read_again),
	};

	return cmocka_run_group_tests_name("object/tls-creds", tests, NULL, NULL);
}
