/* SPDX-License-Identifier: MIT */
#include "../unit/hub/lazy-check.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Fuzz target of a hub whose engine puts off what nobody looks at: a program of
 * unit/hub/lazy-check.h, which must come to the same as with an engine that reads at once.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault = lazy_check(data, size);

	if (fault) {
		fprintf(stderr, "lazy: %s\n", fault);
		abort();
	}
	return 0;
}
