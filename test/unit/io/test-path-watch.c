/* SPDX-License-Identifier: MIT */
#include "io/path-watch.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { LINKS_IN_A_ROW = 60 };

/** struct scene - a folder of our own, in which everything happens: it is where we are */
struct scene {
	struct loop *loop;
	char dir[32];
	struct path_watch *watch;
	unsigned calls;
	bool free_it;
};

static void note_change(void *data)
{
	struct scene *scene = data;

	scene->calls++;
	if (scene->free_it) {
		path_watch_free(scene->watch);
		scene->watch = NULL;
	}
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->loop = loop_new();
	snprintf(scene->dir, sizeof(scene->dir), "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(scene->dir));
	assert_int_equal(chdir(scene->dir), 0);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	path_watch_free(scene->watch);
	assert_int_equal(chdir("/"), 0);
	nftw(scene->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	loop_free(scene->loop);
	free(scene);
	return 0;
}

/* ---- steps ---- */

static void watch(struct scene *scene, const char *path)
{
	assert_int_equal(path_watch_new(scene->loop, path, note_change, scene, &scene->watch), 0);
}

static void watch_in_full(struct scene *scene, const char *path)
{
	AUTO_FREE char *full = NULL;

	assert_true(asprintf(&full, "%s/%s", scene->dir, path) > 0);
	watch(scene, full);
}

static void put(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

static void move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

/* As `ln -sfn` does it. */
static void turn_link(const char *target, const char *path)
{
	make_link(target, "new-link");
	move("new-link", path);
}

/* What has just happened is told, and after that nothing more. */
static void expect_change(struct scene *scene)
{
	scene->calls = 0;
	loop_step(scene->loop, false);
	assert_true(scene->calls > 0);
	while (scene->calls) {
		scene->calls = 0;
		loop_step(scene->loop, false);
	}
}

static void expect_nothing(struct scene *scene)
{
	scene->calls = 0;
	loop_step(scene->loop, false);
	assert_int_equal(scene->calls, 0);
}

/* ---- cases ---- */

static void a_file_comes_and_goes(void **state)
{
	struct scene *scene = *state;

	watch(scene, "file");
	put("file");
	expect_change(scene);
	assert_int_equal(chmod("file", 0644), 0);
	expect_change(scene);
	assert_int_equal(unlink("file"), 0);
	expect_change(scene);
}

static void of_other_names_nothing_is_told(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	watch(scene, "a/file");
	put("other");
	put("a/other");
	expect_nothing(scene);
}

static void a_star_is_any_name(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	watch_in_full(scene, "a/*.sock");
	put("a/1.sock");
	expect_change(scene);
	put("1.sock");
	expect_nothing(scene);
}

static void folders_come_one_by_one(void **state)
{
	struct scene *scene = *state;

	watch_in_full(scene, "a/b/c/file");
	make_folder("a");
	expect_change(scene);
	make_folder("a/b");
	make_folder("a/b/c"); /* before anybody has looked */
	expect_change(scene);
	put("a/b/c/file");
	expect_change(scene);
}

static void any_folder_is_moved_away_and_back(void **state)
{
	static const char *const folders[] = { "a", "a/b", "a/b/c" };
	struct scene *scene = *state;

	for (size_t i = 0; i < 3; i++)
		make_folder(folders[i]);
	watch_in_full(scene, "a/b/c/*");
	for (size_t i = 0; i < 3; i++) {
		move(folders[i], "away");
		expect_change(scene);
		put(i == 2 ? "away/1" : i == 1 ? "away/c/2" : "away/b/c/3");
		expect_nothing(scene); /* it is nobody's there */
		move("away", folders[i]);
		expect_change(scene);
		put(i == 2 ? "a/b/c/4" : i == 1 ? "a/b/c/5" : "a/b/c/6");
		expect_change(scene);
	}
}

static void a_folder_is_replaced(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	watch(scene, "a/file");
	assert_int_equal(rmdir("a"), 0);
	expect_change(scene);
	put("a"); /* no folder */
	expect_change(scene);
	assert_int_equal(unlink("a"), 0);
	make_folder("a");
	expect_change(scene);
	put("a/file");
	expect_change(scene);
}

static void a_link_is_turned(void **state)
{
	struct scene *scene = *state;

	make_folder("one");
	make_folder("two");
	make_folder("two/sub");
	make_link("one", "link");
	watch_in_full(scene, "link/sub/*");
	make_folder("one/sub");
	expect_change(scene);
	turn_link("two", "link");
	expect_change(scene);
	put("one/sub/file");
	expect_nothing(scene);
	put("two/sub/file");
	expect_change(scene);
	assert_int_equal(unlink("link"), 0);
	expect_change(scene);
	turn_link("one", "link");
	expect_change(scene);
	put("one/sub/other");
	expect_change(scene);
}

static void a_link_to_a_link_is_turned(void **state)
{
	struct scene *scene = *state;
	AUTO_FREE char *full = NULL;

	make_folder("far");
	make_folder("far/one");
	make_folder("far/two");
	assert_true(asprintf(&full, "%s/far/inner", scene->dir) > 0);
	make_link(full, "outer");
	make_link("../far/./one", "far/inner");
	watch(scene, "outer/file");
	put("far/one/file");
	expect_change(scene);
	turn_link("two", "far/inner");
	expect_change(scene);
	put("far/one/again");
	expect_nothing(scene);
	put("far/two/file");
	expect_change(scene);
	move("far", "away");
	expect_change(scene);
	move("away", "far");
	expect_change(scene);
}

static void the_file_is_a_link_whose_target_comes(void **state)
{
	struct scene *scene = *state;

	make_folder("by-id");
	make_link("../tty", "by-id/line");
	watch(scene, "by-id/line");
	put("tty");
	expect_change(scene);
}

static void a_link_leads_to_what_comes_later(void **state)
{
	struct scene *scene = *state;

	make_link("a/b", "link");
	watch(scene, "link/*");
	make_folder("a");
	expect_change(scene);
	make_folder("a/b");
	expect_change(scene);
	put("a/b/file");
	expect_change(scene);
}

static void a_loop_of_links_is_undone(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	make_link("two", "one");
	make_link("one", "two");
	watch(scene, "one/*");
	put("a/file");
	expect_nothing(scene);
	turn_link("a", "two");
	expect_change(scene);
	put("a/other");
	expect_change(scene);
	turn_link("one", "one");
	expect_change(scene);
}

/* Each of which makes the path longer. */
static void links_without_an_end_end(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	make_link("loop/x/y/z", "loop");
	watch_in_full(scene, "loop/*");
	turn_link("a", "loop");
	expect_change(scene);
	put("a/file");
	expect_change(scene);
}

static void more_links_than_the_kernel_follows_are_not_followed(void **state)
{
	struct scene *scene = *state;
	char from[16], to[16];

	make_folder("0");
	for (int i = 0; i < LINKS_IN_A_ROW; i++) {
		snprintf(to, sizeof(to), "%d", i);
		snprintf(from, sizeof(from), "%d", i + 1);
		make_link(to, from);
	}
	snprintf(from, sizeof(from), "%d/file", LINKS_IN_A_ROW);
	watch(scene, from);
	put("0/file");
	expect_nothing(scene);
	assert_int_equal(open(from, O_RDONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, ELOOP);
	snprintf(from, sizeof(from), "%d", LINKS_IN_A_ROW - 1);
	turn_link("0", from);
	expect_change(scene);
	put("0/file2");
	expect_nothing(scene);
	assert_int_equal(unlink("0/file"), 0);
	expect_change(scene);
}

static void dots_and_slashes(void **state)
{
	struct scene *scene = *state;

	make_folder("a");
	make_folder("a/b");
	make_folder("other");
	watch(scene, ".//a/./b/../../other//file");
	put("other/file");
	expect_change(scene);
	move("a", "away");
	expect_change(scene);
}

static void a_folder_that_cannot_be_read_is_passed(void **state)
{
	struct scene *scene = *state;

	if (geteuid() == 0)
		skip();
	make_folder("a");
	make_folder("a/b");
	assert_int_equal(chmod("a", 0100), 0);
	watch(scene, "a/b/file");
	put("a/b/file");
	expect_change(scene);
	assert_int_equal(chmod("a", 0700), 0);
}

static void it_is_freed_in_its_own_callback(void **state)
{
	struct scene *scene = *state;

	watch(scene, "file");
	scene->free_it = true;
	put("file");
	expect_change(scene);
	assert_null(scene->watch);
}

/* ---- mounts, in a namespace of a process of its own ---- */

enum { CANNOT_MOUNT = 77 };

static void mount_over(const char *path)
{
	if (mount("none", path, "tmpfs", 0, NULL) < 0)
		_exit(CANNOT_MOUNT);
}

static void bind_over(const char *source, const char *path)
{
	if (mount(source, path, NULL, MS_BIND, NULL) < 0)
		_exit(CANNOT_MOUNT);
}

static void unmount(const char *path)
{
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

static void tell(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(CANNOT_MOUNT);
	close(fd);
}

/* Who is not root is itself there, with root's rights. */
static void be_somebody(unsigned uid, unsigned gid)
{
	char map[64];

	tell("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	tell("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	tell("/proc/self/gid_map", map);
}

static void enter_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(uid ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0)
		_exit(CANNOT_MOUNT);
	if (uid)
		be_somebody(uid, gid);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(CANNOT_MOUNT);
}

static void in_a_namespace(void **state, void (*act)(struct scene *scene))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		enter_namespace();
		act(*state);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_MOUNT)
		skip();
	assert_int_equal(status, 0);
}

static void mount_folders(struct scene *scene)
{
	watch_in_full(scene, "a/b/*.sock");
	mount_over("a/b");
	expect_change(scene);
	put("a/b/1.sock");
	expect_change(scene);
	mount_over("a");
	expect_change(scene);
	make_folder("a/b");
	expect_change(scene);
	unmount("a");
	expect_change(scene);
	put("a/b/2.sock");
	expect_change(scene);
	unmount("a/b");
	expect_change(scene);
	put("a/b/3.sock");
	expect_change(scene);
	mount_over("other");
	expect_nothing(scene);
	unmount("other");
	expect_nothing(scene);
}

static void what_is_mounted_over_a_folder_is_told(void **state)
{
	make_folder("a");
	make_folder("a/b");
	make_folder("other");
	in_a_namespace(state, mount_folders);
}

static void mount_files(struct scene *scene)
{
	watch(scene, "file");
	bind_over("other", "file");
	expect_change(scene);
	unmount("file");
	expect_change(scene);
	scene->free_it = true;
	bind_over("other", "file");
	expect_change(scene);
}

static void what_is_mounted_over_a_file_is_told(void **state)
{
	put("file");
	put("other");
	in_a_namespace(state, mount_files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_comes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(of_other_names_nothing_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_star_is_any_name, setup, teardown),
		cmocka_unit_test_setup_teardown(folders_come_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(any_folder_is_moved_away_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_is_turned, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_to_a_link_is_turned, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_file_is_a_link_whose_target_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_leads_to_what_comes_later, setup, teardown),
		cmocka_unit_test_setup_teardown(a_loop_of_links_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(links_without_an_end_end, setup, teardown),
		cmocka_unit_test_setup_teardown(
			more_links_than_the_kernel_follows_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(dots_and_slashes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_folder_that_cannot_be_read_is_passed, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_freed_in_its_own_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_mounted_over_a_folder_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_mounted_over_a_file_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
