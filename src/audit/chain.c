/* SPDX-License-Identifier: MIT */
#include "audit/chain.h"

#include "base/hex.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <string.h>

const char audit_no_hash[AUDIT_HASH_BYTES] =
	"0000000000000000000000000000000000000000000000000000000000000000";

int audit_hash(const char *line, size_t len, char ret_hash[AUDIT_HASH_BYTES])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!SHA256((const unsigned char *)line, len, digest))
		return -ENOMEM;
	hex_text(ret_hash, digest, sizeof(digest));
	return 0;
}

/* Return: is it one, and is it there? */
static int read_number(const json_t *object, const char *key, uint64_t *ret_number)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return -EINVAL;
	*ret_number = (uint64_t)json_integer_value(value);
	return 0;
}

static void read_gap(const json_t *object, struct audit_line *line)
{
	const char *what = json_string_value(json_object_get(object, "what"));

	if (what && !strcmp(what, "gap"))
		read_number(json_object_get(object, "details"), "count", &line->lost);
}

static void read_time(const json_t *object, struct audit_line *line)
{
	const char *time = json_string_value(json_object_get(object, "time"));

	if (time && strlen(time) < AUDIT_TIME_BYTES)
		memcpy(line->time, time, strlen(time));
}

static int read_object(const json_t *object, struct audit_line *line)
{
	const char *prev = json_string_value(json_object_get(object, "prev"));
	const json_t *torn = json_object_get(object, "torn");

	*line = (struct audit_line){ 0 };
	if (!prev || strlen(prev) != AUDIT_HASH_BYTES - 1 ||
		strspn(prev, "0123456789abcdef") != AUDIT_HASH_BYTES - 1)
		return -EINVAL;
	memcpy(line->prev, prev, AUDIT_HASH_BYTES);
	if (torn && read_number(object, "torn", &line->torn) < 0)
		return -EINVAL;
	read_gap(object, line);
	read_time(object, line);
	return read_number(object, "seq", &line->seq);
}

int audit_parse(const char *bytes, size_t len, struct audit_line *ret_line)
{
	json_error_t error;
	json_t *object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	struct audit_line line;
	int r;

	if (!object)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	r = read_object(object, &line);
	json_decref(object);
	if (r == 0)
		*ret_line = line;
	return r;
}
