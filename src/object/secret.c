/* SPDX-License-Identifier: MIT */
/* syscalls: openat read */
#include "object/secret.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <openssl/evp.h>

enum {
	SECRET_MAX = 1024, /* bytes of a secret */
	RAW_MAX = 2048,	   /* of the same as it is written: encrypted, in base64 */
	KEY_BYTES = 32,	   /* AES-256 */
	BLOCK_BYTES = 16,
};

/** struct secret - @len @bytes, and a NUL behind them; a key may have NULs of its own */
struct secret {
	struct object base;
	unsigned char bytes[SECRET_MAX + 1];
	size_t len;
};

/* Bytes on their way to be a secret. */
struct raw {
	unsigned char bytes[RAW_MAX + 1];
	size_t len;
};

static const struct opt_desc secret_options[] = {
	{ .name = "data",
		.type = OPT_STRING,
		.help = "the secret itself; everybody who may list processes can read it" },
	{ .name = "file", .type = OPT_STRING, .help = "file that holds the secret" },
	{ .name = "format",
		.type = OPT_ENUM,
		.values = "raw|base64",
		.preset = "raw",
		.help = "how it is written there" },
	{ .name = "keyid",
		.type = OPT_ID,
		.help = "secret with the 32 bytes of the key that this one is encrypted with "
			"(AES-256-CBC)" },
	{ .name = "iv",
		.type = OPT_STRING,
		.help = "the 16 bytes that the encryption began with, in base64" },
	{ 0 },
};

static const struct secret *find(const struct object_set *set, const char *id)
{
	const struct object *object = object_set_find(set, id);

	return object && object->class == &secret_class
		       ? container_of(object, const struct secret, base)
		       : NULL;
}

/* ---- from text to bytes; the texts of errors are QEMU's ---- */

static int too_long(const struct secret *secret, struct error **err)
{
	return error_set(err, EFBIG, "secret '%s' is longer than %d bytes", secret->base.id,
		(int)SECRET_MAX);
}

static int read_all(int fd, struct raw *raw)
{
	while (raw->len < sizeof(raw->bytes)) {
		ssize_t got = read(fd, raw->bytes + raw->len, sizeof(raw->bytes) - raw->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		raw->len += (size_t)got;
	}
	return 0;
}

static int read_file(const char *path, struct raw *raw, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return error_set(err, errno, "Unable to read %s: Failed to open file “%s”: %s",
			path, path, strerror(errno));
	r = read_all(fd, raw);
	if (r < 0)
		return error_set(err, -r, "Unable to read %s: Error reading file “%s”: %s", path,
			path, strerror(-r));
	return 0;
}

static int read_raw(
	const struct secret *secret, const struct opts *opts, struct raw *raw, struct error **err)
{
	const char *data = opts_get_string(opts, "data"), *file = opts_get_string(opts, "file");
	int r = 0;

	if (data && file)
		return error_set(err, EINVAL, "'file' and 'data' are mutually exclusive");
	if (!data && !file)
		return error_set(err, EINVAL, "Either 'file' or 'data' must be provided");
	if (file)
		r = read_file(file, raw, err);
	else
		raw->len = strnlen(data, sizeof(raw->bytes));
	if (data)
		memcpy(raw->bytes, data, raw->len);
	if (r == 0 && raw->len > RAW_MAX)
		r = too_long(secret, err);
	return r;
}

static int decode_base64(struct raw *raw, struct error **err)
{
	ssize_t len = base64_decode_in_place(raw->bytes, raw->len);

	if (len < 0)
		return error_set(err, EINVAL, "Base64 data contains invalid characters");
	raw->len = (size_t)len;
	return 0;
}

/* In place: the padding says how many bytes the last block has too many. */
static int remove_padding(struct raw *raw, struct error **err)
{
	unsigned padding = raw->len ? raw->bytes[raw->len - 1] : 0;

	if (!padding || padding > BLOCK_BYTES)
		return error_set(err, EINVAL,
			"Incorrect number of padding bytes (%u) found on decrypted data", padding);
	raw->len -= padding;
	return 0;
}

static int run_cipher(
	const unsigned char *key, const unsigned char *iv, struct raw *raw, struct error **err)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	unsigned char plain[RAW_MAX + BLOCK_BYTES];
	int len = 0;
	bool done = cipher && EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key, iv, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(cipher, 0) == 1 &&
		    EVP_DecryptUpdate(cipher, plain, &len, raw->bytes, (int)raw->len) == 1;

	EVP_CIPHER_CTX_free(cipher);
	if (done)
		memcpy(raw->bytes, plain, (size_t)len);
	explicit_bzero(plain, sizeof(plain));
	return done ? remove_padding(raw, err)
		    : error_set(err, EIO, "Unable to decrypt with AES-256-CBC");
}

