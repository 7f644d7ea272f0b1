/* SPDX-License-Identifier: MIT */
#include "control/screen-copy.h"

#include "base/strbuf.h"
#include "vt/vt.h"

/* What a viewer that joins would see. */
int screen_copy(struct vt *vt, struct vt **ret_copy)
{
	const struct vt_config config = {
		.cols = vt_cols(vt), .rows = vt_rows(vt), .scrollback_lines = VT_NO_SCROLLBACK
	};
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	int r = vt_replay(vt, &bytes, &how);

	if (r == 0)
		r = vt_new(&config, NULL, NULL, ret_copy);
	if (r == 0)
		vt_feed(*ret_copy, bytes.data, bytes.len);
	return r;
}
