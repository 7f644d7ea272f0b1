/* SPDX-License-Identifier: MIT */
#ifndef PROG_SECRETS_H
#define PROG_SECRETS_H

#include "opts/opts.h"

/*
 * `-object secret,id=X,...`: passwords by name, so that they stand in no other option. They are
 * wiped when they go.
 */
struct secrets;

/** secret_options - what `-object secret` takes; the implied first key is "qom-type" */
extern const struct opt_desc secret_options[];

/** secrets_new() - an empty store; NULL if memory ran out */
struct secrets *secrets_new(void);

/** secrets_free() - wipe all; NULL is fine */
void secrets_free(struct secrets *secrets);

/** secrets_check() - is @opts an object that we know, with options it takes. Return: 0, -EINVAL */
int secrets_check(struct opts *opts, struct error **err);

/**
 * secrets_add() - keep a secret
 * @opts: checked
 *
 * One that is encrypted (keyid=, iv=, as libvirt passes passwords) is decrypted with a secret that
 * is there already. A file that is a line of text, newline included, is warned of.
 *
 * Return: 0; -EEXIST; -EINVAL: neither or both of data and file, not base64, wrong key or padding;
 * -ENOENT: no such key; -errno of the file; -EFBIG: longer than a kilobyte; -ENOMEM.
 */
int secrets_add(struct secrets *secrets, const struct opts *opts, struct error **err);

/**
 * secrets_get() - a copy that the caller wipes and frees
 * @secrets: struct secrets; a plain pointer, so that this can be a callback
 *
 * Return: 0; -ENOENT "No secret with id 'x'"; -EINVAL: has a NUL byte in it; -ENOMEM.
 */
int secrets_get(void *secrets, const char *id, char **ret_secret, struct error **err);

#endif
