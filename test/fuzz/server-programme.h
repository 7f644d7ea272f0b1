/* SPDX-License-Identifier: MIT */
#ifndef TEST_FUZZ_SERVER_PROGRAMME_H
#define TEST_FUZZ_SERVER_PROGRAMME_H

#include "fuzz/server-scene.h"

/*
 * What happens in a scene, as bytes: one says what (enum op, in its four low bits) and to whom, the
 * next ones are its argument and its bytes. After each thing the server has all the time it wants,
 * and then nothing may be amiss; see server-scene.h.
 */

/**
 * struct kernel_ops - who stands between the server and the kernel; each may be NULL
 * @script: what becomes of the server's next system calls, as for rough_io_script()
 * @hold:   calls are those of somebody outside for now, and to be left alone
 */
struct kernel_ops {
	void (*script)(const uint8_t *script, size_t len);
	void (*hold)(bool hold);
};

/** programme_run() - in a scene that has begun; what is missing at the end of @data is zero */
void programme_run(
	struct scene *scene, const uint8_t *data, size_t size, const struct kernel_ops *kernel);

#endif
