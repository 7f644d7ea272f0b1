/* SPDX-License-Identifier: MIT */
/*
 * Who turns the command line of a virtual machine into one of ours reads here what becomes of each
 * option. Those that mean nothing here, and nothing else, are in the table of options: they are
 * taken.
 */
#include "prog/foreign.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char machine[] = "The machine stays the VMM's: it gets a chardev whose other end is "
			      "here, such as -chardev socket,id=serial0,path=...";
static const char screen[] = "Consoles are shown by -chardev vc,id=ID and -vnc :0";
static const char debugger[] = "Give the VMM a socket for it, and make that a -chardev here";

static const struct {
	const char *names, *hint;
} others[] = {
	{ " nographic ", "A guest on this terminal is -chardev stdio,id=c and "
			 "-device console,guest=ID,chardev=c" },
	{ " curses sdl gtk spice full-screen vga g win2k-hack ", screen },
	{ " virtioconsole ", "It is -device virtio-serial and -device virtconsole,chardev=ID" },
	{ " gdb s debugcon qtest semihosting-config ", debugger },
	{ " M accel action alt-grab append audio audiodev bios blockdev boot cdrom compat cpu "
	  "device-tree drive dtb enable-kvm fda fdb fsdev global hda hdb hdc hdd icount initrd "
	  "kernel loadvm m machine mem-path mem-prealloc mtdblock net netdev nic no-acpi no-hpet "
	  "no-reboot no-shutdown numa only-migratable overcommit pflash plugin preconfig rtc S "
	  "sd seed smbios smp snapshot tpmdev usb usbdevice uuid virtfs watchdog "
	  "watchdog-action acpitable incoming add-object set k l msg trace ",
		machine },
};

static bool is_in(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(names, name); len && at; at = strstr(at + 1, name))
		if (at > names && at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

int foreign_option(const char *name, const char *word, struct error **err)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!is_in(others[i].names, name))
			continue;
		error_set(err, EINVAL, "%s: is an option of a virtual machine monitor", word);
		error_set_hint(err, "%s", others[i].hint);
		return -EINVAL;
	}
	return error_set(err, EINVAL, "%s: invalid option", word);
}
