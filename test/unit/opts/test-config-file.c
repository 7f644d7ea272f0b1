/* SPDX-License-Identifier: MIT */
#include "opts/config-file.h"

#include "tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config_file *good_in(enum config_dialect dialect, const char *text)
{
	struct config_file *file = NULL;
	struct error *err = NULL;

	assert_int_equal(config_file_parse(text, strlen(text), dialect, &file, NULL, &err), 0);
	assert_null(err);
	return file;
}

static struct config_file *good(const char *text)
{
	return good_in(CONFIG_QEMU, text);
}

static void bad_in(
	enum config_dialect dialect, const char *text, unsigned wrong_line, const char *message)
{
	struct config_file *file = NULL;
	struct error *err = NULL;
	unsigned line = 0;

	assert_int_equal(
		config_file_parse(text, strlen(text), dialect, &file, &line, &err), -EINVAL);
	assert_int_equal(line, wrong_line);
	assert_null(file);
	assert_string_equal(error_message(err), message);
	error_free(err);
}

static void bad(const char *text, unsigned wrong_line, const char *message)
{
	bad_in(CONFIG_QEMU, text, wrong_line, message);
}

static void sections_keep_their_order_line_and_options(void **state)
{
	struct config_file *file = good("# generated\n"
					"\n"
					"[machine]\n"
					"  type = \"q35\"\n"
					"[chardev \"hub0\"]\n"
					"\tbackend = \"hub\"\n"
					"chardevs.0=\"a\"\n"
					"  logfile = \"/dev/fd/1, = [x] # y\"  \n");
	const struct config_section *machine, *hub;

	(void)state;
	assert_int_equal(config_file_len(file), 2);
	machine = config_file_section(file, 0);
	hub = config_file_section(file, 1);
	assert_string_equal(machine->group, "machine");
	assert_null(machine->id);
	assert_int_equal(machine->line, 3);
	assert_string_equal(opts_text(machine->opts, "type"), "q35");
	assert_string_equal(hub->group, "chardev");
	assert_string_equal(hub->id, "hub0");
	assert_int_equal(hub->line, 5);
	assert_string_equal(opts_text(hub->opts, "id"), "hub0");
	assert_string_equal(opts_text(hub->opts, "backend"), "hub");
	assert_string_equal(opts_text(hub->opts, "chardevs.0"), "a");
	assert_string_equal(opts_text(hub->opts, "logfile"), "/dev/fd/1, = [x] # y");
	config_file_free(file);
}

static void line_ends_of_other_systems_and_no_last_newline_are_fine(void **state)
{
	struct config_file *file =
		good("\xef\xbb\xbf[chardev \"a\"]\r\nbackend = \"null\"\r\n\r\n# c\r\nmux=\"\"");

	(void)state;
	assert_int_equal(config_file_len(file), 1);
	assert_string_equal(opts_text(config_file_section(file, 0)->opts, "backend"), "null");
	assert_string_equal(opts_text(config_file_section(file, 0)->opts, "mux"), "");
	config_file_free(file);
	file = good("");
	assert_int_equal(config_file_len(file), 0);
	config_file_free(file);
	config_file_free(NULL);
}

static void the_last_value_counts_but_the_id_is_that_of_the_section(void **state)
{
	struct config_file *file =
		good("[chardev \"a\"]\nid = \"b\"\npath = \"1\"\npath = \"2\"\n");

	(void)state;
	assert_string_equal(opts_text(config_file_section(file, 0)->opts, "id"), "a");
	assert_string_equal(opts_text(config_file_section(file, 0)->opts, "path"), "2");
	config_file_free(file);
}

static void options_can_be_taken(void **state)
{
	struct config_file *file = good("[device]\ndriver = \"console\"\n");
	struct opts *opts = config_file_take_opts(file, 0);

	(void)state;
	assert_null(config_file_section(file, 0)->opts);
	config_file_free(file);
	assert_string_equal(opts_text(opts, "driver"), "console");
	opts_free(opts);
}

static void a_wrong_line_is_named(void **state)
{
	static const char shape[] = "a section is [group] or [group \"id\"]";

	(void)state;
	bad("a = \"b\"\n", 1, "no group defined");
	bad("[a]\n\nb\n", 3, "a line is key = \"value\"");
	bad("[a]\n= \"b\"\n", 2, "a line is key = \"value\"");
	bad("[a]\nb c = \"b\"\n", 2, "a line is key = \"value\"");
	bad("[a]\nb = c\n", 2, "the value must be in double quotes");
	bad("[a]\nb =\n", 2, "the value must be in double quotes");
	bad("[a]\nb = \"c\n", 2, "the value has no closing quote");
	bad("[a]\nb = \"\n", 2, "the value has no closing quote");
	bad("[a]\nb = \"c\" d\n", 2, "there is something behind the value");
	bad("[a]\nb = \"c\\\"d\"\n", 2, "there is something behind the value");
	bad("[a \"b]\n", 1, "the id has no closing quote");
	bad("[]\n", 1, shape);
	bad("[a\n", 1, shape);
	bad("[a b]\n", 1, shape);
	bad("[a] b\n", 1, shape);
	bad("[\"a\"]\n", 1, shape);
	bad("[a \"b\" \"c\"]\n", 1, shape);
}

static void comments_may_stand_behind_sections_and_values(void **state)
{
	struct config_file *file = good("[chardev \"a\"] # the first\n"
					"  backend = \"n#ll\" # \"quoted\"\n"
					"  # indented\n"
					"[b]#\n"
					"c = \"\"#\n");

	(void)state;
	assert_int_equal(config_file_len(file), 2);
	assert_string_equal(config_file_section(file, 0)->id, "a");
	assert_string_equal(opts_text(config_file_section(file, 0)->opts, "backend"), "n#ll");
	assert_string_equal(opts_text(config_file_section(file, 1)->opts, "c"), "");
	config_file_free(file);
}

