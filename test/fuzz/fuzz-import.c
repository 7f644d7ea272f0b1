/* SPDX-License-Identifier: MIT */
#include "client/import-conman.h"
#include "client/import-conserver.h"
#include "opts/config-file.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Configurations of others: 's' conserver's, 'm' ConMan's. What stands behind a NUL byte is what
 * each file includes that includes one. What is printed has to be a file of ours.
 */

struct included {
	const char *text;
	size_t len;
};

static int read_included(
	void *data, const char *path, char **ret_data, size_t *ret_len, struct error **err)
{
	const struct included *included = data;

	if (!included->text)
		return error_set(err, ENOENT, "could not open '%s'", path);
	*ret_data = malloc(included->len + 1);
	if (!*ret_data)
		abort();
	memcpy(*ret_data, included->text, included->len);
	(*ret_data)[included->len] = '\0';
	*ret_len = included->len;
	return 0;
}

static void check_print(struct import *import)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	struct config_file *file = NULL;
	struct error *err = NULL;

	if (import_print(import, "a file", "control", &out, &err) < 0 ||
		config_file_parse(out.data, out.len, CONFIG_OURS, &file, NULL, &err) < 0)
		abort();
	config_file_free(file);
}

/* What there is depends on no host. */
static enum conman_path look(void *data, const char *path)
{
	(void)data;
	return (enum conman_path)(strlen(path) % 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "localhost", NULL };
	AUTO_IMPORT struct import import = { 0 };
	const char *text = (const char *)data + 1, *nul;
	struct included included = { 0 };
	struct conserver_source source = {
		.read = read_included, .data = &included, .hosts = hosts
	};
	struct error *err = NULL;
	int r;

	if (size == 0)
		return 0;
	nul = memchr(text, '\0', size - 1);
	if (nul)
		included = (struct included){ nul + 1, size - 2 - (size_t)(nul - text) };
	source.text = (struct import_text){ "f", text, nul ? (size_t)(nul - text) : size - 1 };
	r = data[0] == 's' ? import_conserver(&source, &import, &err)
			   : import_conman(&(struct conman_source){ source.text, look, NULL },
				     &import, &err);
	if ((r < 0) != (err != NULL))
		abort();
	if (r == 0)
		check_print(&import);
	error_free(err);
	return 0;
}
