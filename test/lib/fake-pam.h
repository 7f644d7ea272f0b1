/* SPDX-License-Identifier: MIT */
#ifndef TEST_FAKE_PAM_H
#define TEST_FAKE_PAM_H

#include <stdbool.h>

/*
 * PAM's functions, to be linked in their place. "ann" has an account and the password "sesame";
 * "bob" too, and is called "robert" by PAM; "eve" has the password and no account; of others
 * nothing is known. A service of the name "closed" lets in nobody.
 */

/** fake_pam_reset() - nobody was asked about, nothing is held */
void fake_pam_reset(void);

/** fake_pam_hold() - from now on no question is answered; false: all are */
void fake_pam_hold(bool hold);

/** fake_pam_wait() - until so many questions are held */
void fake_pam_wait(unsigned n);

/** fake_pam_asked() - how many questions there were; @ret_most: how many at the same time */
unsigned fake_pam_asked(unsigned *ret_most);

#endif
