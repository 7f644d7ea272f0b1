/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_PARSER_H
#define CONTROL_JSON_PARSER_H

#include "base/error.h"
#include "control/json-lexer.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/** struct json_tokens - those of one value: what they are and where they lie in @text */
struct json_tokens {
	struct json_place {
		uint32_t at, len;
		enum json_token token;
	} * items;
	size_t len, size;
	struct strbuf text;
};

/**
 * json_parse_tokens() - make a value of tokens, with QEMU's words where they are none
 * @tokens: as many brackets and braces closed as opened, or too many closed
 *
 * Return: the value, the caller's; NULL with @err.
 */
json_t *json_parse_tokens(const struct json_tokens *tokens, struct error **err);

#endif
