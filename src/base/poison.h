/* SPDX-License-Identifier: MIT */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

/*
 * Memory that is mapped and nobody's: AddressSanitizer, where it is at work, reports whoever
 * touches it, as it does with what was freed.
 */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_POISON 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAS_POISON 1
#endif

#ifdef HAS_POISON
#include <sanitizer/asan_interface.h>
#endif

/** poison() - nobody may touch these bytes from now on */
static inline void poison(const void *bytes, size_t len)
{
#ifdef HAS_POISON
	__asan_poison_memory_region(bytes, len);
#else
	(void)bytes;
	(void)len;
#endif
}

/** unpoison() - they are somebody's, or are to be unmapped */
static inline void unpoison(const void *bytes, size_t len)
{
#ifdef HAS_POISON
	__asan_unpoison_memory_region(bytes, len);
#else
	(void)bytes;
	(void)len;
#endif
}

#endif
