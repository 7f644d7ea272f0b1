/* SPDX-License-Identifier: MIT */
#include "prog/setup.h"

#include <stdlib.h>

void setup_done(struct setup *setup)
{
	wanted_done(&setup->wanted);
	request_list_done(&setup->consoles);
	request_list_done(&setup->templates);
	config_files_free(setup->files);
	setup->files = NULL;
	fdsets_done(&setup->fdsets);
	activation_done(&setup->activation);
	for (size_t i = 0; i < setup->n_serials; i++)
		free(setup->serials[i]);
	free(setup->serials);
	setup->serials = NULL;
	setup->n_serials = 0;
	privileges_done(&setup->privileges);
	sandboxing_done(&setup->sandbox);
	bequest_close(&setup->bequest);
	forgone_done(&setup->forgone);
	places_done(&setup->places);
	free(setup->program);
	setup->program = NULL;
	free(setup->name);
	setup->name = NULL;
}
