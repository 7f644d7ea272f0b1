/* SPDX-License-Identifier: MIT */
#ifndef ATTACH_FRAME_H
#define ATTACH_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What travels between a client that is attached to a console and the daemon; doc/attach.md is the
 * reference. A frame is a type, a length and a payload:
 *
 *	type (8 bits)  length of the payload (24 bits)  payload
 *
 * Numbers have their highest byte first. A type that is a small letter may be skipped by who does
 * not know it; one that is not may not.
 */

/** The version of the protocol that is spoken here; older ones there are none. */
enum { ATTACH_VERSION = 1 };

enum attach_type {
	/* to the client */
	ATTACH_DATA = 'D',   /* offset (64 bits), what the console has printed from there on */
	ATTACH_SHOWN = 'S',  /* offset, bytes for the terminal that the console has not printed;
			      * to the daemon, without any: the picture is lost, show it again */
	ATTACH_CREDIT = 'C', /* so many bytes of input more may be sent (32 bits) */
	ATTACH_NOTICE = 'N', /* enum attach_notice (8 bits), a line for the person */
	ATTACH_REPLY = 'R',  /* to a request: its number (8 bits), what came of it (8), text */
	ATTACH_GONE = 'G',   /* the last frame: enum attach_reason (8 bits), text */

	/* to the daemon */
	ATTACH_INPUT = 'I',   /* what is typed */
	ATTACH_BREAK = 'B',   /* a break; no payload */
	ATTACH_REQUEST = 'Q', /* number (8 bits), enum attach_wish (8 bits), text */

	/* both ways */
	ATTACH_SIZE = 'Z', /* columns, rows (16 bits each): of the terminal; of the console */
};

enum attach_reason {
	ATTACH_REASON_SENT_AWAY = 1, /* somebody, or a rule, did not want the client to stay */
	ATTACH_REASON_PROTOCOL = 2,  /* the client broke the rules of this page */
};

/** What a NOTICE is about; another number means no more than OTHER. */
enum attach_notice {
	ATTACH_NOTICE_OTHER = 0,   /* it is for the person only */
	ATTACH_NOTICE_REFUSED = 1, /* what was typed did not count */
	ATTACH_NOTICE_YOURS = 2,   /* the keyboard is the client's */
	ATTACH_NOTICE_LOST = 3,	   /* it was, and is so no more */
	ATTACH_NOTICE_ASKED = 4,   /* it is, and somebody asks for it */
};

enum attach_wish {
	ATTACH_WISH_TAKE = 1, /* the keyboard, whoever has it */
	ATTACH_WISH_GIVE = 2, /* it to somebody: to the member that the text names, or who asked */
	ATTACH_WISH_REQUEST = 3, /* it from who has it */
	ATTACH_WISH_REFUSE = 4,	 /* to give it to who asked */
};

enum {
	ATTACH_HEADER = 4,
	ATTACH_OFFSET = 8,
	ATTACH_PAYLOAD_MAX = 64 * 1024,
	ATTACH_TO_DAEMON_MAX = 4096, /* the payload of a frame of the client */
	ATTACH_TEXT_MAX = 512,
	ATTACH_TERMINAL_MAX = 1000, /* columns, rows */
	ATTACH_CREDIT_START =
		16 * 1024, /* bytes of input that may be sent before the first CREDIT */
};

/**
 * struct attach_frame - one of them
 * @type:    enum attach_type, or one that this version does not know; 0: there is none yet
 * @payload: valid until the decoder, or the bytes that it was fed, change
 */
struct attach_frame {
	uint8_t type;
	const uint8_t *payload;
	size_t len;
};

/**
 * struct attach_decoder - takes frames out of a stream that comes in pieces
 * @max: the longest payload that is taken
 *
 * Holds memory only while a frame is there in part.
 */
struct attach_decoder {
	size_t max;
	uint8_t *held;
	size_t len, size;
};

/** attach_decoder_init() - at the start of a stream */
void attach_decoder_init(struct attach_decoder *decoder, size_t max);

/** attach_decoder_done() - free what is held */
void attach_decoder_done(struct attach_decoder *decoder);

/**
 * attach_decode() - read up to the end of the next frame
 *
 * Return: how many bytes of @bytes were taken, 1 or more: all of them where @ret_frame->type is 0;
 * -EMSGSIZE: a frame is longer than it may be; -EPROTO: 0 is no type; -ENOMEM.
 * After an error the stream is of no use.
 */
ssize_t attach_decode(struct attach_decoder *decoder, const void *bytes, size_t len,
	struct attach_frame *ret_frame);

/* ---- making them ---- */

/** attach_put_header() - Return: behind it */
uint8_t *attach_put_header(uint8_t *at, enum attach_type type, size_t payload_len);

/** attach_put_output() - DATA or SHOWN up to where its @len bytes go. Return: behind it */
uint8_t *attach_put_output(uint8_t *at, enum attach_type type, uint64_t offset, size_t len);

/** attach_put_size() - a whole SIZE. Return: behind it */
uint8_t *attach_put_size(uint8_t *at, unsigned cols, unsigned rows);

/** attach_put_credit() - a whole CREDIT. Return: behind it */
uint8_t *attach_put_credit(uint8_t *at, uint32_t bytes);

/** attach_put_notice() - NOTICE, GONE up to where the text goes. Return: behind it */
uint8_t *attach_put_notice(uint8_t *at, enum attach_type type, uint8_t what, size_t text_len);

/** attach_put_request() - REPLY, REQUEST up to where the text goes. Return: behind it */
uint8_t *attach_put_request(
	uint8_t *at, enum attach_type type, uint8_t number, uint8_t what, size_t text_len);

/* ---- reading them ---- */

/** attach_get_output() - of DATA or SHOWN. Return: 0; -EPROTO: too short */
int attach_get_output(const struct attach_frame *frame, uint64_t *ret_offset,
	const uint8_t **ret_bytes, size_t *ret_len);

/** attach_get_size() - Return: 0; -EPROTO: not four bytes */
int attach_get_size(const struct attach_frame *frame, unsigned *ret_cols, unsigned *ret_rows);

/** attach_get_credit() - Return: 0; -EPROTO: not four bytes */
int attach_get_credit(const struct attach_frame *frame, uint32_t *ret_bytes);

/**
 * struct attach_text - words in a frame
 * @number, @what: the numbers in front of them, where the type has them
 * @text: not NUL-terminated; untrusted: to be cleaned before a terminal gets it
 */
struct attach_text {
	uint8_t number, what;
	const char *text;
	size_t len;
};

/** attach_get_text() - of NOTICE, REPLY, REQUEST, GONE. Return: 0; -EPROTO: too short or long */
int attach_get_text(const struct attach_frame *frame, struct attach_text *ret_text);

#endif
