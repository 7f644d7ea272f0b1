/* SPDX-License-Identifier: MIT */
#include "base/parse.h"
#include "chardev/chardev-impl.h"
#include "frontend/frontend.h"
#include "lib/classes.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/*
 * The tables of the program: what the parser takes for granted about them. A mistake in a table
 * shows here and not when somebody first uses the option.
 */

static void check_preset(const char *owner, const struct opt_desc *desc)
{
	uint64_t number = 0;
	bool flag;
	int r = 0;

	if (!desc->preset)
		return;
	switch (desc->type) {
	case OPT_BOOL: r = parse_bool(desc->preset, &flag); break;
	case OPT_UINT32:
	case OPT_NUMBER: r = parse_u64(desc->preset, &number); break;
	case OPT_SIZE: r = parse_size(desc->preset, &number); break;
	case OPT_ENUM: r = opts_enum_index(desc->values, desc->preset) < 0 ? -1 : 0; break;
	default: break;
	}
	if (r < 0 || number < desc->min || (desc->max && number > desc->max))
		fail_msg("%s: the preset of %s is no value of it", owner, desc->name);
}

static void check_desc(const char *owner, const struct opt_desc *desc)
{
	if (!desc->help || !*desc->help || desc->help[strlen(desc->help) - 1] == '.')
		fail_msg("%s: the help of %s is not one line without a full stop", owner,
			desc->name);
	if ((desc->type == OPT_ENUM) != (desc->values != NULL))
		fail_msg("%s: %s has values or is an enumeration, but not both", owner, desc->name);
	if ((desc->type == OPT_GROUPS) != (desc->group != NULL))
		fail_msg("%s: %s has a group or is a list of groups, but not both", owner,
			desc->name);
	check_preset(owner, desc);
}

static void check_table(const char *owner, const struct opt_desc *table)
{
	for (const struct opt_desc *desc = table; desc->name; desc++) {
		check_desc(owner, desc);
		if (desc->group)
			check_table(owner, desc->group);
		for (const struct opt_desc *other = desc + 1; other->name; other++)
			assert_string_not_equal(desc->name, other->name);
	}
}

static void assert_no_common(const struct opt_desc *table, const struct opt_desc *common)
{
	for (; common->name; common++)
		for (const struct opt_desc *desc = table; desc->name; desc++)
			assert_string_not_equal(desc->name, common->name);
}

static void tables_of_chardevs_are_sound(void **state)
{
	(void)state;
	check_table("chardev", chardev_common_options);
	for (const struct chardev_class *const *at = charhub_classes; *at; at++) {
		assert_non_null((*at)->summary);
		check_table((*at)->name, (*at)->options);
		assert_no_common((*at)->options, chardev_common_options);
	}
}

static void tables_of_devices_are_sound(void **state)
{
	(void)state;
	check_table("device", frontend_common_options);
	for (const struct frontend_class *const *at = frontend_classes; *at; at++) {
		assert_non_null((*at)->summary);
		check_table((*at)->name, (*at)->options);
		assert_no_common((*at)->options, frontend_common_options);
	}
}

static void registries_are_sorted(void **state)
{
	(void)state;
	for (const struct chardev_class *const *at = charhub_classes; at[1]; at++)
		assert_true(strcmp(at[0]->name, at[1]->name) < 0);
	for (const struct frontend_class *const *at = frontend_classes; at[1]; at++)
		assert_true(strcmp(at[0]->name, at[1]->name) < 0);
	for (const struct program_option *option = program_options; option[1].name; option++)
		assert_true(strcmp(option[0].name, option[1].name) < 0);
}

static void an_option_has_one_way_to_be_used(void **state)
{
	(void)state;
	for (const struct program_option *option = program_options; option->name; option++) {
		assert_true(!option->take != !option->add);
		assert_true(option->add || !option->implied);
		if (option->add)
			assert_non_null(option->arg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_chardevs_are_sound),
		cmocka_unit_test(tables_of_devices_are_sound),
		cmocka_unit_test(registries_are_sorted),
		cmocka_unit_test(an_option_has_one_way_to_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
