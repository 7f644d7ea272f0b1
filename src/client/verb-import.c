/* SPDX-License-Identifier: MIT */
/* Configurations of others, from files to standard output. */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/import-conman.h"
#include "client/import-conserver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char default_control[] = "/run/charhub/charhub.control";

/* Return: 0 with *@ret_data to be freed; -errno with @err. */
static int read_file(const char *path, char **ret_data, size_t *ret_len, struct error **err)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_FILE FILE *file = fopen(path, "re");
	char chunk[8192];
	size_t n;

	if (!file)
		return error_set(err, errno, "could not open '%s': %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), file)) && text.len <= IMPORT_BYTES_MAX)
		strbuf_append(&text, chunk, n);
	if (ferror(file))
		return error_set(err, errno, "could not read '%s': %s", path, strerror(errno));
	if (text.len > IMPORT_BYTES_MAX)
		return error_set(err, EFBIG, "'%s' has more than %d bytes", path, IMPORT_BYTES_MAX);
	*ret_len = text.len;
	*ret_data = strbuf_take(&text);
	return *ret_data ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* What a file includes stands beside it. @data: that file's name. */
static int read_beside(
	void *data, const char *path, char **ret_data, size_t *ret_len, struct error **err)
{
	const char *from = data, *slash = strrchr(from, '/');
	AUTO_FREE char *whole = NULL;

	if (*path == '/' || !slash)
		return read_file(path, ret_data, ret_len, err);
	if (asprintf(&whole, "%.*s/%s", (int)(slash - from), from, path) < 0) {
		whole = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	return read_file(whole, ret_data, ret_len, err);
}

static int print(
	struct import *import, const struct args *args, const char *from, struct error **err)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	const char *control = args_value(args, "control");
	int r;

	control = control ? control : default_control;
	r = import_print(import, from, strcmp(control, "none") ? control : NULL, &out, err);
	if (r < 0)
		return r;
	if (import->notes.len)
		fputs(import->notes.data, stderr);
	fputs(out.data, stdout);
	return CLIENT_DONE;
}

int verb_config_from_conserver(struct client *client, const struct args *args, struct error **err)
{
	AUTO_IMPORT struct import import = { 0 };
	AUTO_FREE char *data = NULL;
	const char *path = args->words[0];
	char host[256] = "", label[256] = "";
	const char *hosts[] = { "localhost", "127.0.0.1", "::1", host, label,
		args_value(args, "master"), NULL };
	struct conserver_source source = {
		.read = read_beside, .data = args->words[0], .hosts = hosts
	};
	size_t len;
	int r = read_file(path, &data, &len, err);

	(void)client;
	if (r < 0)
		return r;
	gethostname(host, sizeof(host) - 1);
	memcpy(label, host, strcspn(host, "."));
	source.text = (struct import_text){ path, data, len };
	r = import_conserver(&source, &import, err);
	return r < 0 ? r : print(&import, args, "a conserver.cf", err);
}

static enum conman_path look(void *data, const char *path)
{
	struct stat st;

	(void)data;
	if (stat(path, &st) < 0)
		return CONMAN_NOT_HERE;
	return S_ISCHR(st.st_mode) ? CONMAN_LINE_DEVICE : CONMAN_PROGRAM;
}

int verb_config_from_conman(struct client *client, const struct args *args, struct error **err)
{
	AUTO_IMPORT struct import import = { 0 };
	AUTO_FREE char *data = NULL;
	struct conman_source source = { .look = look };
	size_t len;
	int r = read_file(args->words[0], &data, &len, err);

	(void)client;
	source.text = (struct import_text){ args->words[0], data, len };
	if (r == 0)
		r = import_conman(&source, &import, err);
	return r < 0 ? r : print(&import, args, "a conman.conf", err);
}
