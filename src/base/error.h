/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/**
 * struct error - why a call failed, for a person to read
 *
 * Functions that can fail for reasons a person should see take a last parameter
 * `struct error **err`. It may be NULL (the caller does not care); otherwise *err must be NULL on
 * entry and is set exactly when the function returns a negative errno. The caller owns it then.
 */
struct error;

/**
 * error_set() - make an error
 * @err:  where to put it; may be NULL
 * @code: positive errno
 * @fmt:  one sentence without a newline that names the object, the option and the value
 *
 * Return: -@code, so that `return error_set(err, EINVAL, ...)` reads well.
 */
int error_set(struct error **err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** error_set_hint() - add lines that say what would be right; replaces an earlier hint */
void error_set_hint(struct error **err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** error_prefix() - put words in front of the message of *@err; no-op where there is no error */
void error_prefix(struct error **err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * error_move() - hand an error on
 * @err: where it goes; may be NULL, then it is forgotten
 * @why: that of a call that has failed; *@why is NULL afterwards
 *
 * Return: the negative errno that it was made with.
 */
int error_move(struct error **err, struct error **why);

/** error_message() - the sentence; owned by the error */
const char *error_message(const struct error *error);

/** error_hint() - the hint, or NULL; owned by the error */
const char *error_hint(const struct error *error);

/** error_code() - the positive errno it was made with */
int error_code(const struct error *error);

/** error_free() - NULL is fine */
void error_free(struct error *error);

#endif
