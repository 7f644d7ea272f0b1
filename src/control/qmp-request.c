/* SPDX-License-Identifier: MIT */
#include "control/qmp-request.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static int read_execute(const json_t *value, struct qmp_request *request, struct error **err)
{
	request->execute = json_string_value(value);
	if (!request->execute)
		return error_set(err, EINVAL, "QMP input member 'execute' must be a string");
	if (strlen(request->execute) != json_string_length(value))
		return error_set(err, EINVAL, "QMP input member 'execute' has a null byte in it");
	return 0;
}

static int read_member(
	const char *name, const json_t *value, struct qmp_request *request, struct error **err)
{
	if (!strcmp(name, "id"))
		return 0;
	if (!strcmp(name, "execute"))
		return read_execute(value, request, err);
	if (!strcmp(name, "arguments")) {
		request->args = value;
		return json_is_object(value)
			       ? 0
			       : error_set(err, EINVAL,
					 "QMP input member 'arguments' must be an object");
	}
	return error_set(err, EINVAL, "QMP input member '%s' is unexpected", name);
}

int qmp_request_read(const json_t *value, struct qmp_request *ret_request, struct error **err)
{
	/* The iterator's functions take a plain pointer although they do not write. */
	json_t *walked = (json_t *)(uintptr_t)value;

	*ret_request = (struct qmp_request){ .id = json_object_get(value, "id") };
	if (!json_is_object(value))
		return error_set(err, EINVAL, "QMP input must be a JSON object");
	for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
		int r = read_member(
			json_object_iter_key(at), json_object_iter_value(at), ret_request, err);

		if (r < 0)
			return r;
	}
	if (!ret_request->execute)
		return error_set(err, EINVAL, "QMP input lacks member 'execute'");
	return 0;
}
