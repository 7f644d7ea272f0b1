/* SPDX-License-Identifier: MIT */
/*
 * `-vnc` in QEMU's words: its keys, its rules of which go together, its error texts. Keys that
 * only mean something for pictures of machines are taken and do nothing; those that would
 * promise something that is not there (SASL) are refused with the reason.
 * doc/differences.md lists both.
 */
#include "vnc/options.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "text/glyph.h"

#include <errno.h>
#include <string.h>

enum { TO_MAX = 65535, CONNECTIONS_MAX = 10000 };

const struct opt_desc vnc_options[] = {
	{ .name = "vnc",
		.type = OPT_STRING,
		.help = "where to listen: HOST:DISPLAY, :DISPLAY, [IPV6]:DISPLAY, unix:PATH, "
			"none; may be given several times" },
	{ .name = "id", .type = OPT_ID, .help = "name of the server" },
	{ .name = "to", .type = OPT_NUMBER, .max = TO_MAX, .help = "last display number to try" },
	{ .name = "mode",
		.type = OPT_STRING,
		.help = "permissions of unix sockets, whatever the umask; default 0660" },
	{ .name = "ipv4", .type = OPT_BOOL, .help = "listen on IPv4" },
	{ .name = "ipv6", .type = OPT_BOOL, .help = "listen on IPv6" },
	{ .name = "websocket",
		.type = OPT_STRING,
		.help = "also listen for browsers: on (5700 + DISPLAY), PORT, HOST:PORT, "
			"unix:PATH; may be given several times" },
	{ .name = "websocket-origin",
		.type = OPT_STRING,
		.help = "pages that may connect by websocket: https://HOST:PORT, or *; without it "
			"those of the same host" },
	{ .name = "reverse",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "connect to a viewer that listens at HOST:PORT" },
	{ .name = "password",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "ask for a password, which is set at run time" },
	{ .name = "password-secret",
		.type = OPT_ID,
		.help = "ask for the password that is in this secret" },
	{ .name = "view-secret",
		.type = OPT_ID,
		.help = "secret with a second password, for viewers that only look" },
	{ .name = "view-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may look; default: everybody" },
	{ .name = "type-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may type; default: whoever may look" },
	{ .name = "admin-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says which of them may use the monitor behind "
			"the overview; default: nobody" },
	{ .name = "share",
		.type = OPT_ENUM,
		.values = "allow-exclusive|force-shared|ignore",
		.preset = "ignore",
		.help = "what a viewer that wants to be alone gets" },
	{ .name = "connections",
		.type = OPT_NUMBER,
		.min = 1,
		.max = CONNECTIONS_MAX,
		.preset = "32",
		.help = "how many viewers at a time" },
	{ .name = "resize",
		.type = OPT_ENUM,
		.values = "viewer|fixed",
		.preset = "viewer",
		.help = "whether a viewer's window may change the size of the console" },
	{ .name = "scale",
		.type = OPT_NUMBER,
		.min = 1,
		.max = TEXT_SCALE_MAX,
		.preset = "1",
		.help = "make each pixel a square of this size" },
	{ .name = "paste",
		.type = OPT_ENUM,
		.values = "direct|key|off",
		.preset = "key",
		.help = "when the viewer's clipboard is typed: as it comes, on Shift-Insert or the "
			"middle button, never" },
	{ .name = "lossy", .type = OPT_BOOL, .help = "accepted; text is never lossy" },
	{ .name = "non-adaptive", .type = OPT_BOOL, .help = "accepted; nothing is lossy" },
	{ .name = "lock-key-sync", .type = OPT_BOOL, .help = "accepted; keys come as characters" },
	{ .name = "key-delay-ms",
		.type = OPT_NUMBER,
		.help = "accepted; text consoles take keys as they come" },
	{ .name = "tls-creds",
		.type = OPT_ID,
		.help = "-object tls-creds-x509 or tls-creds-anon of a server: viewers need "
			"VeNCrypt, "
			"websockets are wss" },
	{ .name = "tls-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says whose certificates are let in" },
	{ .name = "plain-pam",
		.type = OPT_STRING,
		.help = "ask for a user's name and password, which this service of PAM checks; "
			"needs tls-creds" },
	{ .name = "plain-file",
		.type = OPT_STRING,
		.help = "the same by a file of NAME:HASH lines, hashes as crypt(5) has them" },
	{ .name = "sasl", .type = OPT_BOOL, .preset = "off", .help = "only off" },
	{ .name = "sasl-authz", .type = OPT_STRING, .help = "refused: there is no SASL" },
	{ .name = "audiodev", .type = OPT_STRING, .help = "accepted: there is no sound" },
	{ .name = "display", .type = OPT_STRING, .help = "refused: there are only text consoles" },
	{ .name = "head", .type = OPT_NUMBER, .help = "refused: there are only text consoles" },
	{ .name = "power-control", .type = OPT_BOOL, .preset = "off", .help = "only off" },
	{ 0 },
};

/* ---- what goes together ---- */

