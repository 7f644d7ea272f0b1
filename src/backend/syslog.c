/* SPDX-License-Identifier: MIT */
/*
 * RFC 5424 over a unix socket, UDP [RFC 5426], TCP [RFC 6587 3.4.1: each message has its length in
 * front] or TLS [RFC 5425]; and what syslog(3) writes to /dev/log, RFC 3164 without a host name,
 * since who reads there expects that.
 *
 * A message is no longer than what receivers take as they come: MESSAGE_MAX, and by UDP a datagram
 * that need not be cut to pieces on its way.
 */
/* syscalls: getpid uname */
#include "backend/backends.h"

#include "backend/sink.h"
#include "base/cleanup.h"
#include "base/stamp.h"
#include "base/utf8.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 8192,  /* rsyslog's maxMessageSize */
	DATAGRAM_MAX = 1200, /* with all headers below 1280, the least that IPv6 carries */
	RECONNECT_MS_MAX = 24 * 60 * 60 * 1000,
	APP_NAME_MAX = 48, /* [RFC 5424 6] */
	HOSTNAME_MAX = 255,
	SD_ID_MAX = 32,
	SEVERITIES = 8,
};

enum format { RFC5424, RFC3164 };
enum transport_kind { UDP, TCP };

struct syslog_chardev {
	struct sink sink;
	enum format format;
	unsigned facility, severity;
	char *app_name, *sd_id;
	char host[HOSTNAME_MAX + 1];
};

static struct syslog_chardev *syslog_of(struct chardev *chardev)
{
	return container_of(sink_of(chardev), struct syslog_chardev, sink);
}

/* ---- entries ---- */

/* [RFC 5424 6.3.3] */
static void put_quoted(struct strbuf *out, const char *text)
{
	strbuf_putc(out, '"');
	for (; *text; text++) {
		if (strchr("\"\\]", *text))
			strbuf_putc(out, '\\');
		strbuf_putc(out, *text);
	}
	strbuf_putc(out, '"');
}

static bool is_ascii(const char *text, size_t len)
{
	while (len && !(text[len - 1] & 0x80))
		len--;
	return !len;
}

/* What is more than ASCII is marked as UTF-8, if it is [RFC 5424 6.4]. */
static void put_text(struct strbuf *out, const struct sink_entry *entry)
{
	if (!is_ascii(entry->text, entry->len) && utf8_is_valid(entry->text, entry->len))
		strbuf_puts(out, "\xef\xbb\xbf");
	strbuf_append(out, entry->text, entry->len);
}

static void put_rfc5424(
	const struct syslog_chardev *syslog, const struct sink_entry *entry, struct strbuf *out)
{
	char stamp[STAMP_BYTES];

	stamp_utc(stamp, &entry->at);
	strbuf_printf(out, "<%u>1 %s%s %s %ld %s [%s console=",
		syslog->facility * SEVERITIES + syslog->severity, stamp, syslog->host,
		syslog->app_name, (long)getpid(), sink_kind_name(entry->kind), syslog->sd_id);
	put_quoted(out, sink_console(&syslog->sink));
	strbuf_puts(out, " chardev=");
	put_quoted(out, syslog->sink.base.id);
	strbuf_puts(out, "] ");
	put_text(out, entry);
}

