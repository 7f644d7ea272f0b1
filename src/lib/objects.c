/* SPDX-License-Identifier: MIT */
#include "lib/classes.h"

#include "object/authz.h"
#include "object/secret.h"
#include "object/tls-creds.h"

#include <stddef.h>

const struct object_class *const charhub_objects[] = {
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