static void a_section_knows_the_line_of_what_is_refused_and_its_last(void **state)
{
	struct config_file *file = good("[chardev \"a\"]\n"
					"\n"
					"backend = \"hub\"\n"
					"port = \"x\"\n"
					"width = \"1\"\n"
					"\n"
					"# behind\n"
					"[b]\n");
	struct opts *a = config_file_take_opts(file, 0), *b = config_file_take_opts(file, 1);

	(void)state;
	assert_int_equal(opts_line(a), 5);
	assert_int_equal(opts_check(a, "test", test_tables, NULL), -EINVAL);
	assert_int_equal(opts_line(a), 4);
	assert_int_equal(opts_line(b), 8);
	opts_free(a);
	opts_free(b);
	config_file_free(file);
}

static void what_is_too_long_is_refused(void **state)
{
	static char line[5000];
	struct config_file *file = NULL;
	struct error *err = NULL;

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	bad(line, 1, "the line is longer than 4096 bytes");
	assert_int_equal(config_file_parse("#\0\n", 3, CONFIG_QEMU, &file, NULL, &err), -EINVAL);
	assert_string_equal(error_message(err), "there is a NUL byte in the line");
	error_free(err);
}

static void a_file_is_read(void **state)
{
	static const char text[] = "[chardev \"a\"]\nbackend = \"null\"\n";
	char path[] = "/tmp/test-config-XXXXXX";
	int fd = mkstemp(path);
	struct config_file *file = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(config_file_read(path, CONFIG_QEMU, false, &file, NULL, NULL), 0);
	assert_int_equal(config_file_len(file), 1);
	config_file_free(file);
	unlink(path);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct config_file *file = NULL;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(
		config_file_read("/nonexistent/x", CONFIG_QEMU, false, &file, NULL, &err), -ENOENT);
	assert_string_equal(
		error_message(err), "Could not open '/nonexistent/x': No such file or directory");
	error_free(err);
	err = NULL;
	assert_int_equal(config_file_read("/", CONFIG_QEMU, false, &file, NULL, &err), -EISDIR);
	assert_string_equal(error_message(err), "Cannot read config file: Is a directory");
	error_free(err);
	err = NULL;
	assert_int_equal(
		config_file_read("/dev/zero", CONFIG_QEMU, false, &file, NULL, &err), -EFBIG);
	error_free(err);
}

/* ---- our own files ---- */

static struct config_file *good_ours(const char *text)
{
	return good_in(CONFIG_OURS, text);
}

static void bad_ours(const char *text, unsigned wrong_line, const char *message)
{
	bad_in(CONFIG_OURS, text, wrong_line, message);
}

static void a_section_of_ours_may_be_one_line(void **state)
{
	struct config_file *file = good_ours(
		"[console \"a\"] guest = 'exec:echo \"hi\"', log=\"on\" vnc = \"on\" # c\n"
		"typing = \"one\", listen = \"off\"\n");
	const struct opts *opts = config_file_section(file, 0)->opts;

	(void)state;
	assert_int_equal(config_file_len(file), 1);
	assert_string_equal(opts_text(opts, "guest"), "exec:echo \"hi\"");
	assert_string_equal(opts_text(opts, "log"), "on");
	assert_string_equal(opts_text(opts, "vnc"), "on");
	assert_string_equal(opts_text(opts, "listen"), "off");
	config_file_free(file);
}

static void an_included_file_is_a_section(void **state)
{
	struct config_file *file = good_ours("include \"a/*.conf\" # c\n[x]\ninclude = \"b\"\n");

	(void)state;
	assert_int_equal(config_file_len(file), 2);
	assert_string_equal(config_file_section(file, 0)->group, "include");
	assert_string_equal(config_file_section(file, 0)->id, "a/*.conf");
	assert_string_equal(opts_text(config_file_section(file, 1)->opts, "include"), "b");
	config_file_free(file);
}

static void mistakes_in_ours_are_named(void **state)
{
	(void)state;
	bad_ours("[x]\n\ninclude \"a\" b\n", 3, "a file is included by include \"FILE\"");
	bad_ours("[x] y\n", 1, "a line is key = \"value\"");
	bad_ours("[x] y = \"1\" z\n", 1, "a line is key = \"value\"");
	bad_ours("[x]\ny = 'a\n", 2, "the value has no closing quote");
	bad("[x] y = \"1\"\n", 1, "a section is [group] or [group \"id\"]");
	bad("[x]\ny = 'a'\n", 2, "the value must be in double quotes");
	bad("include \"a\"\n", 1, "a line is key = \"value\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_keep_their_order_line_and_options),
		cmocka_unit_test(line_ends_of_other_systems_and_no_last_newline_are_fine),
		cmocka_unit_test(the_last_value_counts_but_the_id_is_that_of_the_section),
		cmocka_unit_test(options_can_be_taken),
		cmocka_unit_test(a_wrong_line_is_named),
		cmocka_unit_test(comments_may_stand_behind_sections_and_values),
		cmocka_unit_test(a_section_knows_the_line_of_what_is_refused_and_its_last),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(a_file_that_cannot_be_read_is_named),
		cmocka_unit_test(a_section_of_ours_may_be_one_line),
		cmocka_unit_test(an_included_file_is_a_section),
		cmocka_unit_test(mistakes_in_ours_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
