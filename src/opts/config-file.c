/* SPDX-License-Identifier: MIT */
/*
 * Reader of configuration files, QEMU's and ours:
 *
 *	# a comment
 *	[chardev "hub0"]
 *	  backend = "hub"
 *	  chardevs.0 = "pty0"
 *
 * Line by line; blanks at both ends, a CR before the newline, and a comment behind a section or a
 * value do not count. There is no escape in
 * a value: it ends at the next '"'. Nothing of the file is used if a line of it is wrong. The file
 * is the operator's own, but often generated: its size, its lines and its sections are limited.
 */
/* syscalls: fstat newfstatat openat read */
#include "opts/config-file.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "opts/opts-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_BYTES_MAX = 16 << 20,
	LINE_BYTES_MAX = 4096,
	SECTIONS_MAX = 64 * 1024,
};

/* @text: of all lines, cut up in place; the names of sections are pieces of it. */
struct config_file {
	char *text;
	struct config_section *sections;
	size_t len, size;
};

/* Where the parser is: in @line, of which @text is what has not been read. */
struct reader {
	struct config_file *file;
	enum config_dialect dialect;
	unsigned line;
	char *text;
	struct error **err;
};

void config_file_free(struct config_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->len; i++)
		opts_free(file->sections[i].opts);
	free(file->sections);
	free(file->text);
	free(file);
}

static void config_file_cleanup(struct config_file **file)
{
	config_file_free(*file);
}

size_t config_file_len(const struct config_file *file)
{
	return file->len;
}

const struct config_section *config_file_section(const struct config_file *file, size_t index)
{
	return &file->sections[index];
}

struct opts *config_file_take_opts(struct config_file *file, size_t index)
{
	return TAKE_PTR(file->sections[index].opts);
}

static int fail(const struct reader *reader, int code, const char *what)
{
	return error_set(reader->err, code, "%s", what);
}

/* ---- pieces of a line ---- */

static char *skip_blanks(char *text)
{
	return text + strspn(text, " \t");
}

static void trim_end(char *text)
{
	size_t len = strlen(text);

	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
}

static bool is_line_end(const char *text)
{
	return !*text || *text == '#';
}

static bool is_quote(const struct reader *reader, char c)
{
	return c == '"' || (c == '\'' && reader->dialect == CONFIG_OURS);
}

/* Cut `"word"` out of the line: the word, and in *@text what is behind it; NULL: not quoted. */
static char *take_quoted(const struct reader *reader, char **text)
{
	char quote = **text, *word = *text + 1, *end;

	if (!is_quote(reader, quote))
		return NULL;
	end = strchr(word, quote);
	if (!end)
		return NULL;
	*end = '\0';
	*text = skip_blanks(end + 1);
	return word;
}

/* ---- sections ---- */

static int add_section(struct reader *reader, const char *group, const char *id)
{
	struct config_file *file = reader->file;
	size_t size = file->size ? file->size * 2 : 8;
	struct config_section *sections = file->sections;
	struct opts *opts;

	if (file->len == SECTIONS_MAX)
		return fail(reader, EINVAL, "more than 65536 sections");
	if (file->len == file->size) {
		sections = reallocarray(sections, size, sizeof(*sections));
		if (!sections)
			return fail(reader, ENOMEM, "out of memory");
		file->sections = sections;
		file->size = size;
	}
	opts = opts_new();
	if (!opts)
		return fail(reader, ENOMEM, "out of memory");
	sections[file->len++] = (struct config_section){ group, id, opts, reader->line };
	if (id && opts_set(opts, "id", id) < 0)
		return fail(reader, ENOMEM, "out of memory");
	opts_set_line(opts, reader->line);
	return 0;
}

/* ---- lines ---- */

static int add_option(struct reader *reader, const char *key, const char *value)
{
	struct config_section *section;
	int r;

	if (!reader->file->len)
		return fail(reader, EINVAL, "no group defined");
	section = &reader->file->sections[reader->file->len - 1];
	opts_set_line(section->opts, reader->line);
	if (!strcmp(key, "id") && opts_text(section->opts, "id"))
		return 0;
	r = opts_append(section->opts, key, value);
	if (r == -E2BIG)
		return fail(reader, EINVAL, "too many options in one section");
	return r < 0 ? fail(reader, ENOMEM, "out of memory") : 0;
}

/* `key = "value"` at *@text, which is behind it then. */
static int parse_option(struct reader *reader, char **text)
{
	char *key = *text, *p, *value;
	size_t len = strcspn(key, " \t=\"");

	p = skip_blanks(key + len);
	if (len == 0 || *p != '=')
		return fail(reader, EINVAL, "a line is key = \"value\"");
	p = skip_blanks(p + 1);
	if (!is_quote(reader, *p))
		return fail(reader, EINVAL, "the value must be in double quotes");
	value = take_quoted(reader, &p);
	if (!value)
		return fail(reader, EINVAL, "the value has no closing quote");
	if (reader->dialect == CONFIG_QEMU && !is_line_end(p))
		return fail(reader, EINVAL, "there is something behind the value");
	key[len] = '\0';
	*text = p;
	return add_option(reader, key, value);
}

static int parse_options(struct reader *reader, char *text)
{
	int r;

	do {
		r = parse_option(reader, &text);
		if (r == 0 && *text == ',')
			text = skip_blanks(text + 1);
	} while (r == 0 && !is_line_end(text));
	return r;
}

