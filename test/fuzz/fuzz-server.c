/* SPDX-License-Identifier: MIT */
#include "fuzz/server-programme.h"
#include "lib/rough-io.h"

/*
 * The whole server, before and after people are let in. The input is a programme for those outside,
 * the guest, time, and the kernel. So that what is found stays found the clock is fake, and nobody
 * else runs. Who is at a monitor may make sockets: `unshare -n` keeps a fuzzer among its own.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kernel_ops kernel = { .script = rough_io_script };
	struct scene scene;

	scene_begin(&scene);
	programme_run(&scene, data, size, &kernel);
	rough_io_script(NULL, 0);
	scene_end(&scene);
	return 0;
}
