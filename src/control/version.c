/* SPDX-License-Identifier: MIT */
#include "control/version.h"

enum { QEMU_MAJOR = 11, QEMU_MINOR = 1, QEMU_MICRO = 0 };

json_t *version_json(void)
{
	return json_pack("{s:{s:i,s:i,s:i},s:s}", "qemu", "micro", QEMU_MICRO, "minor", QEMU_MINOR,
		"major", QEMU_MAJOR, "package", "charhub " CHARHUB_VERSION);
}
