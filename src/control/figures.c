/* SPDX-License-Identifier: MIT */
/*
 * A table of families, each with the function that writes it. What is counted outlives who it is
 * about where that comes and goes: a hub's figures are sums over all members that it ever had, and
 * no series bears the name of a person. Hubs are asked by what query-hubs asks them.
 */
/* syscalls: clock_gettime close fstat getdents64 getrusage lseek openat pread64 prlimit64 */
#include "control/figures.h"

#include "base/parse.h"
#include "chardev/chardev.h"
#include "control/auditor.h"
#include "control/recorders.h"
#include "control/screens.h"
#include "frontend/frontend.h"
#include "hub/hub.h"
#include "io/budget.h"
#include "io/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_A_S 1e9
#define US_A_S 1e6
#define MS_A_S 1e3

typedef void put_fn(const struct figures *figures, struct exposition *out);

/* ---- consoles ---- */

typedef void put_hub_fn(const struct chardev *hub, struct exposition *out);

static void each_hub(const struct figures *figures, struct exposition *out, put_hub_fn *put)
{
	struct chardev *chardev = NULL;

	while ((chardev = chardev_set_next(figures->chardevs, chardev)))
		if (chardev_is_hub(chardev))
			put(chardev, out);
}

static void put_of_hub(const struct chardev *hub, struct exposition *out, uint64_t value)
{
	exposition_put(
		out, (const struct exposition_label[]){ { "hub", chardev_id(hub) }, { 0 } }, value);
}

static void put_hub_by(const struct chardev *hub, struct exposition *out, const char *name,
	const char *word, uint64_t value)
{
	exposition_put(out,
		(const struct exposition_label[]){
			{ "hub", chardev_id(hub) }, { name, word }, { 0 } },
		value);
}

static void put_hub_out(const struct chardev *hub, struct exposition *out)
{
	uint64_t out_bytes, in_bytes;

	chardev_traffic(hub, &out_bytes, &in_bytes);
	put_of_hub(hub, out, out_bytes);
}

static void put_hub_in(const struct chardev *hub, struct exposition *out)
{
	uint64_t out_bytes, in_bytes;

	chardev_traffic(hub, &out_bytes, &in_bytes);
	put_of_hub(hub, out, in_bytes);
}

static void put_hub_members(const struct chardev *hub, struct exposition *out)
{
	static const char *const words[] = { "out", "good", "catchup", "skipped" };
	uint64_t counts[sizeof(words) / sizeof(words[0])] = { 0 };
	struct hub_member_info member;

	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		counts[member.standing]++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put_hub_by(hub, out, "standing", words[i], counts[i]);
}

static void put_hub_lag(const struct chardev *hub, struct exposition *out)
{
	struct hub_member_info member;
	uint64_t lag = 0;

	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		if (member.backlog > lag)
			lag = member.backlog;
	put_of_hub(hub, out, lag);
}

static void put_hub_skips(const struct chardev *hub, struct exposition *out)
{
	struct hub_info info;

	hub_info(hub, &info);
	put_of_hub(hub, out, info.skips);
}

static void put_hub_skipped(const struct chardev *hub, struct exposition *out)
{
	struct hub_info info;

	hub_info(hub, &info);
	put_of_hub(hub, out, info.lost_bytes);
}

static void put_hub_dropped(const struct chardev *hub, struct exposition *out)
{
	struct hub_info info;

	hub_info(hub, &info);
	put_of_hub(hub, out, info.dropped_bytes);
}

static void put_hub_stalls(const struct chardev *hub, struct exposition *out)
{
	struct hub_info info;

	hub_info(hub, &info);
	exposition_put_histogram(out,
		(const struct exposition_label[]){ { "hub", chardev_id(hub) }, { 0 } }, info.pauses,
		MS_A_S);
}

static void put_hub_logins(const struct chardev *hub, struct exposition *out)
{
	struct hub_info info;

	hub_info(hub, &info);
	put_hub_by(hub, out, "result", "ok", info.admitted);
	put_hub_by(hub, out, "result", "refused", info.refused);
}

