/* SPDX-License-Identifier: MIT */
#include "control/data-format.h"

#include "base/base64.h"
#include "control/json-text.h"

#include <errno.h>
#include <string.h>

const struct type type_data_format = {
	.kind = TYPE_ENUM, .name = "DataFormat", .values = "utf8|base64"
};

bool data_is_base64(const struct call *call)
{
	const char *format = call_string(call, "format");

	return format && !strcmp(format, "base64");
}

int data_read(const struct call *call, struct strbuf *bytes, struct error **err)
{
	const char *data = call_string(call, "data");

	if (!data_is_base64(call))
		strbuf_puts(bytes, data);
	else if (base64_decode(bytes, data) < 0)
		return error_set(err, EINVAL, "Base64 data contains invalid characters");
	return bytes->failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

json_t *data_write(const struct call *call, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	if (!data_is_base64(call))
		return json_of_bytes(bytes, len);
	base64_encode(&text, bytes, len);
	return text.failed ? NULL : json_stringn(text.data ? text.data : "", text.len);
}
