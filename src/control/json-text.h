/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_TEXT_H
#define CONTROL_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

/**
 * json_of_bytes() - a string of bytes that may be anything
 *
 * What is no UTF-8 becomes U+FFFD: one for each sequence that was begun and not finished.
 *
 * Return: NULL if memory ran out.
 */
json_t *json_of_bytes(const char *bytes, size_t len);

#endif
