/* SPDX-License-Identifier: MIT */
/* The font's file as it is, between two symbols; UNIFONT_PATH comes from the build. */
	.section .rodata
	.global unifont_packed
	.global unifont_packed_end
unifont_packed:
	.incbin UNIFONT_PATH
unifont_packed_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
