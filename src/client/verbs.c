/* SPDX-License-Identifier: MIT */
#include "client/verb-run.h"

#include "base/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct verb_option verb_common_options[] = {
	{ "host", 'H', "HOST", "on another host, by ssh HOST charhub relay" },
	{ "ssh", 0, "COMMAND", "instead of ssh; default: $CHARHUB_SSH" },
	{ "socket", 0, "PATH",
		"of the control socket; default: $CHARHUB_SOCKET, else all that run" },
	{ "json", 'j', NULL, "print JSON" },
	{ "help", 'h', NULL, "say what there is" },
	{ "version", 'V', NULL, "say which version this is" },
	{ 0 },
};

#define ATTACH_OPTIONS                                                                          \
	{ "view", 'v', NULL, "look only" }, { "take", 't', NULL, "take the keyboard at once" }, \
		{ "escape", 'e', "KEY",                                                         \
			"begins a command: ^]; ^A, ..., none; default: "                        \
			"$CHARHUB_ESCAPE" },                                                    \
		{ "tilde", 0, NULL, "~. at the start of a line leaves, too" },                  \
		{ "no-wait", 0, NULL, "end when the connection is lost" },                      \
	{                                                                                       \
		"log", 'l', "FILE", "append what is printed from now on"                        \
	}

static const struct verb_option attach_options[] = { ATTACH_OPTIONS, { 0 } };

static const struct verb_option play_options[] = {
	{ "speed", 's', "FACTOR", "times as fast" },
	{ "idle", 'i', "SECONDS", "no pause is longer" },
	{ 0 },
};

static const struct verb_option kick_options[] = {
	{ "reason", 'r', "TEXT", "is shown to who is sent away" },
	{ 0 },
};

static const struct verb_option member_options[] = {
	{ "access", 'a', "type|view", "may it send input" },
	{ "stall", 0, "skip|wait|close", "what happens when it does not keep up" },
	{ "replay", 0, "auto|screen|window|none", "what it gets first" },
	{ "view-authz", 0, "ID", "the rule that says who may look" },
	{ "type-authz", 0, "ID", "the rule that says who may type" },
	{ 0 },
};

static const struct verb_option send_options[] = {
	{ "file", 'f', "FILE", "type what is in a file; -: standard input" },
	{ "no-enter", 'n', NULL, "no Enter behind the text" },
	{ "bracketed", 'b', NULL, "as one paste, for programs that know that" },
	{ "pace", 0, "MS", "pause between lines; default: 10" },
	{ "take", 't', NULL, "take the keyboard at once" },
	{ "wait", 'w', "SECONDS", "for a guest where there is none; default: 0" },
	{ 0 },
};

static const struct verb_option expect_options[] = {
	{ "file", 'f', "FILE", "a script, a step a line; -: standard input" },
	{ "quiet", 'q', NULL, "do not show what the console prints" },
	{ "take", 't', NULL, "take the keyboard at once" },
	{ 0 },
};

static const struct verb_option screen_options[] = {
	{ "png", 'p', "FILE", "as a picture; -: to standard output" },
	{ 0 },
};

#define CONTROL_OPTION                                                                 \
	{                                                                              \
		"control", 0, "PATH",                                                  \
			"control socket that it names; none: it names none; default: " \
			"/run/charhub/"                                                \
			"charhub.control"                                              \
	}

static const struct verb_option from_conserver_options[] = {
	{ "master", 0, "NAME", "consoles of this master are of this host, too" },
	CONTROL_OPTION,
	{ 0 },
};

static const struct verb_option from_conman_options[] = { CONTROL_OPTION, { 0 } };

static const struct verb_option recording_options[] = {
	{ "input", 'i', NULL, "what is typed too, but for passwords" },
	{ 0 },
};

static const struct verb_option reload_options[] = {
	{ "dry-run", 'n', NULL, "say what would be done, and do nothing" },
	{ 0 },
};

