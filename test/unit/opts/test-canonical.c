/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

static void canonical_is(const char *text, const char *expected)
{
	struct opts *opts = test_good(text);
	char *canonical = opts_canonical(opts, "backend");

	assert_string_equal(canonical, expected);
	opts_free(opts);
	/* It means the same to who reads it. */
	opts = test_good(canonical);
	free(canonical);
	canonical = opts_canonical(opts, "backend");
	assert_string_equal(canonical, expected);
	free(canonical);
	opts_free(opts);
}

static void all_spellings_of_the_same_are_one(void **state)
{
	(void)state;
	canonical_is("hub,id=a", "hub,id=a");
	canonical_is("hub,size=65536,id=a,mux=no", "hub,id=a");
	canonical_is("hub,width=0x10,mux=yes,id=a", "hub,id=a,mux=on,width=16");
	canonical_is("hub,id=a,size=1.5k,size=1M", "hub,id=a,size=1048576");
	canonical_is("hub,id=a,logfile=x,,y=z", "hub,id=a,logfile=x,,y=z");
	canonical_is("id=a,logfile=", "id=a,logfile=");
}

static void lists_are_in_their_order(void **state)
{
	(void)state;
	canonical_is("hub,id=a,chardevs.1=b,chardevs.0=c", "hub,id=a,chardevs.0=c,chardevs.1=b");
	canonical_is("hub,id=a,members.0.chardev=x,members.0.access=type",
		"hub,id=a,members.0.chardev=x");
}

static void compare(const char *new, const char *old, enum opts_change expected)
{
	static const struct opt_desc table[] = {
		{ .name = "backend", .type = OPT_STRING, .help = "" },
		{ .name = "id", .type = OPT_ID, .help = "" },
		{ .name = "log", .type = OPT_STRING, .live = true, .help = "" },
		{ .name = "grace", .type = OPT_NUMBER, .preset = "1", .live = true, .help = "" },
		{ .name = "path", .type = OPT_STRING, .help = "" },
		{ .name = "list", .type = OPT_LIST, .live = true, .help = "" },
		{ 0 },
	};
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(new, "backend", &opts, NULL), 0);
	assert_int_equal(
		opts_check(opts, "x", (const struct opt_desc *const[]){ table, NULL }, NULL), 0);
	assert_int_equal(opts_compare(opts, old, "backend"), expected);
	opts_free(opts);
}

static void a_difference_is_as_large_as_its_largest_part(void **state)
{
	(void)state;
	compare("x,id=a,grace=1", "x,id=a", OPTS_SAME);
	compare("x,id=a,grace=2", "x,id=a", OPTS_LIVE);
	compare("x,id=a", "x,id=a,log=y", OPTS_LIVE);
	compare("x,id=a,list.0=b,list.1=c", "x,id=a,list.0=c", OPTS_LIVE);
	compare("x,id=a,grace=2,path=p", "x,id=a", OPTS_OTHER);
	compare("x,id=a", "x,id=a,path=p", OPTS_OTHER);
	compare("y,id=a", "x,id=a", OPTS_OTHER);
}

static void names_of_others_are_found(void **state)
{
	struct opts *opts =
		test_good("hub,id=a,members.0.chardev=b,members.0.access=view,chardevs.0=c");
	const struct opt_desc *desc = NULL;
	size_t at = 0;

	(void)state;
	assert_string_equal(opts_next_ref(opts, &at, &desc), "b");
	assert_string_equal(desc->name, "members");
	assert_string_equal(opts_next_ref(opts, &at, &desc), "c");
	assert_string_equal(desc->name, "chardevs");
	assert_null(opts_next_ref(opts, &at, &desc));
	opts_free(opts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_spellings_of_the_same_are_one),
		cmocka_unit_test(lists_are_in_their_order),
		cmocka_unit_test(a_difference_is_as_large_as_its_largest_part),
		cmocka_unit_test(names_of_others_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