/* Options for what does not exist here, in QEMU's words for it. */
static int refuse_missing(const struct opts *opts, struct error **err)
{
	const char *name;

	if (opts_has(opts, "tls-authz") && !opts_has(opts, "tls-creds"))
		return error_set(err, EINVAL, "'tls-authz' provided but TLS is not enabled");
	if (opts_get_bool(opts, "sasl"))
		return error_set(err, ENOTSUP, "VNC SASL auth is not supported");
	if (opts_has(opts, "sasl-authz"))
		return error_set(err, EINVAL, "'sasl-authz' provided but SASL auth is not enabled");
	if ((name = opts_get_string(opts, "display")))
		return error_set(err, ENODEV, "Device '%s' not found", name);
	if (opts_has(opts, "head"))
		return error_set(
			err, EINVAL, "'head' needs 'display', and there are only consoles");
	if (opts_get_bool(opts, "power-control"))
		return error_set(
			err, ENOTSUP, "'power-control' is not supported: a console has none");
	return 0;
}

static int check_plain(const struct vnc_config *config, struct error **err)
{
	const char *plain = config->plain_pam ? "plain-pam" : "plain-file";

	if (!config->plain_pam && !config->plain_file)
		return 0;
	if (config->plain_pam && config->plain_file)
		return error_set(err, EINVAL, "give either 'plain-pam' or 'plain-file', not both");
	if (config->password)
		return error_set(err, EINVAL,
			"'%s' asks for a user's own password: 'password' and 'password-secret' do "
			"not go with it",
			plain);
	if (!config->tls_id)
		return error_set(err, EINVAL,
			"'%s' needs 'tls-creds': the password is sent as it is", plain);
	return 0;
}

static int check_combination(
	const struct opts *opts, const struct vnc_config *config, struct error **err)
{
	if (opts_get_bool(opts, "password") && config->secret_id)
		return error_set(
			err, EINVAL, "'password' flag is redundant with 'password-secret'");
	if (config->view_secret_id && !config->password)
		return error_set(err, EINVAL,
			"'view-secret' needs 'password' or 'password-secret' for those who may "
			"type");
	return check_plain(config, err);
}

/* ---- all of it ---- */

static int no_memory(struct error **err)
{
	return error_set(err, ENOMEM, "vnc: out of memory");
}

static int copy_string(
	const struct opts *opts, const char *key, char **ret_copy, struct error **err)
{
	return copy_text(opts_get_string(opts, key), ret_copy) < 0 ? no_memory(err) : 0;
}

static int copy_strings(const struct opts *opts, struct vnc_config *config, struct error **err)
{
	int r = copy_string(opts, "id", &config->id, err);

	if (r == 0)
		r = copy_string(opts, "password-secret", &config->secret_id, err);
	if (r == 0)
		r = copy_string(opts, "websocket-origin", &config->websocket_origin, err);
	if (r == 0)
		r = copy_string(opts, "tls-creds", &config->tls_id, err);
	if (r == 0)
		r = copy_string(opts, "tls-authz", &config->tls_authz_id, err);
	if (r == 0)
		r = copy_string(opts, "plain-pam", &config->plain_pam, err);
	if (r == 0)
		r = copy_string(opts, "plain-file", &config->plain_file, err);
	if (r == 0)
		r = copy_string(opts, "view-secret", &config->view_secret_id, err);
	if (r == 0)
		r = copy_string(opts, "view-authz", &config->view_authz_id, err);
	if (r == 0)
		r = copy_string(opts, "type-authz", &config->type_authz_id, err);
	if (r == 0)
		r = copy_string(opts, "admin-authz", &config->admin_authz_id, err);
	if (r == 0 && !config->id && !(config->id = strdup("default")))
		r = no_memory(err);
	return r;
}

static int read_config(const struct opts *opts, struct vnc_config *config, struct error **err)
{
	int r = refuse_missing(opts, err);

	if (r == 0)
		r = copy_strings(opts, config, err);
	if (r < 0)
		return r;
	config->reverse = opts_get_bool(opts, "reverse");
	config->password = opts_get_bool(opts, "password") || config->secret_id;
	config->share = (enum vnc_share)opts_get_enum(opts, "share");
	config->resize = (enum vnc_resize)opts_get_enum(opts, "resize");
	config->paste = (enum vnc_paste)opts_get_enum(opts, "paste");
	config->connections = (unsigned)opts_get_number(opts, "connections");
	config->scale = (unsigned)opts_get_number(opts, "scale");
	r = vnc_addresses_read(opts, &config->addresses, err);
	return r < 0 ? r : check_combination(opts, config, err);
}

int vnc_config_read(struct opts *opts, struct vnc_config *ret_config, struct error **err)
{
	static const struct opt_desc *const tables[] = { vnc_options, NULL };
	struct vnc_config config = { 0 };
	int r = opts_check(opts, "vnc", tables, err);

	if (r < 0)
		return r;
	r = read_config(opts, &config, err);
	if (r < 0) {
		vnc_config_done(&config);
		return r;
	}
	/* libvirt names one in every line. */
	if (opts_has(opts, "audiodev"))
		log_warning("vnc: of no meaning here and ignored: 'audiodev'");
	*ret_config = config;
	return 0;
}

bool vnc_config_asks(const struct vnc_config *config)
{
	return config->password || config->plain_pam || config->plain_file;
}

void vnc_config_done(struct vnc_config *config)
{
	free(config->id);
	free(config->secret_id);
	free(config->view_secret_id);
	free(config->tls_id);
	free(config->tls_authz_id);
	free(config->plain_pam);
	free(config->plain_file);
	free(config->websocket_origin);
	free(config->view_authz_id);
	free(config->type_authz_id);
	free(config->admin_authz_id);
	vnc_addresses_done(&config->addresses);
	*config = (struct vnc_config){ 0 };
}