/* `[group]` or `[group "id"]` */
static int parse_section(struct reader *reader)
{
	static const char shape[] = "a section is [group] or [group \"id\"]";
	char *group = skip_blanks(reader->text + 1), *p, *id = NULL;
	size_t len = strcspn(group, " \t]\"'");
	int r;

	p = skip_blanks(group + len);
	if (len == 0)
		return fail(reader, EINVAL, shape);
	if (is_quote(reader, *p)) {
		id = take_quoted(reader, &p);
		if (!id)
			return fail(reader, EINVAL, "the id has no closing quote");
	}
	if (*p != ']')
		return fail(reader, EINVAL, shape);
	p = skip_blanks(p + 1);
	if (reader->dialect == CONFIG_QEMU && !is_line_end(p))
		return fail(reader, EINVAL, shape);
	group[len] = '\0';
	r = add_section(reader, group, id);
	return r < 0 || is_line_end(p) ? r : parse_options(reader, p);
}

/* `include "PATTERN"` is a section of its own. */
static bool is_include(const struct reader *reader)
{
	static const char word[] = "include";
	size_t len = sizeof(word) - 1;
	const char *text = reader->text;

	return reader->dialect == CONFIG_OURS && !strncmp(text, word, len) &&
	       is_quote(reader, text[len + strspn(text + len, " \t")]);
}

static int parse_include(struct reader *reader)
{
	char *p = reader->text + strcspn(reader->text, "\"'");
	char *pattern = take_quoted(reader, &p);

	if (!pattern || !is_line_end(p))
		return fail(reader, EINVAL, "a file is included by include \"FILE\"");
	return add_section(reader, "include", pattern);
}

/* Some editors begin a file in UTF-8 with U+FEFF, which nobody sees. */
static char *skip_mark(char *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	return strncmp(text, mark, sizeof(mark) - 1) ? text : text + sizeof(mark) - 1;
}

/* @line: @len bytes, and one that may be written to */
static int parse_line(struct reader *reader, char *line, size_t len)
{
	if (len > LINE_BYTES_MAX)
		return fail(reader, EINVAL, "the line is longer than 4096 bytes");
	if (memchr(line, '\0', len))
		return fail(reader, EINVAL, "there is a NUL byte in the line");
	line[len] = '\0';
	trim_end(line);
	reader->text = skip_blanks(reader->line == 1 ? skip_mark(line) : line);
	switch (*reader->text) {
	case '\0':
	case '#': return 0;
	case '[': return parse_section(reader);
	default:
		return is_include(reader) ? parse_include(reader)
					  : parse_options(reader, reader->text);
	}
}

/* @text: @len bytes and one more, from malloc(); it is the file's, or freed. */
static int parse(char *text, size_t len, enum config_dialect dialect, struct config_file **ret_file,
	unsigned *ret_line, struct error **err)
{
	__attribute__((cleanup(config_file_cleanup))) struct config_file *file =
		calloc(1, sizeof(*file));
	struct reader reader = { file, dialect, 0, NULL, err };

	if (!file) {
		free(text);
		return error_set(err, ENOMEM, "out of memory");
	}
	file->text = text;
	for (char *end = text + len; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((newline ? newline : end) - text);
		int r;

		reader.line++;
		r = parse_line(&reader, text, line);
		if (r < 0) {
			if (ret_line)
				*ret_line = reader.line;
			return r;
		}
		text += line + (newline != NULL);
	}
	*ret_file = TAKE_PTR(file);
	return 0;
}

int config_file_parse(const char *text, size_t len, enum config_dialect dialect,
	struct config_file **ret_file, unsigned *ret_line, struct error **err)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	if (len)
		memcpy(copy, text, len);
	return parse(copy, len, dialect, ret_file, ret_line, err);
}

/* A pipe or /dev/fd/N works as well as a file. */
static int read_all(int fd, struct strbuf *text, struct error **err)
{
	char chunk[8192];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(
				err, errno, "Cannot read config file: %s", strerror(errno));
		if (n == 0)
			return 0;
		strbuf_append(text, chunk, (size_t)n);
		if (text->len > FILE_BYTES_MAX)
			return error_set(
				err, EFBIG, "Cannot read config file: it is larger than 16 MiB");
		if (text->failed)
			return error_set(err, ENOMEM, "out of memory");
	}
}

/* Opening a FIFO may take for ever. */
static int open_file(const char *path, bool regular, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
	struct stat st;

	if (fd < 0)
		return error_set(err, errno, "Could not open '%s': %s", path, strerror(errno));
	if (!regular || fstat(fd, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return TAKE_FD(fd);
	error_set(err, EINVAL, "Cannot read config file '%s': it is no regular file", path);
	error_set_hint(err, "What is included, or read once more, cannot be a pipe or a device.");
	return -EINVAL;
}

int config_file_read(const char *path, enum config_dialect dialect, bool regular,
	struct config_file **ret_file, unsigned *ret_line, struct error **err)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_CLOSE int fd = open_file(path, regular, err);
	size_t len;
	char *lines;
	int r;

	if (ret_line)
		*ret_line = 0;
	if (fd < 0)
		return fd;
	r = read_all(fd, &text, err);
	if (r < 0 && regular)
		error_prefix(err, "'%s': ", path);
	if (r < 0)
		return r;
	len = text.len;
	lines = strbuf_take(&text);
	if (!lines)
		return error_set(err, ENOMEM, "out of memory");
	return parse(lines, len, dialect, ret_file, ret_line, err);
}
