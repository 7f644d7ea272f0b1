/* SPDX-License-Identifier: MIT */
/*
 * Fills the tables of the program into a manual page. The template is the page itself; a line that
 * consists of one of the words below is replaced. So that no option can be missing from the manual,
 * or be described in two ways, the words and the defaults are those of the program's own tables.
 *
 *	usage: gen-man TEMPLATE > PAGE
 */
#include "chardev/chardev-impl.h"
#include "client/verb.h"
#include "config/console.h"
#include "frontend/frontend.h"
#include "lib/classes.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/cmdline.h"
#include "prog/privileges.h"
#include "prog/sandboxing.h"
#include "object/object.h"
#include "control/scrapes.h"
#include "vnc/vnc.h"

#include <stdio.h>
#include <string.h>

/* Text in which a dash is a dash, no character starts a request, and a list of words may be broken. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			putchar('\\');
		if (*text == '\\')
			putchar('e');
		else if (*text == '.')
			printf("\\&.");
		else if (*text == '\'')
			printf("\\(aq");
		else if (*text == '|')
			printf("|\\:");
		else
			putchar(*text);
	}
}

static void put_program_options(void)
{
	for (const struct program_option *option = program_options; option->name; option++) {
		printf(".TP\n.B \\-");
		put(option->name);
		if (option->arg) {
			printf(" \\fI");
			put(option->arg);
			printf("\\fR");
		}
		printf("\n");
		put(option->help);
		printf(".\n");
	}
}

static void put_line(void *data, const struct opts_help_line *line)
{
	(void)data;
	printf(".TP\n.BI ");
	put(line->key);
	printf("= ");
	put(line->type);
	printf("\n");
	put(line->desc->help);
	if (line->desc->preset) {
		printf(" (default: ");
		put(line->desc->preset);
		printf(")");
	} else if (line->desc->required) {
		printf(" (required)");
	}
	if (line->desc->live)
		printf(" (live)");
	printf(".\n");
}

static void put_table(const struct opt_desc *table)
{
	opts_for_each_help((const struct opt_desc *const[]){ table, NULL }, put_line, NULL);
}

static void put_class(const char *name, const char *summary, const struct opt_desc *options)
{
	printf(".SS ");
	put(name);
	printf("\n");
	put(summary);
	printf(".\n");
	put_table(options);
}

static void put_common_chardev(void)
{
	put_table(chardev_common_options);
}

static void put_chardevs(void)
{
	for (const struct chardev_class *const *at = charhub_classes; *at; at++)
		put_class((*at)->name, (*at)->summary, (*at)->options);
}

static void put_common_device(void)
{
	put_table(frontend_common_options);
}

static void put_aliases(const char *const *aliases)
{
	if (!aliases)
		return;
	printf(".PP\nAlso called ");
	for (size_t i = 0; aliases[i]; i++) {
		printf("%s", i ? ", " : "");
		put(aliases[i]);
	}
	printf(".\n");
}

static void put_devices(void)
{
	for (const struct frontend_class *const *at = frontend_classes; *at; at++) {
		put_class((*at)->name, (*at)->summary, (*at)->options);
		put_aliases((*at)->aliases);
	}
}

static void put_common_object(void)
{
	put_table(object_common_options);
}

static void put_objects(void)
{
	for (const struct object_class *const *at = charhub_objects; *at; at++)
		put_class((*at)->name, (*at)->summary, (*at)->options);
}

static void put_metrics(void)
{
	put_table(scrapes_options);
}

static void put_run_with(void)
{
	put_table(privileges_options);
}

static void put_sandbox(void)
{
	put_table(sandboxing_options);
}

static void put_vnc(void)
{
	put_table(vnc_options);
}

static void put_console(void)
{
	put_table(console_options);
}

/* ---- the client ---- */

static void put_verb_options(const struct verb_option *options)
{
	for (; options && options->name; options++) {
		printf(".TP\n.B ");
		if (options->letter)
			printf("\\-%c\\fR, \\fB", options->letter);
		printf("\\-\\-");
		put(options->name);
		if (options->arg) {
			printf("=\\fI");
			put(options->arg);
			printf("\\fR");
		}
		printf("\n");
		put(options->help);
		printf(".\n");
	}
}

static void put_client_options(void)
{
	put_verb_options(verb_common_options);
}

static void put_verbs(void)
{
	for (const struct verb *verb = verbs; verb->name; verb++) {
		printf(".SS charhub ");
		put(verb->name);
		printf(" ");
		put(verb->usage);
		printf("\n");
		put(verb->summary);
		printf(".\n");
		if (verb->help) {
			put(verb->help);
			printf("\n");
		}
		put_verb_options(verb->options);
	}
}

static const struct {
	const char *word;
	void (*put)(void);
} parts[] = {
	{ "@OPTIONS@\n", put_program_options },
	{ "@CHARDEV-COMMON@\n", put_common_chardev },
	{ "@CHARDEVS@\n", put_chardevs },
	{ "@DEVICE-COMMON@\n", put_common_device },
	{ "@DEVICES@\n", put_devices },
	{ "@OBJECT-COMMON@\n", put_common_object },
	{ "@OBJECTS@\n", put_objects },
	{ "@METRICS@\n", put_metrics },
	{ "@RUN-WITH@\n", put_run_with },
	{ "@SANDBOX@\n", put_sandbox },
	{ "@VNC@\n", put_vnc },
	{ "@CONSOLE@\n", put_console },
	{ "@CLIENT-OPTIONS@\n", put_client_options },
	{ "@VERBS@\n", put_verbs },
};

static void put_template_line(const char *line)
{
	const char *version = strstr(line, "@VERSION@");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(line, parts[i].word)) {
			parts[i].put();
			return;
		}
	if (version)
		printf("%.*s%s%s", (int)(version - line), line, CHARHUB_VERSION, version + 9);
	else
		fputs(line, stdout);
}

int main(int argc, char **argv)
{
	char line[1024];
	FILE *template;

	if (argc != 2)
		return 2;
	template = fopen(argv[1], "re");
	if (!template) {
		perror(argv[1]);
		return 1;
	}
	while (fgets(line, sizeof(line), template))
		put_template_line(line);
	fclose(template);
	return fflush(stdout) ? 1 : 0;
}
