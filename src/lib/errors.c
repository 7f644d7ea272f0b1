/* SPDX-License-Identifier: MIT */
#include <charhub.h>

#include "base/error.h"

static const struct error *error_of(const struct charhub_error *error)
{
	return (const struct error *)error;
}

const char *charhub_error_message(const struct charhub_error *error)
{
	return error_message(error_of(error));
}

const char *charhub_error_hint(const struct charhub_error *error)
{
	return error_hint(error_of(error));
}

int charhub_error_code(const struct charhub_error *error)
{
	return error_code(error_of(error));
}

void charhub_error_free(struct charhub_error *error)
{
	error_free((struct error *)error);
}

const char *charhub_version(void)
{
	return CHARHUB_VERSION;
}

int charhub_version_number(void)
{
	return CHARHUB_VERSION_NUMBER;
}
