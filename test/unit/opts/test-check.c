/* SPDX-License-Identifier: MIT */
#include "tables.h"

/* Tables against sets: typed values, and the text of every refusal. */

static void every_type_is_read(void **state)
{
	struct opts *opts = test_good("hub,id=h,mux=yes,width=0x10,port=8080,size=1.5M,stall=close,"
				      "logfile=/tmp/a,,b");

	(void)state;
	assert_string_equal(opts_get_string(opts, "backend"), "hub");
	assert_string_equal(opts_get_string(opts, "id"), "h");
	assert_string_equal(opts_get_string(opts, "logfile"), "/tmp/a,b");
	assert_true(opts_get_bool(opts, "mux"));
	assert_int_equal(opts_get_number(opts, "width"), 16);
	assert_int_equal(opts_get_number(opts, "port"), 8080);
	assert_int_equal(opts_get_number(opts, "size"), 1572864);
	assert_int_equal(opts_get_enum(opts, "stall"), 2);
	assert_true(opts_has(opts, "port"));
	opts_free(opts);
}

static void what_was_not_given_has_its_preset(void **state)
{
	struct opts *opts = test_good("hub,id=h");

	(void)state;
	assert_null(opts_get_string(opts, "logfile"));
	assert_false(opts_get_bool(opts, "mux"));
	assert_int_equal(opts_get_number(opts, "width"), 0);
	assert_int_equal(opts_get_number(opts, "port"), 7);
	assert_int_equal(opts_get_number(opts, "size"), 65536);
	assert_int_equal(opts_get_enum(opts, "stall"), 1);
	assert_int_equal(opts_list_len(opts, "chardevs"), 0);
	assert_false(opts_has(opts, "port"));
	opts_free(opts);
}

static void the_last_value_counts_but_all_are_checked(void **state)
{
	struct opts *opts = test_good("hub,port=1,port=2");

	(void)state;
	assert_int_equal(opts_get_number(opts, "port"), 2);
	opts_free(opts);
	test_bad("hub,port=x,port=2", "Parameter 'port' expects a number", NULL);
}

static void an_unknown_key_is_refused_with_what_there_is(void **state)
{
	static const char hint[] =
		"test takes: backend, chardevs.N, id, logfile, members.N.access, "
		"members.N.chardev, mux, nr, port, size, stall, telnet, width, window.";

	(void)state;
	test_bad("hub,foo=1", "Invalid parameter 'foo'", hint);
	test_bad("hub,=1", "Invalid parameter ''", hint);
	test_bad("hub,chardevs=a", "Invalid parameter 'chardevs'", hint);
	test_bad("hub,chardevs.00=a", "Invalid parameter 'chardevs.00'", hint);
	test_bad("hub,chardevs.x=a", "Invalid parameter 'chardevs.x'", hint);
	test_bad("hub,chardevs.=a", "Invalid parameter 'chardevs.'", hint);
	test_bad("hub,chardevs.0.=a", "Invalid parameter 'chardevs.0.'", hint);
	test_bad("hub,chardevs.-1=a", "Invalid parameter 'chardevs.-1'", hint);
	test_bad("hub,members.0=a", "Invalid parameter 'members.0'", hint);
	test_bad("hub,members.0.foo=a", "Invalid parameter 'members.0.foo'", hint);
	test_bad("hub,ports=1", "Invalid parameter 'ports'", hint);
}

static void the_first_unknown_key_can_be_asked_for(void **state)
{
	struct opts *opts = NULL;

	(void)state;
	assert_int_equal(
		opts_parse("hub,port=x,chardevs.0=a,foo=1,bar=2", "backend", &opts, NULL), 0);
	assert_string_equal(opts_unknown_key(opts, test_tables), "foo");
	opts_free(opts);
	assert_int_equal(opts_parse("hub,members.0.chardev=a", "backend", &opts, NULL), 0);
	assert_null(opts_unknown_key(opts, test_tables));
	opts_free(opts);
}

