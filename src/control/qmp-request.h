/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_QMP_REQUEST_H
#define CONTROL_QMP_REQUEST_H

#include "base/error.h"

#include <jansson.h>

/**
 * struct qmp_request - what a client asks for; all is borrowed from the value it was read from
 * @args, @id: NULL: not given
 */
struct qmp_request {
	const char *execute;
	const json_t *args;
	json_t *id;
};

/**
 * qmp_request_read() - is a value a request
 * @ret_request: its id is set also where this fails
 *
 * Return: 0; -EINVAL with @err.
 */
int qmp_request_read(const json_t *value, struct qmp_request *ret_request, struct error **err);

#endif
