/* A disk between a program and its files: LD_PRELOAD, for what lies in the folder DISK_FOLDER.

   - DISK_RECORD: a file to which every write, truncation, sync, new name and lost name is appended, before it
     is done. A power cut is told from it: what no sync has followed may be there, in part, or not at all.
   - DISK_CONTROL: 4096 bytes, shared with the test, which say what is to fail, how much room there is, and
     by how much the clock is wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2, READS = 4, OPENS = 8, LOCKS = 16, NAMES = 32 };

struct control {
    _Atomic int32_t error;      /* 0: nothing fails */
    _Atomic int32_t which;      /* of the kinds above */
    _Atomic int64_t left;       /* so many of these still work */
    _Atomic int32_t stays;      /* 0: one fails; 1: all from there on */
    _Atomic int32_t is_small;   /* whether room counts */
    _Atomic int64_t fired;
    _Atomic int64_t room;       /* bytes by which files may still grow */
    _Atomic int64_t clock_us;   /* added to the time of day */
    char only[256];             /* in the path; "": all of the folder */
};

struct head { char kind; char pad[3]; int32_t path_bytes; int64_t offset; int64_t data_bytes; };

static struct control *control;
static const char *folder;
static size_t folder_bytes;
static int record = -1;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *control_path = getenv("DISK_CONTROL"), *record_path = getenv("DISK_RECORD");
    folder = getenv("DISK_FOLDER");
    if (!folder || !control_path) return;
    folder_bytes = strlen(folder);
    int file = syscall(SYS_openat, AT_FDCWD, control_path, O_RDWR | O_CLOEXEC, 0);
    void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (shared != MAP_FAILED) control = shared;
    if (record_path) {
        file = syscall(SYS_openat, AT_FDCWD, record_path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
        record = fcntl(file, F_DUPFD_CLOEXEC, 700);
        syscall(SYS_close, file);
    }
}

static int is_ours(const char *path) {
    return control && strncmp(path, folder, folder_bytes) == 0
        && (path[folder_bytes] == '/' || path[folder_bytes] == 0);
}

/* The path of an open file that is ours. */
static int path_of(int file, char *path) {
    if (!control) return 0;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t bytes = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (bytes <= 0) return 0;
    path[bytes] = 0;
    return is_ours(path);
}

static int fails(int kind, const char *path) {
    if (!control->error || !(control->which & kind)) return 0;
    if (control->only[0] && !strstr(path, control->only)) return 0;
    int64_t before = atomic_fetch_sub(&control->left, 1);
    if (before > 0 || (before < 0 && !control->stays)) return 0;
    atomic_fetch_add(&control->fired, 1);
    errno = control->error;
    return 1;
}

/* Room for a file that is to end at *end*. What is written over needs none. */
static int has_no_room(int file, int64_t end) {
    struct stat now;
    if (!control->is_small || fstat(file, &now) != 0) return 0;
    int64_t more = end - now.st_size;
    if (more <= 0 || atomic_fetch_sub(&control->room, more) >= more) return 0;
    atomic_fetch_add(&control->room, more);
    atomic_fetch_add(&control->fired, 1);
    errno = ENOSPC;
    return 1;
}

static void gives_back(const char *path) {
    struct stat now;
    if (control->is_small && stat(path, &now) == 0) atomic_fetch_add(&control->room, now.st_size);
}

static void note(char kind, const char *path, int64_t offset, const void *data, size_t data_bytes) {
    if (record < 0) return;
    int kept = errno;
    struct head head = { kind, {0}, (int32_t)strlen(path), offset, (int64_t)data_bytes };
    struct iovec parts[3] = {
        { &head, sizeof head }, { (void *)path, strlen(path) }, { (void *)data, data_bytes },
    };
    syscall(SYS_writev, record, parts, 3);  /* at once: the record is opened to append */
    errno = kept;
}

ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t offset) {
    REAL(pwrite64);
    char path[PATH_MAX];
    if (path_of(file, path)) {
        if (fails(WRITES, path) || has_no_room(file, offset + (int64_t)bytes)) return -1;
        note('W', path, offset, data, bytes);
    }
    return real(file, data, bytes, offset);
}