static void a_bad_value_is_refused_with_what_would_be_right(void **state)
{
	static const char size_hint[] =
		"Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n"
		"and exabytes, respectively.";

	(void)state;
	test_bad("hub,mux=1", "Parameter 'mux' expects 'on' or 'off'", NULL);
	test_bad("hub,mux=On", "Parameter 'mux' expects 'on' or 'off'", NULL);
	test_bad("hub,mux=", "Parameter 'mux' expects 'on' or 'off'", NULL);
	test_bad("hub,width=abc", "Parameter 'width' expects a number", NULL);
	test_bad("hub,width=", "Parameter 'width' expects a number", NULL);
	test_bad("hub,width=1 ", "Parameter 'width' expects a number", NULL);
	test_bad("hub,width=18446744073709551616",
		"Value '18446744073709551616' is too large for parameter 'width'", NULL);
	test_bad("hub,width=-1", "Value '-1' is out of range for parameter 'width'",
		"It takes 0 or more.");
	test_bad("hub,nr=4294967296", "Parameter 'nr' expects uint32_t", NULL);
	test_bad("hub,nr=-1", "Parameter 'nr' expects uint32_t", NULL);
	test_bad("hub,nr=1x", "Parameter 'nr' expects integer", NULL);
	test_bad("hub,nr=", "Parameter 'nr' expects integer", NULL);
	test_bad("hub,telnet=on", "'telnet=on' is not supported", NULL);
	test_bad("hub,telnet=maybe", "Parameter 'telnet' expects 'on' or 'off'", NULL);
	opts_free(test_good("hub,telnet=off"));
	test_bad("hub,port=70000", "Value '70000' is out of range for parameter 'port'",
		"It takes 1 to 65535.");
	test_bad("hub,port=0", "Value '0' is out of range for parameter 'port'", NULL);
	test_bad("hub,size=abc", "Parameter 'size' expects a non-negative number below 2^64",
		size_hint);
	test_bad("hub,size=-1", "Value '-1' is out of range for parameter 'size'", NULL);
	test_bad("hub,window=1k", "Value '1k' is out of range for parameter 'window'",
		"It takes 64k to 64M.");
	test_bad("hub,window=65M", "Value '65M' is out of range for parameter 'window'", NULL);
	test_bad("hub,stall=never", "Parameter 'stall' does not accept value 'never'",
		"It takes one of skip|wait|close.");
	test_bad(
		"hub,stall=skip|wait", "Parameter 'stall' does not accept value 'skip|wait'", NULL);
	test_bad("hub,stall=ski", "Parameter 'stall' does not accept value 'ski'", NULL);
	test_bad("hub,stall=", "Parameter 'stall' does not accept value ''", NULL);
}

static void errors_come_in_the_order_of_the_text(void **state)
{
	(void)state;
	test_bad("hub,mux=1,foo=1", "Parameter 'mux' expects 'on' or 'off'", NULL);
	test_bad("hub,foo=1,mux=1", "Invalid parameter 'foo'", NULL);
	test_bad("hub,foo=1,id=1", "Parameter 'id' expects an identifier", NULL);
}

static void an_id_is_an_identifier_but_a_reference_is_any_text(void **state)
{
	static const char hint[] =
		"Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.";

	(void)state;
	test_bad("hub,id=", "Parameter 'id' expects an identifier", hint);
	test_bad("hub,id=1a", "Parameter 'id' expects an identifier", hint);
	test_bad("hub,id=a b", "Parameter 'id' expects an identifier", hint);
	opts_free(test_good("hub,id=a-b.c_9,chardevs.0="));
}

static void list_elements_may_come_in_any_order(void **state)
{
	struct opts *opts = test_good("hub,chardevs.1=b,chardevs.2=c,chardevs.0=a,chardevs.1=B");

	(void)state;
	assert_int_equal(opts_list_len(opts, "chardevs"), 3);
	assert_string_equal(opts_list_string(opts, "chardevs", 0), "a");
	assert_string_equal(opts_list_string(opts, "chardevs", 1), "B");
	assert_string_equal(opts_list_string(opts, "chardevs", 2), "c");
	assert_true(opts_has(opts, "chardevs"));
	opts_free(opts);
}

