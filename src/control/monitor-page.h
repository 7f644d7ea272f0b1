/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_MONITOR_PAGE_H
#define CONTROL_MONITOR_PAGE_H

#include "display/display.h"

/**
 * monitor_page_ops - the human monitor as the page behind the overview
 *
 * Its data is the struct world. Each viewer has a session of his own, which goes on while he looks
 * elsewhere.
 */
extern const struct display_page_ops monitor_page_ops;

#endif