static void put_out(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_out);
}

static void put_in(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_in);
}

static void put_members(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_members);
}

static void put_lag(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_lag);
}

static void put_skips(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_skips);
}

static void put_skipped(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_skipped);
}

static void put_dropped(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_dropped);
}

static void put_stalls(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_stalls);
}

static void put_hub_people(const struct figures *figures, struct exposition *out)
{
	each_hub(figures, out, put_hub_logins);
}

/* A hub has one holder: no two series are of the same one. */
static void put_guests(const struct figures *figures, struct exposition *out)
{
	struct frontend *frontend = NULL;

	while ((frontend = frontend_set_next(figures->frontends, frontend))) {
		const struct chardev *hub = frontend->console ? frontend->console->chardev : NULL;

		if (hub && chardev_is_hub(hub))
			put_of_hub(hub, out, frontend->guest_open);
	}
}

/* Of those that have such a figure. */
static void each_chardev(const struct figures *figures, struct exposition *out,
	bool (*figure)(const struct chardev *chardev, uint64_t *ret_value))
{
	struct chardev *chardev = NULL;
	uint64_t value;

	while ((chardev = chardev_set_next(figures->chardevs, chardev)))
		if (figure(chardev, &value))
			exposition_put(out,
				(const struct exposition_label[]){
					{ "chardev", chardev_id(chardev) }, { 0 } },
				value);
}

static void put_log_drops(const struct figures *figures, struct exposition *out)
{
	each_chardev(figures, out, chardev_log_loss);
}

static void put_lost_lines(const struct figures *figures, struct exposition *out)
{
	each_chardev(figures, out, chardev_lost_lines);
}

/* ---- VNC ---- */

static uint64_t count_viewers(const struct vnc_server *server)
{
	const struct vnc_viewer *viewer = NULL;
	uint64_t count = 0;

	while ((viewer = vnc_server_next_viewer(server, viewer)))
		count += vnc_viewer_is_logged_in(viewer);
	return count;
}

static void put_viewers(const struct figures *figures, struct exposition *out)
{
	const struct vnc_server *server = NULL;

	while ((server = screens_next_vnc(figures->screens, server)))
		exposition_put(out,
			(const struct exposition_label[]){
				{ "server", vnc_server_id(server) }, { 0 } },
			count_viewers(server));
}

static void put_vnc_by(
	const struct vnc_server *server, struct exposition *out, const char *result, uint64_t value)
{
	exposition_put(out,
		(const struct exposition_label[]){
			{ "server", vnc_server_id(server) }, { "result", result }, { 0 } },
		value);
}

static void put_vnc_logins(const struct figures *figures, struct exposition *out)
{
	const struct vnc_server *server = NULL;

	while ((server = screens_next_vnc(figures->screens, server))) {
		struct vnc_logins logins = vnc_server_logins(server);

		put_vnc_by(server, out, "ok", logins.admitted);
		put_vnc_by(server, out, "refused", logins.refused);
	}
}

/* ---- the program ---- */

static void put_build(const struct figures *figures, struct exposition *out)
{
	(void)figures;
	exposition_put(
		out, (const struct exposition_label[]){ { "version", CHARHUB_VERSION }, { 0 } }, 1);
}

static void put_history(const struct figures *figures, struct exposition *out)
{
	size_t hot, packed;

	store_usage(figures->loop, &hot, &packed);
	exposition_put(out, (const struct exposition_label[]){ { "state", "pages" }, { 0 } }, hot);
	exposition_put(
		out, (const struct exposition_label[]){ { "state", "packed" }, { 0 } }, packed);
}

static void put_audit_lines(const struct figures *figures, struct exposition *out)
{
	struct auditor_figures audit;

	if (!figures->auditor)
		return;
	auditor_figures(figures->auditor, &audit);
	exposition_put(out, NULL, audit.records);
}

static void put_audit_lost(const struct figures *figures, struct exposition *out)
{
	struct auditor_figures audit;

	if (!figures->auditor)
		return;
	auditor_figures(figures->auditor, &audit);
	exposition_put(out, NULL, audit.lost);
}

