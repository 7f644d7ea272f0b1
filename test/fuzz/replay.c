/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * DIRECTORY [STEP, default 1]: runs a fuzz target on every file of a corpus without a fuzzer:
 * whole, and cut off after every STEP bytes. An input that once broke something stays in the corpus
 * and so is tested for ever. Fails if the directory has no file.
 */

enum { INPUT_MAX = 1 << 20, CUTS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as many bytes as the input has, so that reading past it is seen. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay_file(const char *dir, const char *name, size_t step)
{
	static uint8_t data[INPUT_MAX];
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rbe");
	if (!file)
		return -errno;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run(data, size);
	for (size_t cut = 0; cut < size && cut < CUTS_MAX; cut += step)
		run(data, cut);
	return 0;
}

int main(int argc, char **argv)
{
	size_t step = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned count = 0;
	DIR *dir;

	if (argc < 2 || !step)
		return 2;
	dir = opendir(argv[1]);
	if (!dir) {
		perror(argv[1]);
		return 1;
	}
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(argv[1], entry->d_name, step) < 0) {
			perror(entry->d_name);
			closedir(dir);
			return 1;
		}
		count++;
	}
	closedir(dir);
	printf("%u inputs\n", count);
	return count ? 0 : 1;
}