static int decrypt(
	const struct object_set *set, const struct opts *opts, struct raw *raw, struct error **err)
{
	const char *keyid = opts_get_string(opts, "keyid"), *text = opts_get_string(opts, "iv");
	const struct secret *key = find(set, keyid);
	struct raw iv = { 0 };
	int r;

	if (!key)
		return error_set(err, ENOENT, "No secret with id '%s'", keyid);
	if (key->len != KEY_BYTES)
		return error_set(err, EINVAL, "Key should be %d bytes in length", (int)KEY_BYTES);
	if (!text)
		return error_set(err, EINVAL, "IV is required to decrypt secret");
	iv.len = strnlen(text, RAW_MAX);
	memcpy(iv.bytes, text, iv.len);
	r = decode_base64(&iv, err);
	if (r < 0)
		return r;
	if (iv.len != BLOCK_BYTES)
		return error_set(err, EINVAL, "IV should be %d bytes in length not %zu",
			(int)BLOCK_BYTES, iv.len);
	if (raw->len % BLOCK_BYTES)
		return error_set(err, EINVAL, "Length %zu must be a multiple of block size %d",
			raw->len, (int)BLOCK_BYTES);
	return run_cipher(key->bytes, iv.bytes, raw, err);
}

/* Did an editor put a newline behind the password? A key of arbitrary bytes may end in one. */
static bool is_line(const struct raw *raw)
{
	for (size_t i = 0; i + 1 < raw->len; i++)
		if (raw->bytes[i] < ' ' || raw->bytes[i] > '~')
			return false;
	return raw->len && raw->bytes[raw->len - 1] == '\n';
}

static int fill_from(
	struct secret *secret, const struct opts *opts, struct raw *raw, struct error **err)
{
	int r = read_raw(secret, opts, raw, err);

	if (r == 0 && opts_get_enum(opts, "format") == 1)
		r = decode_base64(raw, err);
	else if (r == 0 && opts_has(opts, "file") && is_line(raw))
		log_warning("secret '%s': the newline at the end of %s is part of it",
			secret->base.id, opts_get_string(opts, "file"));
	if (r == 0 && opts_has(opts, "keyid"))
		r = decrypt(secret->base.set, opts, raw, err);
	if (r < 0)
		return r;
	if (raw->len > SECRET_MAX)
		return too_long(secret, err);
	memcpy(secret->bytes, raw->bytes, raw->len);
	secret->len = raw->len;
	return 0;
}

/* Messages do not show the argument, in which the secret may stand. */
static int secret_open(struct object *object, const struct opts *opts, struct error **err)
{
	struct secret *secret = container_of(object, struct secret, base);
	struct raw raw = { 0 };
	int r;

	log_set_place(NULL);
	r = fill_from(secret, opts, &raw, err);
	explicit_bzero(&raw, sizeof(raw));
	return r;
}

static void secret_close(struct object *object)
{
	struct secret *secret = container_of(object, struct secret, base);

	explicit_bzero(secret->bytes, sizeof(secret->bytes));
}

const struct object_class secret_class = {
	.name = "secret",
	.summary = "a password by name",
	.options = secret_options,
	.size = sizeof(struct secret),
	.open = secret_open,
	.close = secret_close,
};

int secret_text(const struct object_set *set, const char *id, char **ret_secret, struct error **err)
{
	const struct secret *secret = find(set, id);

	if (!secret)
		return error_set(err, ENOENT, "No secret with id '%s'", id);
	/* Whoever asks for text gets text. */
	if (memchr(secret->bytes, '\0', secret->len))
		return error_set(err, EINVAL, "Data from secret %s is not valid UTF-8", id);
	*ret_secret = strdup((const char *)secret->bytes);
	return *ret_secret ? 0 : error_set(err, ENOMEM, "secret '%s': out of memory", id);
}
