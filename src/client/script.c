/* SPDX-License-Identifier: MIT */
#include "client/script.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "client/words.h"

#include <errno.h>
#include <string.h>

enum { TIMEOUT_MS = 10 * 1000, TIME_MAX_MS = 86400 * 1000 };

void script_init(struct script *script)
{
	*script = (struct script){ .timeout_ms = TIMEOUT_MS };
}

static struct script_step *new_step(struct script *script, enum script_kind kind)
{
	struct script_step *steps =
		reallocarray(script->steps, script->len + 1, sizeof(*script->steps));

	if (!steps)
		return NULL;
	script->steps = steps;
	steps[script->len] = (struct script_step){ .kind = kind, .ms = script->timeout_ms };
	return &steps[script->len];
}

/* ---- the words behind a step ---- */

/* Return: how many characters the escape has; 0: there is none such. */
static size_t put_escape(struct strbuf *out, const char *at)
{
	static const char names[] = "rntea\\b0", values[] = "\r\n\t\033\a\\\b";
	const char *found = strchr(names, at[1]);
	int high, low;

	if (at[1] && found) {
		strbuf_putc(out, at[1] == '0' ? '\0' : values[found - names]);
		return 2;
	}
	high = at[1] == 'x' && at[2] ? parse_hex_digit(at[2]) : -1;
	low = high >= 0 && at[3] ? parse_hex_digit(at[3]) : -1;
	if (low < 0)
		return 0;
	strbuf_putc(out, (char)(high << 4 | low));
	return 4;
}

static int add_send(struct script *script, const char *text, struct error **err)
{
	struct script_step *step = new_step(script, SCRIPT_SEND);

	if (!step)
		return error_set(err, ENOMEM, "out of memory");
	script->len++;
	while (*text) {
		size_t n = 1;

		if (*text == '\\')
			n = put_escape(&step->text, text);
		else
			strbuf_putc(&step->text, *text);
		if (!n)
			return error_set(err, EINVAL, "'%.4s' is no escape", text);
		text += n;
	}
	return step->text.failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int add_expect(struct script *script, const char *text, struct error **err)
{
	struct script_step *step = new_step(script, SCRIPT_EXPECT);
	char why[128];
	int r;

	if (!step)
		return error_set(err, ENOMEM, "out of memory");
	r = regcomp(&step->regex, text, REG_EXTENDED | REG_NEWLINE);
	if (r) {
		regerror(r, &step->regex, why, sizeof(why));
		return error_set(err, EINVAL, "'%s' is no regular expression: %s", text, why);
	}
	strbuf_puts(&step->text, text);
	script->len++;
	return step->text.failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int read_seconds(const char *word, const char *text, uint64_t *ret_ms, struct error **err)
{
	if (words_thousandths(text, TIME_MAX_MS, ret_ms) == 0)
		return 0;
	error_set(err, EINVAL, "'%s%s%s' is to have a number of seconds up to %d", word,
		*text ? " " : "", text, TIME_MAX_MS / 1000);
	error_set_hint(err, "A step is one word for the shell: '%s 0.5'", word);
	return -EINVAL;
}

static int add_timeout(struct script *script, const char *text, struct error **err)
{
	return read_seconds("timeout", text, &script->timeout_ms, err);
}

static int add_sleep(struct script *script, const char *text, struct error **err)
{
	struct script_step *step = new_step(script, SCRIPT_SLEEP);
	int r = step ? read_seconds("sleep", text, &step->ms, err)
		     : error_set(err, ENOMEM, "out of memory");

	if (r == 0)
		script->len++;
	return r;
}

static int add_break(struct script *script, const char *text, struct error **err)
{
	if (*text)
		return error_set(err, EINVAL, "'break' stands alone");
	if (!new_step(script, SCRIPT_BREAK))
		return error_set(err, ENOMEM, "out of memory");
	script->len++;
	return 0;
}

static const struct {
	const char *word;
	int (*add)(struct script *script, const char *text, struct error **err);
} words[] = {
	{ "send", add_send },
	{ "expect", add_expect },
	{ "timeout", add_timeout },
	{ "sleep", add_sleep },
	{ "break", add_break },
};

int script_add(struct script *script, const char *line, struct error **err)
{
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len && !strncmp(words[i].word, line, len))
			return words[i].add(script, line + len + (line[len] ? 1 : 0), err);
	error_set(err, EINVAL, "'%.*s' is no step", (int)len, line);
	error_set_hint(err, "Steps are: send TEXT, expect REGEX, timeout SECONDS, sleep SECONDS, "
			    "break.");
	return -EINVAL;
}

int script_add_file(struct script *script, const char *path, struct error **err)
{
	AUTO_FREE char *line = NULL;
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	size_t size = 0;
	int r = 0;

	if (!file)
		return error_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	for (unsigned number = 1; r == 0 && getline(&line, &size, file) > 0; number++) {
		line[strcspn(line, "\r\n")] = '\0';
		r = script_add(script, line, err);
		if (r < 0)
			error_prefix(err, "%s, line %u: ", path, number);
	}
	if (!is_stdin)
		fclose(file);
	return r;
}

void script_done(struct script *script)
{
	for (size_t i = 0; i < script->len; i++) {
		if (script->steps[i].kind == SCRIPT_EXPECT)
			regfree(&script->steps[i].regex);
		strbuf_done(&script->steps[i].text);
	}
	free(script->steps);
	script_init(script);
}
