/* SPDX-License-Identifier: MIT */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "base/histogram.h"
#include "base/strbuf.h"

/*
 * Figures as text, one family after the other, in either of the two forms that scrapers ask for
 * [OpenMetrics 1.0] [Prometheus text format 0.0.4].
 */

enum exposition_form { EXPOSITION_OPENMETRICS, EXPOSITION_PLAIN };

enum exposition_type { EXPOSITION_GAUGE, EXPOSITION_COUNTER, EXPOSITION_HISTOGRAM };

/**
 * struct exposition_family - figures that mean the same, of several things
 * @name: without "_total"; ends with @unit where it has one
 * @unit: "bytes", "seconds"; NULL: none
 * @help: one sentence
 */
struct exposition_family {
	const char *name;
	enum exposition_type type;
	const char *unit, *help;
};

/** struct exposition_label - says of which thing; a set ends with a NULL name */
struct exposition_label {
	const char *name, *value;
};

/** struct exposition - @text: owned; @family: the present one, NULL at the start */
struct exposition {
	enum exposition_form form;
	struct strbuf text;
	const struct exposition_family *family;
};

/** exposition_begin() - the figures of this family come next; @family is static */
void exposition_begin(struct exposition *exposition, const struct exposition_family *family);

/** exposition_put() - a figure; @labels NULL: there is only one */
void exposition_put(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value);

/** exposition_put_real() - the same of one that is no whole number */
void exposition_put_real(
	struct exposition *exposition, const struct exposition_label *labels, double value);

/** exposition_put_histogram() - @per_unit: how many of its units are one of the family's */
void exposition_put_histogram(struct exposition *exposition, const struct exposition_label *labels,
	const struct histogram *histogram, double per_unit);

/** exposition_end() - those were all */
void exposition_end(struct exposition *exposition);

/** exposition_media_type() - for Content-Type */
const char *exposition_media_type(enum exposition_form form);

#endif
