/* SPDX-License-Identifier: MIT */
#include "prog/classes.h"

#include "frontend/frontend.h"
#include "object/authz.h"
#include "object/secret.h"
#include "object/tls-creds.h"

#include <stddef.h>

const struct frontend_class *const frontend_classes[] = {
	&frontend_console_class,
	&frontend_virtconsole_class,
	&frontend_virtio_serial_class,
	&frontend_virtserialport_class,
	NULL,
};

const struct object_class *const object_classes[] = {
	&authz_list_class,
	&authz_list_file_class,
	&authz_pam_class,
	&authz_simple_class,
	&secret_class,
	&tls_creds_anon_class,
	&tls_creds_psk_class,
	&tls_creds_x509_class,
	NULL,
};
