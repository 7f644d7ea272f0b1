/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_SPEC_H
#define CONFIG_SPEC_H

#include "opts/opts.h"

/*
 * How a console says in a word where its guest is, where it listens, and where its lines go:
 * unix:PATH, tcp:HOST:PORT, serial:DEVICE and the like become the options of a chardev. What was
 * said in so many words (`guest.reconnect-ms`) stays.
 */

/** spec_virtio() - the socket of "virtio" or "virtio:SOCKET", "" where it has none; else NULL */
const char *spec_virtio(const char *spec);

/**
 * spec_guest() - the chardev that leads to a guest
 * @opts: what else is said of it
 *
 * Return: 0; -EINVAL: there is no such form; -errno with @err.
 */
int spec_guest(struct opts *opts, const char *spec, struct error **err);

/** spec_listen() - a server for people; as spec_guest() */
int spec_listen(struct opts *opts, const char *spec, struct error **err);

/** spec_syslog() - a syslog server; as spec_guest() */
int spec_syslog(struct opts *opts, const char *spec, struct error **err);

/** spec_guest_forms and the like - what there is, in a line, for help and errors */
extern const char spec_guest_forms[], spec_listen_forms[], spec_syslog_forms[];

#endif