static const struct verb_option upgrade_options[] = {
	{ "dry-run", 'n', NULL, "let the program say whether it could, and do nothing" },
	{ "force", 'f', NULL, "also where a guest loses its device by it" },
	{ 0 },
};

static const struct verb_option audit_verify_options[] = {
	{ "head", 0, "HASH", "of a line that has to be there, as 'audit head' said it" },
	{ 0 },
};

static const struct verb_option audit_show_options[] = {
	{ "since", 's', "TIME", "what happened from then on: 10:00, 5m" },
	{ "until", 'u', "TIME", "what happened before then" },
	{ "console", 'c', "CONSOLE", "of this one, or of those of a pattern" },
	{ "who", 'w', "NAME", "of those whose identity, or member, has this in it" },
	{ "follow", 'f', NULL, "and what comes, until Ctrl-C" },
	{ 0 },
};

#define RANGE_OPTIONS                                                              \
	{ "lines", 'n', "COUNT", "the newest so many lines" },                     \
		{ "since", 's', "TIME", "from what was printed then: 10:00, 5m" }, \
	{                                                                          \
		"offset", 'o', "OFFSET", "from there on"                           \
	}

#define HISTORY_HELP                                                                        \
	"Without options all that is held in one piece with the newest. Of a console that " \
	"prints faster than it is read something may go meanwhile: how much is told on "    \
	"standard error, and what is held then follows."

#define LOG_HELP                                                                                   \
	"With --since, --until or --grep it is what the files of the console's log have, old and " \
	"compressed ones, too, where it has a log that can be read here. FILE is the name of a "   \
	"log, with a '/', without its console. Else it is what the daemon holds. " HISTORY_HELP

static const struct verb_option history_options[] = {
	RANGE_OPTIONS,
	{ "raw", 'r', NULL, "as it was printed, with escape sequences" },
	{ 0 },
};

static const struct verb_option log_options[] = {
	RANGE_OPTIONS,
	{ "until", 'u', "TIME", "what was printed before then" },
	{ "grep", 'g', "REGEX", "only lines whose text has this" },
	{ "plain", 'p', NULL, "lines as a terminal would show them, without escape sequences" },
	{ "follow", 'f', NULL, "go on with what comes, until Ctrl-C" },
	{ "no-wait", 0, NULL, "with --follow: end when the connection is lost" },
	{ 0 },
};

static const struct verb_option relay_options[] = {
	{ "only", 0, "CONSOLE", "let the other end have this console and nothing else" },
	{ "view", 0, NULL, "with --only: to look only" },
	{ 0 },
};

enum { ANY = VERB_WORDS_MAX };

