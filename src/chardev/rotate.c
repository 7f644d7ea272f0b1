/* SPDX-License-Identifier: MIT */
#include "chardev/rotate.h"

#include "base/parse.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

static int read_age(const char *text, uint64_t *ret_age_s, struct error **err)
{
	*ret_age_s = 0;
	if (!text || (parse_duration(text, ret_age_s) == 0 && *ret_age_s))
		return 0;
	return error_set(err, EINVAL,
		"Parameter 'rotate-age' expects a time such as 12h, 1d or 1h30m, not '%s'", text);
}

int chardev_read_rotation(
	const struct opts *opts, struct rotation_rules *ret_rules, struct error **err)
{
	static const char *const others[] = { "rotate-keep", "compress" };
	struct rotation_rules rules = {
		.size = opts_get_number(opts, "rotate-size"),
		.keep = (unsigned)opts_get_number(opts, "rotate-keep"),
		.form = (enum archive_form)opts_get_enum(opts, "compress"),
	};
	int r = read_age(opts_get_string(opts, "rotate-age"), &rules.age_s, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < 2 && !rotation_is_on(&rules); i++)
		if (opts_text(opts, others[i]))
			return error_set(err, EINVAL,
				"Parameter '%s' needs 'rotate-size' or 'rotate-age'", others[i]);
	*ret_rules = rules;
	return 0;
}

int chardev_check_rotation(const struct writer *writer, const char *path,
	const struct rotation_rules *rules, struct error **err)
{
	if (!rotation_is_on(rules) || writer_can_rotate(writer))
		return 0;
	return error_set(err, EINVAL,
		"'%s' cannot be rotated: only a regular file with a name of its own can", path);
}
