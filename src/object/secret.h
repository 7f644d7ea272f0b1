/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_SECRET_H
#define OBJECT_SECRET_H

#include "object/object.h"

/*
 * `-object secret,id=X,...`: a password by name, so that it stands in no other option. It is wiped
 * when it goes.
 *
 * One that is encrypted (keyid=, iv=, as libvirt passes passwords) is decrypted with a secret that
 * is there already. A file that is a line of text, newline included, is warned of.
 */
extern const struct object_class secret_class;

/**
 * secret_text() - a copy that the caller wipes and frees
 *
 * Return: 0; -ENOENT "No secret with id 'x'"; -EINVAL: has a NUL byte in it; -ENOMEM.
 */
int secret_text(
	const struct object_set *set, const char *id, char **ret_secret, struct error **err);

#endif