static void put_audit_failing(const struct figures *figures, struct exposition *out)
{
	struct auditor_figures audit;

	if (!figures->auditor)
		return;
	auditor_figures(figures->auditor, &audit);
	exposition_put(out, NULL, audit.is_failing);
}

static void put_recordings(const struct figures *figures, struct exposition *out)
{
	struct recordings_figures recordings;

	recorders_figures(figures->recorders, &recordings);
	exposition_put(out, NULL, recordings.recordings);
}

static void put_recordings_failing(const struct figures *figures, struct exposition *out)
{
	struct recordings_figures recordings;

	recorders_figures(figures->recorders, &recordings);
	exposition_put(out, NULL, recordings.failing);
}

static void put_recordings_missing(const struct figures *figures, struct exposition *out)
{
	struct recordings_figures recordings;

	recorders_figures(figures->recorders, &recordings);
	exposition_put(out, NULL, recordings.missing);
}

static void put_history_max(const struct figures *figures, struct exposition *out)
{
	size_t max = budget_get(figures->loop);

	if (max)
		exposition_put(out, NULL, max);
}

static void put_rounds(const struct figures *figures, struct exposition *out)
{
	exposition_put_histogram(out, NULL, &figures->rounds, US_A_S);
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / US_A_S;
}

static void put_cpu(const struct figures *figures, struct exposition *out)
{
	struct rusage usage;

	(void)figures;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		exposition_put_real(out, NULL, seconds(&usage.ru_utime) + seconds(&usage.ru_stime));
}

