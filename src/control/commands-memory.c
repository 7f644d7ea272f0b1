/* SPDX-License-Identifier: MIT */
/* What consoles take of memory for what they hold, and how much they may. */
#include "control/commands.h"

#include "control/json-put.h"
#include "control/world.h"
#include "io/budget.h"
#include "io/store.h"

#include <errno.h>

static const struct type memory_type = { .kind = TYPE_STRUCT,
	.name = "MemoryInfo",
	.fields = (const struct field[]){
		{ "hot", &type_int, .help = "bytes as they are, in use until lately" },
		{ "packed", &type_int, .help = "bytes that are compressed" },
		{ "max", &type_int, .optional = true,
			.help = "what both may be together; none: any" },
		{ 0 },
	} };

static int query_memory(struct call *call, struct error **err)
{
	struct loop *loop = world_loop(call_world(call));
	json_t *object = json_object();
	size_t hot, packed, max = budget_get(loop);

	store_usage(loop, &hot, &packed);
	json_put_number(&object, "hot", hot);
	json_put_number(&object, "packed", packed);
	if (max)
		json_put_number(&object, "max", max);
	return call_return(call, object, err);
}

static const struct field max_args[] = {
	{ "size", &type_size, .help = "in bytes, as -memory-max; 0: any" },
	{ 0 },
};

static int memory_max(struct call *call, struct error **err)
{
	size_t size = (size_t)call_int(call, "size", 0);

	if (budget_set(world_loop(call_world(call)), size) == 0)
		return 0;
	return error_set(err, ENOMEM, "out of memory");
}

const struct command commands_memory[] = {
	{ "memory-max", "Bound what consoles hold of their output", max_args, NULL, memory_max },
	{ "query-memory", "Tell what consoles take for what they hold", NULL, &memory_type,
		query_memory },
	{ 0 },
};
