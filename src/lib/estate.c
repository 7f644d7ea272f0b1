/* SPDX-License-Identifier: MIT */
#include "lib/estate.h"

#include "control/monitors.h"

#include <errno.h>

int estate_init(struct estate *estate, const struct world_config *config, struct error **err)
{
	int r = world_new(config, &estate->world, err);

	if (r < 0)
		return r;
	estate->monitors = monitors_new(estate->world);
	if (estate->monitors)
		return 0;
	estate_done(estate);
	return error_set(err, ENOMEM, "out of memory");
}

void estate_done(struct estate *estate)
{
	monitors_free(estate->monitors);
	world_free(estate->world);
	*estate = (struct estate){ 0 };
}
