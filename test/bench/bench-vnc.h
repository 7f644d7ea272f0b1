/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VNC_H
#define BENCH_VNC_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct vnc_screen - what a server under test shows
 * @lines_per_s: lines that scroll; 0: nothing happens by itself
 * @keep_copies: tell scrolls as copies, where the server can choose
 * @port:        TCP, on the loopback
 *
 * A key that arrives is printed; Return starts a new line.
 */
struct vnc_screen {
	unsigned cols, rows, lines_per_s, port;
	bool keep_copies;
};

/**
 * vnc_text_line() - line @number of the text that scrolls, with its end of line. Return: its
 * length
 */
unsigned vnc_text_line(unsigned number, unsigned cols, char line[512]);

/**
 * vnc_libvncserver_run() - serve until killed; 80x24 text painted by src/text into a framebuffer
 */
void vnc_libvncserver_run(const struct vnc_screen *screen);

#endif