const struct verb verbs[] = {
	{ "list", "[CONSOLE]", "List the consoles: is the guest there, who is, the newest line",
		NULL, NULL, 0, 1, verb_list },
	{ "attach", "CONSOLE", "Be at a console",
		"CONSOLE is a name, the beginning of one, or a pattern, as long as it means one "
		"console. Keys go to the guest; what follows the escape, Ctrl-], is a command: "
		". leaves, ? shows all. When the daemon is restarted or the way to it breaks, the "
		"client waits and goes on where it was, and says what was missed. Without a "
		"terminal what stands on standard input is typed, and when the guest has taken all "
		"of it the client ends.",
		attach_options, 1, 1, verb_attach },
	{ "who", "[CONSOLE]", "Show who is there", NULL, NULL, 0, 1, verb_who },
	{ "kick", "CONSOLE MEMBER", "Send somebody away", NULL, kick_options, 2, 2, verb_kick },
	{ "take", "CONSOLE MEMBER", "Take the keyboard for a member, whoever has it",
		"Of consoles with typing=one, as the next three.", NULL, 2, 2, verb_take },
	{ "give", "CONSOLE [MEMBER]", "Give the keyboard to a member, or to who asks", NULL, NULL,
		1, 2, verb_give },
	{ "request", "CONSOLE MEMBER", "Ask for the keyboard for a member", NULL, NULL, 2, 2,
		verb_request },
	{ "refuse", "CONSOLE", "Do not give it to who asks", NULL, NULL, 1, 1, verb_refuse },
	{ "break", "CONSOLE", "Send a break to the guest", NULL, NULL, 1, 1, verb_break },
	{ "send", "CONSOLE [TEXT...]", "Type, at the guest's pace",
		"Ends once the guest has taken all of it. Where there is no guest, or it leaves "
		"before, that is an error, after --wait.",
		send_options, 1, ANY, verb_send },
	{ "expect", "CONSOLE [STEP...]", "Talk with a console by a script",
		"Steps are: send TEXT (with \\r, \\n, \\t, \\e, \\xHH), expect REGEX, timeout "
		"SECONDS (of each expect, and of the wait for a guest that is not there, from "
		"there on; 10 at the start), sleep SECONDS, break. What was printed before the "
		"script began is never matched, and nothing twice. Ends with 1 when something does "
		"not come in time.",
		expect_options, 1, ANY, verb_expect },
	{ "screen", "CONSOLE", "Show what stands on a console", NULL, screen_options, 1, 1,
		verb_screen },
	{ "history", "CONSOLE", "Show what a console has printed, as text", HISTORY_HELP,
		history_options, 1, 1, verb_history },
	{ "log", "CONSOLE|FILE", "Print what a console has printed, as it came", LOG_HELP,
		log_options, 1, 1, verb_log },
	{ "record", "CONSOLE FILE", "Be at a console, and record it",
		"The recording is an asciicast, version 2, with what was typed and all sizes.",
		attach_options, 2, 2, verb_record },
	{ "recording list", "", "List what the daemons record", NULL, NULL, 0, 0,
		verb_recording_list },
	{ "recording start", "CONSOLE [FILE]", "Let the daemon record a console",
		"Until 'recording stop', whoever is there. FILE is one of the daemon's host: %n is "
		"the name of the console, %t the time; default: %n-%t.cast, in the daemon's "
		"folder.",
		recording_options, 1, 2, verb_recording_start },
	{ "recording stop", "CONSOLE", "End what 'recording start' began", NULL, NULL, 1, 1,
		verb_recording_stop },
	{ "play", "FILE", "Show a recording", NULL, play_options, 1, 1, verb_play },
	{ "watch", "[CONSOLE]", "Watch the list of consoles", NULL, NULL, 0, 1, verb_watch },
	{ "stats", "[CONSOLE]", "Show what members have been given, and what not", NULL, NULL, 0, 1,
		verb_stats },
	{ "add", "DEFINITION", "Make a chardev: what -chardev takes", NULL, NULL, 1, 1, verb_add },
	{ "remove", "CHARDEV", "Unmake a chardev", NULL, NULL, 1, 1, verb_remove },
	{ "hub add", "CONSOLE CHARDEV", "Let a chardev take part in a console", NULL,
		member_options, 2, 2, verb_hub_add },
	{ "hub remove", "CONSOLE MEMBER", "Let it take part no more", NULL, NULL, 2, 2,
		verb_hub_remove },
	{ "hub set", "CONSOLE MEMBER", "Change what a member may", NULL, member_options, 2, 2,
		verb_hub_set },
	{ "config check", "FILE", "Say what is wrong in a configuration, as charhubd would",
		"FILE is what charhubd -config takes, a folder too. It runs $CHARHUBD, else the "
		"charhubd beside it, else that of $PATH.",
		NULL, 1, 1, verb_config_check },
	{ "config from-conserver", "FILE", "Make a configuration of ours of a conserver.cf",
		"It is printed. What has no counterpart is told on standard error, FILE:LINE: "
		"what and why; the exit status is 0 then, too: 1 says that the file is wrong, and "
		"that nothing was printed.",
		from_conserver_options, 1, 1, verb_config_from_conserver },
	{ "config from-conman", "FILE", "Make a configuration of ours of a conman.conf",
		"As from-conserver.", from_conman_options, 1, 1, verb_config_from_conman },
	{ "config show", "[CONSOLE]", "Show what the configuration has made, as plain options",
		NULL, NULL, 0, 1, verb_config_show },
	{ "reload", "", "Let charhubd read its configuration again, and show what has changed",
		"What is the same stays as it is. Where a file is wrong nothing is done.",
		reload_options, 0, 0, verb_reload },
	{ "upgrade", "", "Let the installed charhubd go on in the place of the one that runs",
		"Consoles, guests and clients do not notice, but for what is shown as closed. If "
		"it cannot take over, all goes on as before. Ends when it has.",
		upgrade_options, 0, 0, verb_upgrade },
	{ "audit verify", "FILE...", "Look whether an audit is whole, as charhubd -audit wrote it",
		"With all files that it was rotated into, or those alone that are named. Says "
		"which "
		"line is the first that is wrong: changed, missing, doubled, torn. That the end "
		"was "
		"cut off shows only by --head.",
		audit_verify_options, 1, ANY, verb_audit_verify },
	{ "audit show", "FILE", "Show what stands in an audit",
		"A line each: when, which console, what, who, and what else there is to say. Where "
		"the chain is broken that is told on standard error, and the exit status is 1.",
		audit_show_options, 1, 1, verb_audit_show },
	{ "audit head", "FILE", "Print the hash of the last line of an audit",
		"To be noted elsewhere, for 'audit verify --head'.", NULL, 1, 1, verb_audit_head },
	{ "qmp", "COMMAND [KEY=VALUE...|JSON]", "Run a command of QMP and print what comes back",
		NULL, NULL, 1, ANY, verb_qmp },
	{ "relay", "", "Let a client on another host talk to the daemons here",
		"What charhub -H runs. As the forced command of a key of ssh, "
		"restrict,command=\"charhub relay --only CONSOLE\", it gives the owner of that key "
		"one console and nothing else.",
		relay_options, 0, 0, verb_relay },
	{ "complete", "-- [WORD...]",
		"List what the last word may be, for the completion of shells",
		"With ':files' for names of files.", NULL, 1, ANY, verb_complete },
	{ "help", "[VERB...]", "Say what there is", NULL, NULL, 0, 2, verb_help },
	{ 0 },
};

