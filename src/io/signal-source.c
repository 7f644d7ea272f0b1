/* SPDX-License-Identifier: MIT */
#include "io/signal-source.h"

#include "io/loop-impl.h"

#include <errno.h>
#include <stdlib.h>

struct signal_source {
	uv_signal_t uv;
	signal_source_fn *fn;
	void *data;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct signal_source *source = handle->data;

	(void)number;
	source->fn(source->data);
}

static void release(uv_handle_t *handle)
{
	free(handle->data);
}

int signal_source_new(struct loop *loop, int number, signal_source_fn *fn, void *data,
	struct signal_source **ret_source)
{
	struct signal_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return -ENOMEM;
	r = uv_signal_init(loop_uv(loop), &source->uv);
	if (r < 0) {
		free(source);
		return r;
	}
	source->uv.data = source;
	source->fn = fn;
	source->data = data;
	r = uv_signal_start(&source->uv, on_signal, number);
	if (r < 0) {
		signal_source_free(source);
		return r;
	}
	*ret_source = source;
	return 0;
}

void signal_source_free(struct signal_source *source)
{
	if (source)
		uv_close((uv_handle_t *)&source->uv, release);
}
