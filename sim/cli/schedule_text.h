/* SPDX-License-Identifier: MIT */
/*
 * Schedules as text: a switch a line, the point and the name of who goes on from there; the
 * rest of a line behind "#" is for people.
 *
 *	0 count
 *	5 count.2   # a preemption
 */
#ifndef SIM_CLI_SCHEDULE_TEXT_H
#define SIM_CLI_SCHEDULE_TEXT_H

#include <stdio.h>

#include <pcasim/schedule.h>

struct schedule_list {
	struct pca_switch *switches;
	size_t nr;
};

/*
 * Read all of in, whose name path is for errors. find gives the number of an actor by its
 * name, -1 for none. 0, or -1 after a line on stderr that says which line is wrong.
 */
int schedule_text_read(struct schedule_list *list, FILE *in, const char *path,
		       int (*find)(const void *arg, const char *name), const void *arg);
void schedule_list_free(struct schedule_list *list);

/* comment: what stands behind the switch, or NULL. */
void schedule_text_write(FILE *out, const struct pca_switch *entry, const char *name,
			 const char *comment);

#endif
