/* SPDX-License-Identifier: MIT */
/*
 * The journal's own protocol [systemd.io/JOURNAL_NATIVE_PROTOCOL]: a datagram of fields, or an
 * empty one with a sealed file that holds them, where no datagram is large enough. libsystemd would
 * send the same, but it waits where the journal is busy, knows one path, and opens its socket when
 * it likes.
 *
 * Where systemd runs, it holds the socket while the journal is started anew: nothing is lost then.
 */
/* syscalls: close fcntl fcntl64 memfd_create write */
#include "backend/backends.h"

#include "backend/sink.h"
#include "base/cleanup.h"
#include "base/stamp.h"
#include "base/utf8.h"
#include "io/write-all.h"
#include "opts/opts.h"
#include "transport/passed-fds.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
	LINE_MAX_BYTES = 8192,
	RETRY_MS = 1000,
	IDENTIFIER_MAX = 48, /* as of RFC 5424, for those who pass the journal on */
};

static const char default_path[] = "/run/systemd/journal/socket";

struct journald_chardev {
	struct sink sink;
	char *identifier;
	unsigned priority;
};

static struct journald_chardev *journald_of(struct chardev *chardev)
{
	return container_of(sink_of(chardev), struct journald_chardev, sink);
}

/* ---- entries ---- */

/* What is no text has its length in front, a little-endian number. */
static void put_message(struct strbuf *out, const char *text, size_t len)
{
	const uint64_t size = htole64(len);
	bool is_text = utf8_is_valid(text, len);

	strbuf_puts(out, is_text ? "MESSAGE=" : "MESSAGE\n");
	if (!is_text)
		strbuf_append(out, &size, sizeof(size));
	strbuf_append(out, text, len);
	strbuf_putc(out, '\n');
}

static void journald_frame(
	const struct sink *sink, const struct sink_entry *entry, struct strbuf *out)
{
	const struct journald_chardev *journald =
		container_of(sink, const struct journald_chardev, sink);
	char stamp[STAMP_BYTES];
	size_t len = stamp_utc(stamp, &entry->at);

	put_message(out, entry->text, entry->len);
	strbuf_printf(out,
		"PRIORITY=%u\nSYSLOG_IDENTIFIER=%s\nSYSLOG_TIMESTAMP=%.*s\nCONSOLE=%s\n"
		"CHARHUB_CHARDEV=%s\nCHARHUB_ENTRY=%s\n",
		journald->priority, journald->identifier, (int)len - 1, stamp, sink_console(sink),
		sink->base.id, sink_kind_name(entry->kind));
}

/* ---- entries that no datagram takes ---- */

static int make_sealed(const struct strbuf *message)
{
	AUTO_CLOSE int fd = memfd_create("charhub-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = fd < 0 ? -errno : write_all(fd, message->data, message->len);

	if (r == 0 && fcntl(fd, F_ADD_SEALS,
			      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

/* Where there is no memory for the file, there may be later. */
static int journald_send_large(int fd, const struct strbuf *message)
{
	AUTO_CLOSE int file = make_sealed(message);
	ssize_t r = file < 0 ? -ENOBUFS
			     : passed_fds_send(fd, NULL, 0, file, MSG_DONTWAIT | MSG_NOSIGNAL);

	return r == -EAGAIN ? -ENOBUFS : (int)r;
}

static const struct sink_class journald_sink = {
	.frame = journald_frame,
	.send_large = journald_send_large,
};

/* ---- methods ---- */

static int read_options(
	struct journald_chardev *journald, const struct opts *opts, struct error **err)
{
	const char *identifier = opts_get_string(opts, "identifier");
	char *copy;
	int r = sink_check_word("identifier", identifier, IDENTIFIER_MAX, err);

	if (r < 0)
		return r;
	copy = strdup(identifier);
	if (!copy)
		return error_set(err, ENOMEM, "chardev: journald: out of memory");
	r = sink_set_console(&journald->sink, opts_get_string(opts, "console"), err);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(journald->identifier);
	journald->identifier = copy;
	journald->priority = (unsigned)opts_get_enum(opts, "priority");
	return 0;
}

static int begin(struct journald_chardev *journald, const struct opts *opts,
	const struct sink_state *left, struct error **err)
{
	struct outlet_options options = { .address = { .kind = ADDRESS_UNIX,
						  .datagram = true,
						  .path = strdup(opts_get_string(opts, "path")) },
		.retry_ms = RETRY_MS };
	int r = options.address.path ? read_options(journald, opts, err)
				     : error_set(err, ENOMEM, "chardev: journald: out of memory");

	journald->sink.class = &journald_sink;
	if (r == 0)
		r = sink_open(&journald->sink, &options, LINE_MAX_BYTES, left, err);
	if (r < 0)
		free(journald->identifier);
	address_done(&options.address);
	return r;
}

static int journald_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	return begin(journald_of(chardev), opts, NULL, err);
}

static int journald_load(struct chardev *chardev, const struct opts *opts,
	const struct snapshot *from, const void *left, struct error **err)
{
	(void)from;
	return begin(journald_of(chardev), opts, left, err);
}

static void journald_close(struct chardev *chardev)
{
	sink_close(chardev);
	free(journald_of(chardev)->identifier);
}

static int journald_change(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err)
{
	(void)old;
	return read_options(journald_of(chardev), opts, err);
}

static const struct chardev_handover journald_handover = {
	.fields = sink_fields,
	.size = sizeof(struct sink_state),
	.save = sink_save,
	.load = journald_load,
	.part = sink_part,
};

static const struct opt_desc journald_options[] = {
	{ .name = "path",
		.type = OPT_STRING,
		.preset = default_path,
		.help = "the journal's socket" },
	{ .name = "identifier",
		.type = OPT_STRING,
		.preset = "charhub",
		.live = true,
		.help = "SYSLOG_IDENTIFIER of all entries" },
	{ .name = "priority",
		.type = OPT_ENUM,
		.values = SINK_LEVELS,
		.preset = "info",
		.live = true,
		.help = "PRIORITY of all entries" },
	SINK_CONSOLE_OPTION,
	{ 0 },
};

const struct chardev_class backend_journald_class = {
	.name = "journald",
	.summary = "lines for the systemd journal",
	.is_sink = true,
	.keeps_lines = true,
	.options = journald_options,
	.size = sizeof(struct journald_chardev),
	.open = journald_open,
	.close = journald_close,
	.out = sink_out,
	.owes = sink_owes,
	.lost_lines = sink_lost_lines,
	.handover = &journald_handover,
	.change = journald_change,
	.describe = sink_describe,
};
