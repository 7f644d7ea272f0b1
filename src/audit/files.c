/* SPDX-License-Identifier: MIT */
#include "audit/files.h"

#include "base/cleanup.h"
#include "io/log-reader.h"

#include <errno.h>
#include <string.h>

enum { PIECE = 64 * 1024 };

/* What is called like that may be an old file: its end says whether it is packed. */
static enum archive_form form_of(const char *path)
{
	size_t len = strlen(path);

	for (unsigned form = ARCHIVE_PLAIN + 1; form < ARCHIVE_FORMS; form++) {
		const char *suffix = archive_suffix(form);

		if (len > strlen(suffix) && !strcmp(path + len - strlen(suffix), suffix))
			return form;
	}
	return ARCHIVE_PLAIN;
}

int audit_files(const char *path, struct archive *ret_files)
{
	struct archive files;
	int r = archive_list(path, &files);

	if (r < 0)
		return r;
	for (size_t i = 0; i < files.len; i++)
		if (!strcmp(files.items[i].path, path))
			files.items[i].form = form_of(path);
	if (files.len)
		*ret_files = files;
	else
		archive_done(&files);
	return files.len ? 0 : -ENOENT;
}

int audit_file_read(const struct archive_file *file, uint64_t from,
	int (*take)(void *data, const char *bytes, size_t len), void *data)
{
	const struct log_index_table none = { 0 };
	AUTO_FREE char *bytes = malloc(PIECE);
	struct log_reader *reader;
	ssize_t len = 1;
	int r = bytes ? log_reader_open(file, &none, from, &reader) : -ENOMEM;

	if (r < 0)
		return r;
	while (r == 0 && len > 0) {
		len = log_reader_read(reader, bytes, PIECE);
		if (len > 0)
			r = take(data, bytes, (size_t)len);
		else if (len < 0)
			r = (int)len;
	}
	log_reader_close(reader);
	return r;
}