static void put_rfc3164(
	const struct syslog_chardev *syslog, const struct sink_entry *entry, struct strbuf *out)
{
	bool is_local = syslog->sink.outlet.options.address.kind == ADDRESS_UNIX;
	char stamp[STAMP_BYTES];
	struct tm tm;

	localtime_r(&entry->at.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	strbuf_printf(out,
		"<%u>%s %s%s%s[%ld]: %s: ", syslog->facility * SEVERITIES + syslog->severity, stamp,
		is_local ? "" : syslog->host, is_local ? "" : " ", syslog->app_name, (long)getpid(),
		sink_console(&syslog->sink));
	strbuf_append(out, entry->text, entry->len);
}

static void put_message(
	const struct syslog_chardev *syslog, const struct sink_entry *entry, struct strbuf *out)
{
	if (syslog->format == RFC5424)
		put_rfc5424(syslog, entry, out);
	else
		put_rfc3164(syslog, entry, out);
}

static void syslog_frame(
	const struct sink *sink, const struct sink_entry *entry, struct strbuf *out)
{
	const struct syslog_chardev *syslog = container_of(sink, const struct syslog_chardev, sink);
	AUTO_STRBUF struct strbuf message = { 0 };

	if (sink->outlet.options.address.datagram) {
		put_message(syslog, entry, out);
		return;
	}
	put_message(syslog, entry, &message);
	strbuf_printf(out, "%zu ", message.len);
	strbuf_append(out, message.data, message.len);
	out->failed |= message.failed;
}

static const struct sink_class syslog_sink = { .frame = syslog_frame };

/* ---- options ---- */

/* The name by which this system is known; of what is none "-". */
static void read_host_name(struct syslog_chardev *syslog)
{
	struct utsname system;
	bool is_one = uname(&system) == 0 &&
		      sink_check_word("host", system.nodename, HOSTNAME_MAX, NULL) == 0;

	snprintf(syslog->host, sizeof(syslog->host), "%s", is_one ? system.nodename : "-");
}

/* [RFC 5424 6.3.2] */
static int check_sd_id(const char *id, struct error **err)
{
	const char *at = strchr(id, '@');
	int r = sink_check_word("sd-id", id, SD_ID_MAX, err);

	if (r < 0)
		return r;
	if (!strpbrk(id, "=]\"") && at && at > id && at[1] &&
		!at[1 + strspn(at + 1, "0123456789.")])
		return 0;
	error_set(err, EINVAL, "Parameter 'sd-id' expects NAME@NUMBER, not '%s'", id);
	error_set_hint(
		err, "The number is the private enterprise number of whoever gives the name.");
	return -EINVAL;
}

static int check_words(const struct opts *opts, struct error **err)
{
	int r = sink_check_word("app-name", opts_get_string(opts, "app-name"), APP_NAME_MAX, err);

	return r < 0 ? r : check_sd_id(opts_get_string(opts, "sd-id"), err);
}

/* What may change while it runs. */
static int read_words(struct syslog_chardev *syslog, const struct opts *opts, struct error **err)
{
	AUTO_FREE char *app_name = strdup(opts_get_string(opts, "app-name"));
	AUTO_FREE char *sd_id = strdup(opts_get_string(opts, "sd-id"));
	int r = check_words(opts, err);

	if (r < 0)
		return r;
	if (!app_name || !sd_id)
		return error_set(err, ENOMEM, "chardev: syslog: out of memory");
	r = sink_set_console(&syslog->sink, opts_get_string(opts, "console"), err);
	if (r < 0)
		return r;
	free(syslog->app_name);
	free(syslog->sd_id);
	syslog->app_name = TAKE_PTR(app_name);
	syslog->sd_id = TAKE_PTR(sd_id);
	syslog->facility = (unsigned)opts_get_enum(opts, "facility");
	syslog->severity = (unsigned)opts_get_enum(opts, "severity");
	return 0;
}

static bool conflict(struct error **err, bool is, const char *text)
{
	if (is)
		error_set(err, EINVAL, "chardev: syslog: %s", text);
	return is;
}

static int check_options(const struct opts *opts, struct error **err)
{
	bool unix_path = opts_has(opts, "path"), inet = opts_has(opts, "host"),
	     tcp = opts_get_enum(opts, "transport") == TCP;

	if (conflict(err, unix_path + inet != 1, "one of 'path' and 'host' is required") ||
		conflict(err, unix_path && opts_has(opts, "transport"),
			"'transport' is of a host, and a path is a datagram socket") ||
		conflict(err, unix_path && opts_has(opts, "port"), "a path has no port") ||
		conflict(err, opts_has(opts, "tls-creds") && !(inet && tcp),
			"'tls-creds' needs transport=tcp") ||
		conflict(err, opts_has(opts, "tls-hostname") && !opts_has(opts, "tls-creds"),
			"'tls-hostname' needs 'tls-creds'"))
		return -EINVAL;
	return 0;
}

static const char *port_of(const struct opts *opts)
{
	if (opts_has(opts, "port"))
		return opts_get_string(opts, "port");
	return opts_has(opts, "tls-creds") ? "6514" : "514"; /* [RFC 5425 4.1, RFC 5426 3.3] */
}

/* Return: 0; -ENOMEM. */
static int read_address(const struct opts *opts, struct address *address)
{
	const char *path = opts_get_string(opts, "path"), *host = opts_get_string(opts, "host");

	*address = (struct address){ .kind = path ? ADDRESS_UNIX : ADDRESS_INET,
		.datagram = path || opts_get_enum(opts, "transport") == UDP,
		.ipv4 = address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4")),
		.ipv6 = address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6")) };
	if (path) {
		address->path = strdup(path);
		return address->path ? 0 : -ENOMEM;
	}
	address->host = strdup(*host ? host : "localhost");
	address->port = strdup(port_of(opts));
	return address->host && address->port ? 0 : -ENOMEM;
}

static int read_outlet(struct syslog_chardev *syslog, const struct opts *opts,
	struct outlet_options *options, struct error **err)
{
	int r = check_options(opts, err);

	if (r == 0)
		r = read_address(opts, &options->address);
	if (r == 0)
		r = address_check_choices(options->address.ipv4, options->address.ipv6, err);
	if (r == 0 && opts_has(opts, "tls-creds"))
		r = connection_use_tls(
			&options->filters, chardev_objects(&syslog->sink.base), opts, err);
	options->filters.tuning.keep_alive = true;
	options->retry_ms = opts_get_number(opts, "reconnect-ms");
	return r == -ENOMEM ? error_set(err, ENOMEM, "chardev: syslog: out of memory") : r;
}

/* Return: how long the text of an entry may be. */
static size_t text_max(const struct syslog_chardev *syslog, const struct outlet_options *options)
{
	const struct address *address = &options->address;
	size_t most =
		address->datagram && address->kind == ADDRESS_INET ? DATAGRAM_MAX : MESSAGE_MAX;
	size_t head = 100 + strlen(syslog->host) + APP_NAME_MAX + SD_ID_MAX + 2 * SINK_CONSOLE_MAX +
		      strlen(syslog->sink.base.id);

	return most > head + DATAGRAM_MAX / 4 ? most - head : DATAGRAM_MAX / 4;
}

/* ---- methods ---- */

static void release(struct syslog_chardev *syslog)
{
	free(syslog->app_name);
	free(syslog->sd_id);
}

static int begin(struct syslog_chardev *syslog, const struct opts *opts,
	const struct sink_state *left, struct error **err)
{
	struct outlet_options options = { 0 };
	int r = read_outlet(syslog, opts, &options, err);

	if (r == 0)
		r = read_words(syslog, opts, err);
	if (r == 0) {
		syslog->format = opts_has(opts, "format")
					 ? (enum format)opts_get_enum(opts, "format")
				 : opts_has(opts, "path") ? RFC3164
							  : RFC5424;
		syslog->sink.class = &syslog_sink;
		read_host_name(syslog);
		r = sink_open(&syslog->sink, &options, text_max(syslog, &options), left, err);
	}
	if (r < 0)
		release(syslog);
	address_done(&options.address);
	connection_options_done(&options.filters);
	return r;
}

static int syslog_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	return begin(syslog_of(chardev), opts, NULL, err);
}

static int syslog_load(struct chardev *chardev, const struct opts *opts,
	const struct snapshot *from, const void *left, struct error **err)
{
	(void)from;
	return begin(syslog_of(chardev), opts, left, err);
}

static void syslog_close(struct chardev *chardev)
{
	sink_close(chardev);
	release(syslog_of(chardev));
}

static int syslog_change(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err)
{
	(void)old;
	return read_words(syslog_of(chardev), opts, err);
}

static const struct chardev_handover syslog_handover = {
	.fields = sink_fields,
	.size = sizeof(struct sink_state),
	.save = sink_save,
	.load = syslog_load,
	.part = sink_part,
};

static const struct opt_desc syslog_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "unix socket of datagrams: /dev/log" },
	{ .name = "host", .type = OPT_STRING, .help = "where the server is; empty: localhost" },
	{ .name = "port",
		.type = OPT_STRING,
		.help = "port or service there; default: 514, with TLS 6514" },
	{ .name = "transport",
		.type = OPT_ENUM,
		.values = "udp|tcp",
		.preset = "udp",
		.help = "a datagram an entry, or a stream of entries with their lengths" },
	{ .name = "ipv4", .type = OPT_BOOL, .help = "use IPv4" },
	{ .name = "ipv6", .type = OPT_BOOL, .help = "use IPv6" },
	{ .name = "tls-creds",
		.type = OPT_ID,
		.help = "-object tls-creds-* of a client: TCP is encrypted" },
	{ .name = "tls-hostname",
		.type = OPT_STRING,
		.help = "whose certificate the server has to have; default: host" },
	{ .name = "reconnect-ms",
		.type = OPT_NUMBER,
		.preset = "1000",
		.min = 1,
		.max = RECONNECT_MS_MAX,
		.help = "how many milliseconds after a connection has ended, or failed, it is "
			"tried again" },
	{ .name = "format",
		.type = OPT_ENUM,
		.values = "rfc5424|rfc3164",
		.help = "default: rfc5424; of a path rfc3164" },
	{ .name = "facility",
		.type = OPT_ENUM,
		.values = "kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|ntp|"
			  "audit|alert|clock|local0|local1|local2|local3|local4|local5|local6|"
			  "local7",
		.preset = "daemon",
		.live = true,
		.help = "facility of all entries" },
	{ .name = "severity",
		.type = OPT_ENUM,
		.values = SINK_LEVELS,
		.preset = "info",
		.live = true,
		.help = "severity of all entries" },
	{ .name = "app-name",
		.type = OPT_STRING,
		.preset = "charhub",
		.live = true,
		.help = "APP-NAME of all entries, the tag of rfc3164" },
	{ .name = "sd-id",
		.type = OPT_STRING,
		.preset = "charhub@32473",
		.live = true,
		.help = "what the structured data of rfc5424 is called" },
	SINK_CONSOLE_OPTION,
	{ 0 },
};

const struct chardev_class backend_syslog_class = {
	.name = "syslog",
	.summary = "lines for a syslog server",
	.is_sink = true,
	.keeps_lines = true,
	.options = syslog_options,
	.size = sizeof(struct syslog_chardev),
	.open = syslog_open,
	.close = syslog_close,
	.out = sink_out,
	.owes = sink_owes,
	.lost_lines = sink_lost_lines,
	.handover = &syslog_handover,
	.change = syslog_change,
	.describe = sink_describe,
};
