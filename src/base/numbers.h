/* SPDX-License-Identifier: MIT */
#ifndef BASE_NUMBERS_H
#define BASE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct numbers - which of 1, 2, 3, ... are taken
 * @words: a bit a number; @n_words of them
 * @first: no number is free in the words before this one
 *
 * All zero: none. The lowest free one is found by a look at 64 at a time, and none at those before
 * the first that was given back.
 */
struct numbers {
	uint64_t *words;
	size_t n_words, first;
};

/** numbers_take() - the lowest number that is free; 0: no memory */
unsigned numbers_take(struct numbers *numbers);

/** numbers_take_this() - Return: 0; -1: it is taken, or no memory */
int numbers_take_this(struct numbers *numbers, unsigned number);

/** numbers_give_back() - @number was taken, and is free again */
void numbers_give_back(struct numbers *numbers, unsigned number);

/** numbers_done() - free the memory */
void numbers_done(struct numbers *numbers);

#endif
