/* SPDX-License-Identifier: MIT */
#include "base/numbers.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, WORDS_FIRST = 4 };

static int grow(struct numbers *numbers)
{
	size_t n = numbers->n_words ? numbers->n_words * 2 : WORDS_FIRST;
	uint64_t *words = realloc(numbers->words, n * sizeof(*words));

	if (!words)
		return -1;
	memset(words + numbers->n_words, 0, (n - numbers->n_words) * sizeof(*words));
	numbers->words = words;
	numbers->n_words = n;
	return 0;
}

unsigned numbers_take(struct numbers *numbers)
{
	unsigned bit;

	while (numbers->first < numbers->n_words && numbers->words[numbers->first] == UINT64_MAX)
		numbers->first++;
	if (numbers->first == numbers->n_words && grow(numbers) < 0)
		return 0;
	bit = (unsigned)__builtin_ctzll(~numbers->words[numbers->first]);
	numbers->words[numbers->first] |= (uint64_t)1 << bit;
	return (unsigned)numbers->first * WORD_BITS + bit + 1;
}

int numbers_take_this(struct numbers *numbers, unsigned number)
{
	size_t word = (number - 1) / WORD_BITS;
	uint64_t bit = (uint64_t)1 << ((number - 1) % WORD_BITS);

	if (!number)
		return -1;
	while (word >= numbers->n_words)
		if (grow(numbers) < 0)
			return -1;
	if (numbers->words[word] & bit)
		return -1;
	numbers->words[word] |= bit;
	return 0;
}

void numbers_give_back(struct numbers *numbers, unsigned number)
{
	size_t word = (number - 1) / WORD_BITS;

	numbers->words[word] &= ~((uint64_t)1 << ((number - 1) % WORD_BITS));
	if (word < numbers->first)
		numbers->first = word;
}

void numbers_done(struct numbers *numbers)
{
	free(numbers->words);
	*numbers = (struct numbers){ 0 };
}
