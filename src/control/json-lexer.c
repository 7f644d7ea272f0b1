/* SPDX-License-Identifier: MIT */
#include "control/json-lexer.h"

#include <string.h>

enum state {
	AT_START,
	IN_STRING,
	IN_ESCAPE,
	AFTER_MINUS,
	AFTER_ZERO,
	IN_DIGITS,
	AFTER_POINT,
	IN_FRACTION,
	AFTER_E,
	AFTER_E_SIGN,
	IN_EXPONENT,
	IN_KEYWORD,
	IN_RECOVERY,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* What neither stands in a string nor is skipped after an error. */
static bool is_control(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte < 0x20 || byte >= 0xfe;
}

static enum json_token structural(char c)
{
	switch (c) {
	case '{': return JSON_TOKEN_LCURLY;
	case '}': return JSON_TOKEN_RCURLY;
	case '[': return JSON_TOKEN_LSQUARE;
	case ']': return JSON_TOKEN_RSQUARE;
	case ':': return JSON_TOKEN_COLON;
	case ',': return JSON_TOKEN_COMMA;
	default: return JSON_TOKEN_NONE;
	}
}

/* The byte belongs to the token, which goes on. */
static enum json_token go_on(struct json_lexer *lexer, enum state state, char c)
{
	lexer->state = (unsigned char)state;
	strbuf_putc(&lexer->text, c);
	return JSON_TOKEN_NONE;
}

/* The byte belongs to the token and ends it. */
static enum json_token end_with(struct json_lexer *lexer, enum json_token token, char c)
{
	strbuf_putc(&lexer->text, c);
	lexer->state = token == JSON_TOKEN_STRAY ? IN_RECOVERY : AT_START;
	lexer->told = true;
	return token;
}

/* The token ended before the byte; only ASCII can end one. */
static enum json_token end_before(
	struct json_lexer *lexer, enum json_token token, char c, bool *ret_consumed)
{
	if ((unsigned char)c >= 0x80)
		return end_with(lexer, JSON_TOKEN_STRAY, c);
	*ret_consumed = false;
	lexer->state = AT_START;
	lexer->told = true;
	return token;
}

static enum json_token start(struct json_lexer *lexer, char c)
{
	if (structural(c))
		return end_with(lexer, structural(c), c);
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return JSON_TOKEN_NONE;
	if (c == '"' || c == '\'') {
		lexer->quote = c;
		return go_on(lexer, IN_STRING, c);
	}
	if (c == '-')
		return go_on(lexer, AFTER_MINUS, c);
	if (is_digit(c))
		return go_on(lexer, c == '0' ? AFTER_ZERO : IN_DIGITS, c);
	if (is_lower(c))
		return go_on(lexer, IN_KEYWORD, c);
	return end_with(lexer, JSON_TOKEN_STRAY, c);
}

static enum json_token string(struct json_lexer *lexer, char c)
{
	if (is_control(c))
		return end_with(lexer, JSON_TOKEN_STRAY, c);
	if (lexer->state == IN_ESCAPE)
		return go_on(lexer, IN_STRING, c);
	if (c == lexer->quote)
		return end_with(lexer, JSON_TOKEN_STRING, c);
	return go_on(lexer, c == '\\' ? IN_ESCAPE : IN_STRING, c);
}

/* A number may not end in these. */
static enum json_token unfinished(struct json_lexer *lexer, char c)
{
	bool sign = c == '+' || c == '-';

	if (lexer->state == AFTER_MINUS && is_digit(c))
		return go_on(lexer, c == '0' ? AFTER_ZERO : IN_DIGITS, c);
	if (lexer->state == AFTER_POINT && is_digit(c))
		return go_on(lexer, IN_FRACTION, c);
	if (lexer->state == AFTER_E && sign)
		return go_on(lexer, AFTER_E_SIGN, c);
	if ((lexer->state == AFTER_E || lexer->state == AFTER_E_SIGN) && is_digit(c))
		return go_on(lexer, IN_EXPONENT, c);
	return end_with(lexer, JSON_TOKEN_STRAY, c);
}

static enum json_token integer(struct json_lexer *lexer, char c, bool *ret_consumed)
{
	if (c == '.')
		return go_on(lexer, AFTER_POINT, c);
	if (lexer->state == AFTER_ZERO && is_digit(c))
		return end_with(lexer, JSON_TOKEN_STRAY, c);
	if (is_digit(c))
		return go_on(lexer, IN_DIGITS, c);
	if (lexer->state == IN_DIGITS && (c == 'e' || c == 'E'))
		return go_on(lexer, AFTER_E, c);
	return end_before(lexer, JSON_TOKEN_INTEGER, c, ret_consumed);
}

static enum json_token fraction(struct json_lexer *lexer, char c, bool *ret_consumed)
{
	if (is_digit(c))
		return go_on(lexer, lexer->state, c);
	if (lexer->state == IN_FRACTION && (c == 'e' || c == 'E'))
		return go_on(lexer, AFTER_E, c);
	return end_before(lexer, JSON_TOKEN_FLOAT, c, ret_consumed);
}

static enum json_token recover(struct json_lexer *lexer, char c, bool *ret_consumed)
{
	if (is_control(c) || structural(c)) {
		*ret_consumed = false;
		lexer->state = AT_START;
	}
	return JSON_TOKEN_NONE;
}

enum json_token json_lexer_feed(struct json_lexer *lexer, char c, bool *ret_consumed)
{
	*ret_consumed = true;
	if (lexer->told) {
		lexer->text.len = 0;
		lexer->told = false;
	}
	switch (lexer->state) {
	case IN_STRING:
	case IN_ESCAPE: return string(lexer, c);
	case AFTER_MINUS:
	case AFTER_POINT:
	case AFTER_E:
	case AFTER_E_SIGN: return unfinished(lexer, c);
	case AFTER_ZERO:
	case IN_DIGITS: return integer(lexer, c, ret_consumed);
	case IN_FRACTION:
	case IN_EXPONENT: return fraction(lexer, c, ret_consumed);
	case IN_KEYWORD:
		return is_lower(c) ? go_on(lexer, IN_KEYWORD, c)
				   : end_before(lexer, JSON_TOKEN_KEYWORD, c, ret_consumed);
	case IN_RECOVERY: return recover(lexer, c, ret_consumed);
	default: return start(lexer, c);
	}
}

void json_lexer_done(struct json_lexer *lexer)
{
	strbuf_done(&lexer->text);
	*lexer = (struct json_lexer){ 0 };
}
