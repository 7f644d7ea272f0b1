/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_LEXER_H
#define CONTROL_JSON_LEXER_H

#include "base/strbuf.h"

#include <stdbool.h>

/*
 * Bytes to tokens, as QEMU's monitor cuts them: strings in single quotes are taken, and a byte that
 * fits nowhere makes one error, after which everything is skipped up to a control character or one
 * of {}[]:, so that a session finds its feet again.
 */

enum json_token {
	JSON_TOKEN_NONE, /* goes on */
	JSON_TOKEN_LCURLY,
	JSON_TOKEN_RCURLY,
	JSON_TOKEN_LSQUARE,
	JSON_TOKEN_RSQUARE,
	JSON_TOKEN_COLON,
	JSON_TOKEN_COMMA,
	JSON_TOKEN_INTEGER,
	JSON_TOKEN_FLOAT,
	JSON_TOKEN_KEYWORD,
	JSON_TOKEN_STRING, /* with its quotes, not decoded */
	JSON_TOKEN_STRAY,  /* an error: the text is what was read of it */
};

/**
 * struct json_lexer - all zero at the start
 * @text: of the token, while one is being read and until the next byte is fed after it was told
 */
struct json_lexer {
	unsigned char state;
	bool told;
	char quote;
	struct strbuf text;
};

/**
 * json_lexer_feed() - read a byte
 * @ret_consumed: false: the token ended before it; feed it again
 */
enum json_token json_lexer_feed(struct json_lexer *lexer, char c, bool *ret_consumed);

/** json_lexer_done() - free the text; the state is that of the start again */
void json_lexer_done(struct json_lexer *lexer);

#endif
