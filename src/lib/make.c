/* SPDX-License-Identifier: MIT */
/* What charhubd's options make, made by a program. */
#include "lib/context.h"

#include "opts/opts.h"

#include <errno.h>

int charhub_add(struct charhub *charhub, const char *kind_name, const char *text,
	struct charhub_error **err)
{
	const struct estate_kind *kind;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	ENTER(charhub);
	r = estate_kind(kind_name, &kind, error_out(err));
	if (r == 0)
		r = opts_parse(text, kind->implied, &opts, error_out(err));
	return r < 0 ? r : kind->make(&charhub->estate, opts, error_out(err));
}

static int read_options(
	const struct charhub_option *options, struct opts **ret_opts, struct error **err)
{
	struct opts *opts = opts_new();
	int r = opts ? 0 : -ENOMEM;

	for (; r == 0 && options->key; options++)
		r = options->value ? opts_set(opts, options->key, options->value) : -EINVAL;
	if (r == 0) {
		*ret_opts = opts;
		return 0;
	}
	opts_free(opts);
	return r == -ENOMEM ? error_set(err, ENOMEM, "out of memory")
			    : error_set(err, EINVAL, "option '%s' has no value", options[-1].key);
}

int charhub_add_options(struct charhub *charhub, const char *kind_name,
	const struct charhub_option *options, struct charhub_error **err)
{
	const struct estate_kind *kind;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	ENTER(charhub);
	r = estate_kind(kind_name, &kind, error_out(err));
	if (r == 0)
		r = read_options(options, &opts, error_out(err));
	return r < 0 ? r : kind->make(&charhub->estate, opts, error_out(err));
}

int charhub_remove(
	struct charhub *charhub, const char *kind_name, const char *id, struct charhub_error **err)
{
	const struct estate_kind *kind;
	int r;

	ENTER(charhub);
	r = estate_kind(kind_name, &kind, error_out(err));
	if (r < 0)
		return r;
	if (!kind->remove)
		return error_set(error_out(err), EINVAL,
			"what '%s' has made stays until the context is freed", kind_name);
	return kind->remove(&charhub->estate, id, error_out(err));
}
