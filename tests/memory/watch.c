/*
 * Searches every block of memory that is freed, and all writable memory at the end, for bytes that must not be there.
 * Loaded before the C library:
 *
 *   LD_PRELOAD=watch.so WATCH_FOR=secret:HEX,state:HEX WATCH_REPORT=file program
 *
 * `realloc` always moves here, as the standard allows, so that the block it leaves is searched too. The report has a
 * line for every pattern that was found in a freed block (`freed NAME SIZE`) or in writable memory when the program ends
 * (`left NAME WHERE`).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

enum { PATTERNS = 512, LONGEST = 64 };

static struct pattern {
    char name[32];
    unsigned char mask[LONGEST]; /* xored with 0xa5, so that this library is not what is found */
    size_t len;
} patterns[PATTERNS];
static size_t known;
static int report = -1;
static atomic_ulong blocks;

static void add(const char *name, size_t name_len, const char *digits, size_t len) {
    struct pattern *made = &patterns[known];
    if (known == PATTERNS || name_len >= sizeof made->name || len > 2 * LONGEST) {
        abort();
    }
    memcpy(made->name, name, name_len);
    for (made->len = 0; made->len < len / 2; made->len++) {
        unsigned byte;
        if (sscanf(digits + 2 * made->len, "%2x", &byte) != 1) {
            abort();
        }
        made->mask[made->len] = (unsigned char)(byte ^ 0xa5);
    }
    known++;
}

static int is_there(const struct pattern *pattern, const unsigned char *at) {
    for (size_t i = 0; i < pattern->len; i++) {
        if ((at[i] ^ 0xa5) != pattern->mask[i]) {
            return 0;
        }
    }
    return 1;
}

static void look(const void *block, size_t len, const char *how, const char *where) {
    const unsigned char *bytes = block;
    for (size_t i = 0; i < known; i++) {
        for (size_t at = 0; at + patterns[i].len <= len; at++) {
            if (is_there(&patterns[i], bytes + at)) {
                dprintf(report, "%s %s %s\n", how, patterns[i].name, where);
                break;
            }
        }
    }
}

static void let_go(void *block) {
    if (block != NULL && report >= 0) {
        char size[24];
        size_t len = malloc_usable_size(block);
        snprintf(size, sizeof size, "%zu", len);
        look(block, len, "freed", size);
        blocks++;
    }
    __libc_free(block);
}

void free(void *block) {
    int before = errno;
    let_go(block);
    errno = before;
}

/* Fresh memory is clean, so that what is found in a block was written by its owner. */
void *malloc(size_t size) {
    void *block = __libc_malloc(size);
    if (block != NULL) {
        memset(block, 0, malloc_usable_size(block));
    }
    return block;
}

void *realloc(void *block, size_t size) {
    void *moved = malloc(size);
    if (block != NULL && moved != NULL) {
        size_t len = malloc_usable_size(block);
        memcpy(moved, block, len < size ? len : size);
        let_go(block);
    }
    return moved;
}

void *calloc(size_t count, size_t size) { return __libc_calloc(count, size); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("WATCH_REPORT");
    char *list = getenv("WATCH_FOR");
    if (path == NULL || list == NULL) {
        return;
    }
    for (const char *item = list; *item != 0;) {
        const char *colon = strchr(item, ':'), *end = colon + 1 + strcspn(colon + 1, ",");
        add(item, (size_t)(colon - item), colon + 1, (size_t)(end - colon - 1));
        item = *end == ',' ? end + 1 : end;
    }
    memset(list, '-', strlen(list)); /* the environment is writable memory as well */
    report = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (report < 0) {
        abort();
    }
}

/* All writable memory, after the program has freed everything of its own. */
__attribute__((destructor)) static void end(void) {
    char line[512], text[64];
    FILE *maps;
    char *list;
    if (report < 0) {
        return;
    }
    snprintf(text, sizeof text, "%lu", (unsigned long)blocks);
    list = getenv("TINK_WEBHOOK_SECRET"); /* the program's own copy, which the library cannot wipe */
    if (list != NULL) {
        memset(list, '-', strlen(list));
    }
    maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) {
        abort();
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char rights[8], path[256] = "anonymous";
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, rights, path) >= 3 && rights[0] == 'r' &&
            rights[1] == 'w') {
            look((void *)from, to - from, "left", path);
        }
    }
    fclose(maps);
    dprintf(report, "blocks %s\n", text);
    close(report);
}
