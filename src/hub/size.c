/* SPDX-License-Identifier: MIT */
/*
 * The console has one size. Members tell theirs; what comes out of it by the policy goes to the
 * guest when it changes. Members hear of it too, but what they do with it never counts as their
 * telling a size: nobody can make two viewers bounce. A guest that asks gets a size where no
 * member has told one.
 */
#include "hub/size.h"

#include "base/parse.h"

#include <errno.h>
#include <string.h>

int size_init(struct size *size, struct members *members, const char *text, struct error **err)
{
	static const char *const words[] = { "writer", "smallest", "largest", "guest" };
	enum { SIZE_MAX_CELLS = 1000 };

	*size = (struct size){ .members = members, .cols = 80, .rows = 24 };
	for (int i = 0; i < SIZE_FIXED; i++) {
		if (!strcmp(text, words[i])) {
			size->policy = (enum size_policy)i;
			return 0;
		}
	}
	size->policy = SIZE_FIXED;
	size->known = true;
	if (parse_geometry(text, SIZE_MAX_CELLS, &size->cols, &size->rows) < 0)
		return error_set(err, EINVAL,
			"Parameter 'size' expects COLSxROWS (1..%d each), 'writer', 'smallest', "
			"'largest' or 'guest', not '%s'",
			SIZE_MAX_CELLS, text);
	return 0;
}

static bool has_size(const struct member *member)
{
	return member->cols && member->rows;
}

/* Of several terminals the one counts that spoke last. */
static bool is_by_turns(const struct size *size)
{
	return size->policy == SIZE_WRITER || size->policy == SIZE_GUEST;
}

static void limit(unsigned *size, unsigned other, enum size_policy policy)
{
	if (policy == SIZE_SMALLEST ? other < *size : other > *size)
		*size = other;
}

/* Return: false if no member has told a size. */
static bool wanted_size(const struct size *size, unsigned *ret_cols, unsigned *ret_rows)
{
	uint64_t newest = 0;
	bool any = false;

	for_each_member (member, size->members) {
		if (!has_size(member))
			continue;
		if (!any || (is_by_turns(size) && member->size_told_at > newest)) {
			*ret_cols = member->cols;
			*ret_rows = member->rows;
			newest = member->size_told_at;
		} else if (!is_by_turns(size)) {
			limit(ret_cols, member->cols, size->policy);
			limit(ret_rows, member->rows, size->policy);
		}
		any = true;
	}
	return any;
}

static bool update(struct size *size)
{
	unsigned cols = 0, rows = 0;

	if (size->policy == SIZE_FIXED || (size->policy == SIZE_GUEST && size->by_guest) ||
		!wanted_size(size, &cols, &rows))
		return false;
	if (size->known && cols == size->cols && rows == size->rows)
		return false;
	size->known = true;
	size->cols = cols;
	size->rows = rows;
	return true;
}

bool size_may_ask(const struct size *size)
{
	unsigned cols, rows;

	if (size->policy == SIZE_GUEST || size->policy == SIZE_FIXED)
		return size->policy == SIZE_GUEST;
	return !wanted_size(size, &cols, &rows);
}

bool size_taken(struct size *size, unsigned cols, unsigned rows)
{
	if (cols == size->cols && rows == size->rows)
		return false;
	size->known = size->by_guest = true;
	size->cols = cols;
	size->rows = rows;
	return true;
}

bool size_told(struct size *size, struct member *member, unsigned cols, unsigned rows)
{
	if (member->access != HUB_ACCESS_TYPE)
		return false;
	member->cols = cols;
	member->rows = rows;
	if (!member->size_told_at)
		member->size_told_at = ++size->clock;
	return update(size);
}

bool size_typed(struct size *size, struct member *member)
{
	if (!has_size(member) || member->size_told_at == size->clock)
		return false;
	member->size_told_at = ++size->clock;
	return update(size);
}

bool size_forget(struct size *size, struct member *member)
{
	if (!has_size(member))
		return false;
	member->cols = member->rows = 0;
	member->size_told_at = 0;
	return update(size);
}
