/* SPDX-License-Identifier: MIT */
/* The fonts' files as they are, each between two symbols; what is packed the build says. */
	.section .rodata
	.global unifont_packed
	.global unifont_packed_end
	.global unifont_upper_packed
	.global unifont_upper_packed_end
unifont_packed:
#ifdef PACKED_UNIFONT
	.incbin PACKED_UNIFONT
#endif
unifont_packed_end:
	.byte 0
unifont_upper_packed:
#ifdef PACKED_UNIFONT_UPPER
	.incbin PACKED_UNIFONT_UPPER
#endif
unifont_upper_packed_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