/* Its second number is that of resident pages [proc(5)]. */
static void put_resident(const struct figures *figures, struct exposition *out)
{
	char text[128], *rest = text;
	uint64_t pages;
	ssize_t n = pread(figures->memory, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = '\0';
	strsep(&rest, " ");
	if (rest && parse_u64(strsep(&rest, " "), &pages) == 0)
		exposition_put(out, NULL, pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void put_files(const struct figures *figures, struct exposition *out)
{
	const struct dirent *entry;
	uint64_t count = 0;

	if (!figures->files)
		return;
	rewinddir(figures->files);
	while ((entry = readdir(figures->files)))
		count += entry->d_name[0] != '.';
	exposition_put(out, NULL, count);
}

static void put_files_max(const struct figures *figures, struct exposition *out)
{
	struct rlimit limit;

	(void)figures;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		exposition_put(out, NULL, limit.rlim_cur);
}

static void put_started(const struct figures *figures, struct exposition *out)
{
	exposition_put_real(out, NULL, figures->started);
}

/* ---- all of them ---- */

/* Those of the process are called as every program calls them. */
static const struct {
	struct exposition_family family;
	put_fn *put;
} families[] = {
	{ { "charhub_build_info", EXPOSITION_GAUGE, NULL, "Which version runs." }, put_build },
	{ { "charhub_hub_out_bytes", EXPOSITION_COUNTER, "bytes", "What the guest has printed." },
		put_out },
	{ { "charhub_hub_in_bytes", EXPOSITION_COUNTER, "bytes", "What the guest has been typed." },
		put_in },
	{ { "charhub_hub_guest_open", EXPOSITION_GAUGE, NULL, "Is the guest there." }, put_guests },
	{ { "charhub_hub_members", EXPOSITION_GAUGE, NULL, "Who takes part, by how he keeps up." },
		put_members },
	{ { "charhub_hub_lag_bytes", EXPOSITION_GAUGE, "bytes",
		  "What the slowest member has not been given yet." },
		put_lag },
	{ { "charhub_hub_skips", EXPOSITION_COUNTER, NULL,
		  "How often a member did not keep up and missed something." },
		put_skips },
	{ { "charhub_hub_skipped_bytes", EXPOSITION_COUNTER, "bytes",
		  "What members have missed, all together." },
		put_skipped },
	{ { "charhub_hub_dropped_bytes", EXPOSITION_COUNTER, "bytes",
		  "What is held no more since memory was short." },
		put_dropped },
	{ { "charhub_hub_stall_seconds", EXPOSITION_HISTOGRAM, "seconds",
		  "How long the guest had to wait for members, each time." },
		put_stalls },
	{ { "charhub_hub_logins", EXPOSITION_COUNTER, NULL,
		  "Who came to the console, by whether the rules let him in." },
		put_hub_people },
	{ { "charhub_log_dropped_bytes", EXPOSITION_COUNTER, "bytes",
		  "What is missing in the log of a chardev." },
		put_log_drops },
	{ { "charhub_sink_lost_lines", EXPOSITION_COUNTER, NULL,
		  "What is missing in the journal, or at the syslog server." },
		put_lost_lines },
	{ { "charhub_audit_lines", EXPOSITION_COUNTER, NULL, "Lines of the audit." },
		put_audit_lines },
	{ { "charhub_audit_lost_events", EXPOSITION_COUNTER, NULL,
		  "What is missing in the audit." },
		put_audit_lost },
	{ { "charhub_audit_failing", EXPOSITION_GAUGE, NULL,
		  "Does the file of the audit give errors." },
		put_audit_failing },
	{ { "charhub_recordings", EXPOSITION_GAUGE, NULL, "Recordings that are being written." },
		put_recordings },
	{ { "charhub_recordings_failing", EXPOSITION_GAUGE, NULL,
		  "Those of them whose files give errors." },
		put_recordings_failing },
	{ { "charhub_recordings_missing_bytes", EXPOSITION_COUNTER, "bytes",
		  "Output that recordings lack." },
		put_recordings_missing },
	{ { "charhub_vnc_viewers", EXPOSITION_GAUGE, NULL, "Who looks by VNC." }, put_viewers },
	{ { "charhub_vnc_logins", EXPOSITION_COUNTER, NULL,
		  "Who came by VNC, by whether he was let in." },
		put_vnc_logins },
	{ { "charhub_history_bytes", EXPOSITION_GAUGE, "bytes",
		  "Memory for what consoles have printed and for screens at rest." },
		put_history },
	{ { "charhub_history_max_bytes", EXPOSITION_GAUGE, "bytes",
		  "What that may be; nothing where it is not bounded." },
		put_history_max },
	{ { "charhub_loop_round_seconds", EXPOSITION_HISTOGRAM, "seconds",
		  "How long the event loop worked before it waited again." },
		put_rounds },
	{ { "process_cpu_seconds", EXPOSITION_COUNTER, "seconds", "Time of the processor." },
		put_cpu },
	{ { "process_resident_memory_bytes", EXPOSITION_GAUGE, "bytes", "Memory in use." },
		put_resident },
	{ { "process_open_fds", EXPOSITION_GAUGE, NULL, "Open file descriptors." }, put_files },
	{ { "process_max_fds", EXPOSITION_GAUGE, NULL, "How many may be open." }, put_files_max },
	{ { "process_start_time_seconds", EXPOSITION_GAUGE, "seconds",
		  "When the process began, since 1970." },
		put_started },
};

bool figures_put(void *data, size_t index, struct exposition *exposition)
{
	if (index >= sizeof(families) / sizeof(families[0]))
		return false;
	exposition_begin(exposition, &families[index].family);
	families[index].put(data, exposition);
	return true;
}

/* ---- life ---- */

static const struct histogram_bounds round_bounds = { 12,
	{ 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 1000000 } };

void figures_start(struct figures *figures)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	figures->started = (double)now.tv_sec + (double)now.tv_nsec / NS_A_S;
	figures->rounds = (struct histogram){ .bounds = &round_bounds };
	figures->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	figures->files = opendir("/proc/self/fd");
	loop_measure(figures->loop, &figures->rounds);
}

void figures_stop(struct figures *figures)
{
	if (!figures->rounds.bounds)
		return;
	loop_measure(figures->loop, NULL);
	if (figures->memory >= 0)
		close(figures->memory);
	if (figures->files)
		closedir(figures->files);
	figures->rounds.bounds = NULL;
}