static void a_list_has_no_gaps(void **state)
{
	(void)state;
	test_bad("hub,chardevs.1=a", "Parameter 'chardevs.0' missing", NULL);
	test_bad("hub,chardevs.0=a,chardevs.2=b", "Parameter 'chardevs.1' missing", NULL);
	test_bad("hub,chardevs.99999999999999999999=a", "Parameter 'chardevs.0' missing", NULL);
	test_bad("hub,chardevs.0=a,chardevs.2147483648=a", "Parameter 'chardevs.1' missing", NULL);
	test_bad("hub,members.1.chardev=a", "Parameter 'members.0' missing", NULL);
	test_bad("hub,members.0.chardev=a,members.2.chardev=b", "Parameter 'members.1' missing",
		NULL);
}

static void a_list_is_not_used_in_two_ways(void **state)
{
	(void)state;
	test_bad(
		"hub,chardevs.0=a,chardevs=b", "Parameters 'chardevs.*' used inconsistently", NULL);
	test_bad(
		"hub,chardevs=b,chardevs.0=a", "Parameters 'chardevs.*' used inconsistently", NULL);
	test_bad("hub,chardevs.0=a,chardevs.x=b", "Parameters 'chardevs.*' used inconsistently",
		NULL);
	test_bad("hub,chardevs.0=a,chardevs.0.x=b", "Parameters 'chardevs.0.*' used inconsistently",
		NULL);
	test_bad("hub,members.0.chardev=a,members.0=b",
		"Parameters 'members.0.*' used inconsistently", NULL);
	test_bad("hub,chardevs.0=a,chardevs.00=b", "Invalid parameter 'chardevs.00'", NULL);
}

static void groups_are_sets_of_their_own(void **state)
{
	struct opts *opts =
		test_good("hub,members.1.chardev=b,members.0.chardev=a,members.1.access=view");
	struct opts_groups groups = { 0 };

	(void)state;
	assert_int_equal(opts_list_len(opts, "members"), 2);
	assert_int_equal(opts_list_groups(opts, "members", &groups), 0);
	assert_int_equal(groups.len, 2);
	assert_string_equal(opts_get_string(groups.items[0], "chardev"), "a");
	assert_int_equal(opts_get_enum(groups.items[0], "access"), 0);
	assert_string_equal(opts_get_string(groups.items[1], "chardev"), "b");
	assert_int_equal(opts_get_enum(groups.items[1], "access"), 1);
	opts_groups_done(&groups);
	opts_free(opts);
}

static void a_required_option_must_be_there(void **state)
{
	(void)state;
	test_bad("hub,members.0.access=view", "Parameter 'members.0.chardev' is missing", NULL);
	test_bad("hub,members.0.access=x", "Parameter 'members.0.access' does not accept value 'x'",
		NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(what_was_not_given_has_its_preset),
		cmocka_unit_test(the_last_value_counts_but_all_are_checked),
		cmocka_unit_test(an_unknown_key_is_refused_with_what_there_is),
		cmocka_unit_test(the_first_unknown_key_can_be_asked_for),
		cmocka_unit_test(a_bad_value_is_refused_with_what_would_be_right),
		cmocka_unit_test(errors_come_in_the_order_of_the_text),
		cmocka_unit_test(an_id_is_an_identifier_but_a_reference_is_any_text),
		cmocka_unit_test(list_elements_may_come_in_any_order),
		cmocka_unit_test(a_list_has_no_gaps),
		cmocka_unit_test(a_list_is_not_used_in_two_ways),
		cmocka_unit_test(groups_are_sets_of_their_own),
		cmocka_unit_test(a_required_option_must_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
