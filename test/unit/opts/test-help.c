/* SPDX-License-Identifier: MIT */
#include "capture.h"
#include "tables.h"

static void help_is_sorted_aligned_and_complete(void **state)
{
	struct capture capture;

	(void)state;
	capture_start(&capture, STDOUT_FILENO);
	opts_print_help("hub", test_tables);
	assert_string_equal(capture_end(&capture),
		"hub options:\n"
		"  backend=<string>            type of chardev\n"
		"  chardevs.N=<string>         members\n"
		"  id=<id>                     name\n"
		"  logfile=<string>            copy of the output\n"
		"  members.N.access=type|view  may it send input (default: type)\n"
		"  members.N.chardev=<id>      who (required)\n"
		"  mux=<on|off>                several users (default: off)\n"
		"  nr=<uint32>                 number (default: 4294967295)\n"
		"  port=<number>               port (default: 7)\n"
		"  size=<size>                 bytes (default: 64k)\n"
		"  stall=skip|wait|close       what happens to a slow member (default: wait)\n"
		"  telnet=<off>                not here\n"
		"  width=<number>              any number\n"
		"  window=<size>               journal\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_is_sorted_aligned_and_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
