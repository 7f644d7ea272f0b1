/* SPDX-License-Identifier: MIT */
#include "prog/secrets.h"

#include "base/cleanup.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <openssl/evp.h>

enum { SECRET_MAX = 1024 };

struct secret {
	struct list node;
	char *id;
	char text[SECRET_MAX + 1];
};

struct secrets {
	struct list list;
};

const struct opt_desc secret_options[] = {
	{ .name = "qom-type", .type = OPT_STRING, .help = "type of the object: secret" },
	{ .name = "id", .type = OPT_STRING, .required = true, .help = "its name" },
	{ .name = "data",
		.type = OPT_STRING,
		.help = "the secret itself; everybody who may list processes can read it" },
	{ .name = "file", .type = OPT_STRING, .help = "file that holds the secret" },
	{ .name = "format",
		.type = OPT_ENUM,
		.values = "raw|base64",
		.preset = "raw",
		.help = "how it is written there" },
	{ 0 },
};

struct secrets *secrets_new(void)
{
	struct secrets *secrets = calloc(1, sizeof(*secrets));

	if (secrets)
		list_init(&secrets->list);
	return secrets;
}

static void secret_free(struct secret *secret)
{
	explicit_bzero(secret->text, sizeof(secret->text));
	free(secret->id);
	free(secret);
}

void secrets_free(struct secrets *secrets)
{
	if (!secrets)
		return;
	list_for_each_safe (secret, &secrets->list, struct secret, node)
		secret_free(secret);
	free(secrets);
}

int secrets_check(struct opts *opts, struct error **err)
{
	const char *type = opts_text(opts, "qom-type");

	if (!type)
		return error_set(err, EINVAL, "Parameter 'qom-type' is missing");
	if (strcmp(type, "secret")) {
		error_set(err, EINVAL, "invalid object type: %s", type);
		error_set_hint(err, "The only one is 'secret'.");
		return -EINVAL;
	}
	return opts_check(
		opts, "secret", (const struct opt_desc *const[]){ secret_options, NULL }, err);
}

static struct secret *find(const struct secrets *secrets, const char *id)
{
	list_for_each (secret, &secrets->list, struct secret, node)
		if (!strcmp(secret->id, id))
			return secret;
	return NULL;
}

/* Return: bytes read, -EFBIG where there are more, -errno. */
static int read_file(const char *path, char *buf, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len < size) {
		ssize_t got = read(fd, buf + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return (int)len;
		len += (size_t)got;
	}
	return -EFBIG;
}

/* Return: length of the text, -EINVAL. */
static int decode_base64(const char *text, char *buf)
{
	size_t len = strlen(text);
	int bytes;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (!len || len % 4)
		return len ? -EINVAL : 0;
	bytes = EVP_DecodeBlock((unsigned char *)buf, (const unsigned char *)text, (int)len);
	if (bytes < 0)
		return -EINVAL;
	/* The padding was decoded as zero bytes. */
	return bytes - (text[len - 1] == '=') - (text[len - 2] == '=');
}

static int fill(struct secret *secret, const struct opts *opts, struct error **err)
{
	const char *data = opts_get_string(opts, "data"), *file = opts_get_string(opts, "file");
	char raw[SECRET_MAX + 1] = "";
	int len;

	if (!data == !file)
		return error_set(err, EINVAL, "secret '%s': give 'data' or 'file'%s", secret->id,
			data ? ", not both" : "");
	len = data ? (int)strnlen(data, sizeof(raw)) : read_file(file, raw, sizeof(raw));
	if (len == (int)sizeof(raw) || len == -EFBIG)
		return error_set(err, EFBIG, "secret '%s' is longer than %d bytes", secret->id,
			(int)SECRET_MAX);
	if (len < 0)
		return error_set(err, -len, "Unable to read %s: %s", file, strerror(-len));
	if (data)
		memcpy(raw, data, (size_t)len);
	if (opts_get_enum(opts, "format") == 1) {
		len = decode_base64(raw, secret->text);
	} else {
		memcpy(secret->text, raw, (size_t)len);
	}
	explicit_bzero(raw, sizeof(raw));
	if (len < 0)
		return error_set(err, EINVAL, "secret '%s' is not base64", secret->id);
	secret->text[len] = '\0';
	return 0;
}

int secrets_add(struct secrets *secrets, const struct opts *opts, struct error **err)
{
	const char *id = opts_get_string(opts, "id");
	struct secret *secret;
	int r;

	if (find(secrets, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for object", id);
	secret = calloc(1, sizeof(*secret));
	if (!secret || !(secret->id = strdup(id))) {
		free(secret);
		return error_set(err, ENOMEM, "secret '%s': out of memory", id);
	}
	r = fill(secret, opts, err);
	if (r < 0)
		secret_free(secret);
	else
		list_append(&secrets->list, &secret->node);
	return r;
}

int secrets_get(void *data, const char *id, char **ret_secret, struct error **err)
{
	const struct secret *secret = find(data, id);

	if (!secret)
		return error_set(err, ENOENT, "No secret with id '%s'", id);
	*ret_secret = strdup(secret->text);
	return *ret_secret ? 0 : error_set(err, ENOMEM, "secret '%s': out of memory", id);
}
