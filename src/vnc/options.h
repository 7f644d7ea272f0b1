/* SPDX-License-Identifier: MIT */
#ifndef VNC_OPTIONS_H
#define VNC_OPTIONS_H

#include "vnc/addresses.h"
#include "vnc/vnc.h"

/* Index into the words of the option `share`. */
enum vnc_share { VNC_SHARE_ALLOW_EXCLUSIVE, VNC_SHARE_FORCE_SHARED, VNC_SHARE_IGNORE };

/* Index into the words of the option `resize`. */
enum vnc_resize { VNC_RESIZE_VIEWER, VNC_RESIZE_FIXED };

/* Index into the words of the option `paste`. */
enum vnc_paste { VNC_PASTE_DIRECT, VNC_PASTE_KEY, VNC_PASTE_OFF };

/**
 * struct vnc_config - what one `-vnc` asks for; owns its strings
 * @addresses: where to listen, or with @reverse the one to connect to
 * @password:  viewers must say a password
 * @plain_pam, @plain_file: viewers must say who they are and their password, which is checked by
 *             this service of PAM, or by this file; or NULL
 * @secret_id, @view_secret_id: names of the secrets, or NULL
 * @view_authz_id, @type_authz_id, @admin_authz_id: names of the rules about who may, or NULL
 * @tls_id, @tls_authz_id: names of credentials and of the rule about certificates, or NULL
 * @websocket_origin: of the pages that may connect, "*": any; NULL: those of the same host
 */
struct vnc_config {
	char *id;
	bool reverse, password;
	struct vnc_addresses addresses;
	char *secret_id, *view_secret_id, *websocket_origin, *view_authz_id, *type_authz_id;
	char *admin_authz_id, *tls_id, *tls_authz_id, *plain_pam, *plain_file;
	enum vnc_share share;
	enum vnc_resize resize;
	enum vnc_paste paste;
	unsigned connections, scale;
};

/**
 * vnc_config_read() - check the options and read them
 *
 * Return: 0, to be undone by vnc_config_done(); -EINVAL, -ENOTSUP, -ENOMEM with @err.
 */
int vnc_config_read(struct opts *opts, struct vnc_config *ret_config, struct error **err);

/** vnc_config_asks() - does a viewer have to log in */
bool vnc_config_asks(const struct vnc_config *config);

void vnc_config_done(struct vnc_config *config);

#endif