ssize_t write(int file, const void *data, size_t bytes) {
    REAL(write);
    char path[PATH_MAX];
    if (path_of(file, path)) {
        int64_t offset = fcntl(file, F_GETFL) & O_APPEND ? lseek(file, 0, SEEK_END) : lseek(file, 0, SEEK_CUR);
        if (fails(WRITES, path) || has_no_room(file, offset + (int64_t)bytes)) return -1;
        note('W', path, offset, data, bytes);
    }
    return real(file, data, bytes);
}

int ftruncate64(int file, off64_t bytes) {
    REAL(ftruncate64);
    char path[PATH_MAX];
    if (path_of(file, path)) {
        if (fails(WRITES, path) || has_no_room(file, bytes)) return -1;
        note('T', path, bytes, "", 0);
    }
    return real(file, bytes);
}

int fdatasync(int file) {
    REAL(fdatasync);
    char path[PATH_MAX];
    if (path_of(file, path)) {
        if (fails(SYNCS, path)) return -1;
        note('S', path, 0, "", 0);
    }
    return real(file);
}

int fsync(int file) {
    REAL(fsync);
    char path[PATH_MAX];
    if (path_of(file, path)) {
        if (fails(SYNCS, path)) return -1;
        note('S', path, 0, "", 0);
    }
    return real(file);
}

ssize_t pread64(int file, void *data, size_t bytes, off64_t offset) {
    REAL(pread64);
    char path[PATH_MAX];
    if (control && control->error && path_of(file, path) && fails(READS, path)) return -1;
    return real(file, data, bytes, offset);
}

ssize_t read(int file, void *data, size_t bytes) {
    REAL(read);
    char path[PATH_MAX];
    if (control && control->error && path_of(file, path) && fails(READS, path)) return -1;
    return real(file, data, bytes);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    if (is_ours(path)) {
        if ((flags & (O_WRONLY | O_RDWR) || !(control->which & WRITES)) && fails(OPENS, path)) return -1;
        int is_there = access(path, F_OK) == 0;
        if (flags & O_CREAT && !is_there) note('C', path, 0, "", 0);
        if (flags & O_TRUNC && is_there) { gives_back(path); note('T', path, 0, "", 0); }
    }
    return real(path, flags, mode);
}

int unlink(const char *path) {
    REAL(unlink);
    if (is_ours(path)) {
        if (fails(NAMES, path)) return -1;
        gives_back(path);
        note('U', path, 0, "", 0);
    }
    return real(path);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    if (is_ours(from)) {
        if (fails(NAMES, from)) return -1;
        note('R', from, 0, to, strlen(to));
    }
    return real(from, to);
}

int fcntl64(int file, int command, ...) {
    REAL(fcntl64);
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    char path[PATH_MAX];
    if (command == F_SETLK && control && control->error && ((struct flock *)argument)->l_type != F_UNLCK
        && path_of(file, path) && fails(LOCKS, path))
        return -1;
    return real(file, command, argument);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int status = real(clock, now);
    if (status == 0 && clock == CLOCK_REALTIME && control) {
        int64_t ns = now->tv_nsec + (control->clock_us % 1000000) * 1000;
        now->tv_sec += control->clock_us / 1000000 + (ns >= 1000000000) - (ns < 0);
        now->tv_nsec = ns >= 1000000000 ? ns - 1000000000 : ns < 0 ? ns + 1000000000 : ns;
    }
    return status;
}

/* The same under the names of programs that were built otherwise. */
ssize_t pwrite(int, const void *, size_t, off_t) __attribute__((alias("pwrite64")));
ssize_t pread(int, void *, size_t, off_t) __attribute__((alias("pread64")));
int ftruncate(int, off_t) __attribute__((alias("ftruncate64")));
int open(const char *, int, ...) __attribute__((alias("open64")));
int fcntl(int, int, ...) __attribute__((alias("fcntl64")));
