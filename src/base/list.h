/* SPDX-License-Identifier: MIT */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A circular doubly linked list whose nodes live inside the objects. A head is a node too; a node
 * that is in no list points to itself, so that list_remove() may be called twice.
 */
struct list {
	struct list *prev, *next;
};

#define container_of(ptr, type, member) \
	((type *)(void *)((uintptr_t)(const void *)(ptr)-offsetof(type, member)))

/* Walk the objects of type @type that are chained by @member; @pos may not be removed inside. */
#define list_for_each(pos, head, type, member)                                             \
	for (type *pos = container_of((head)->next, type, member); &pos->member != (head); \
		pos = container_of(pos->member.next, type, member))

/* The same, where the body may remove (and free) @pos itself, but no other node. */
#define list_for_each_safe(pos, head, type, member)                           \
	for (type *pos = container_of((head)->next, type, member),            \
		  *pos##_next = container_of(pos->member.next, type, member); \
		&pos->member != (head);                                       \
		pos = pos##_next, pos##_next = container_of(pos->member.next, type, member))

static inline void list_init(struct list *list)
{
	list->prev = list->next = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* Put @node before @at; with a head as @at: at the end. */
static inline void list_add_before(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

static inline void list_append(struct list *head, struct list *node)
{
	list_add_before(head, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#endif