const struct verb *verb_find(char *const *words, unsigned n, unsigned *ret_used)
{
	char two[64] = "";

	if (n > 1)
		snprintf(two, sizeof(two), "%s %s", words[0], words[1]);
	for (const struct verb *verb = verbs; n && verb->name; verb++) {
		bool is_two = strchr(verb->name, ' ');

		if (strcmp(verb->name, is_two ? two : words[0]) != 0 &&
			strcmp(verb->name, words[0]) != 0)
			continue;
		*ret_used = is_two ? 2 : 1;
		return verb;
	}
	return NULL;
}

bool verb_follows(const struct verb *verb, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(verb->name, word, len) && verb->name[len] == ' ';
}

int verb_unknown(const char *word, struct error **err)
{
	AUTO_STRBUF struct strbuf followers = { 0 };

	for (const struct verb *verb = verbs; verb->name; verb++)
		if (verb_follows(verb, word))
			strbuf_printf(&followers, "%s%s", followers.len ? ", " : "",
				verb->name + strlen(word) + 1);
	if (followers.len && !followers.failed) {
		error_set(err, EINVAL, "behind '%s' one of these is to stand: %s", word,
			followers.data);
		error_set_hint(err, "'charhub help %s' says more.", word);
		return -EINVAL;
	}
	error_set(err, EINVAL, "there is no verb '%s'", word);
	error_set_hint(err,
		"'charhub help' shows what there is. To be at a console of that name: "
		"charhub attach %s",
		word);
	return -EINVAL;
}
