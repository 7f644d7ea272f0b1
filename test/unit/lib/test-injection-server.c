/* SPDX-License-Identifier: MIT */
/*
 * One call fails, of all that are made while people come to a whole server: the programmes are
 * those of the server's fuzzer, test/fuzz/corpus/server. Whatever it is, the reader with whom all
 * is well has each byte once, who comes afterwards is served as ever, and nothing is left behind.
 *
 *	test-lib-injection-server CORPUS [STEP]
 *
 * STEP is how far apart the calls are that fail, by default such that the whole takes seconds; the
 * first one is another in each programme. With 1 it is each of them, and takes minutes.
 */
#include "fuzz/server-programme.h"
#include "lib/fault.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMME_MAX = 4096, STEP = 23, FAULTS_MAX = 100000 };

static const struct kernel_ops kernel = { .hold = fault_hold };

/* Return: has a call failed? */
static bool run(const uint8_t *data, size_t size, unsigned n, int code)
{
	struct scene scene;
	bool failed;

	scene_begin(&scene);
	fault_arm_code(n, code);
	programme_run(&scene, data, size, &kernel);
	failed = fault_disarm();
	scene_end(&scene);
	return failed;
}

/* Return: how many faults there were. */
static unsigned run_each(const uint8_t *data, size_t size, unsigned first, unsigned step)
{
	static const int codes[] = { ENOMEM, EMFILE, ENOSPC, EINTR, EAGAIN, EIO, ECONNRESET };
	unsigned faults = 0;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		for (unsigned n = 1 + (first + (unsigned)i) % step; n < FAULTS_MAX; n += step) {
			if (!run(data, size, n, codes[i]))
				break;
			faults++;
		}
	return faults;
}

static size_t read_programme(const char *dir, const char *name, uint8_t data[PROGRAMME_MAX])
{
	char path[PROGRAMME_MAX];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rbe");
	need(file != NULL);
	size = fread(data, 1, PROGRAMME_MAX, file);
	fclose(file);
	return size;
}

int main(int argc, char **argv)
{
	static uint8_t data[PROGRAMME_MAX];
	unsigned step = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : STEP, faults = 0, n = 0;
	DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;

	need(dir && step > 0);
	for (const struct dirent *entry; (entry = readdir(dir));) {
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		size = read_programme(argv[1], entry->d_name, data);
		faults += run_each(data, size, 7 * n++, step);
	}
	closedir(dir);
	printf("%u programmes, %u faults\n", n, faults);
	return faults ? 0 : 1;
}
