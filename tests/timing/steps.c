/*
 * Counts the instructions of a function on the processor itself, which has what valgrind lacks. Loaded before the C
 * library:
 *
 *   LD_PRELOAD=steps.so STEPS_OFFSET=1ae30 STEPS_EVERY=3 STEPS_REPORT=file program
 *
 * A breakpoint stands at that offset of the program's file. Of every third call the processor then stops behind each
 * instruction, until the call returns; the report has a line with their number for each. For x86-64 Linux and programs of
 * one thread.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { BREAKPOINT = 0xcc, TRAP_FLAG = 0x100, MOST = 65536 };

static unsigned char *at, before;
static unsigned long every, calls;
static int report = -1;

static unsigned long counts[MOST];
static size_t counted;

/* Of the call in hand: where it returns to, and where its stack begins. */
static greg_t back, stack;
static int counts_this;

/* Stops behind an instruction, or at the breakpoint when nothing is in hand. */
static void stopped(int signal, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal;
    (void)info;
    if (back == 0) {
        if (registers[REG_RIP] != (greg_t)at + 1) {
            abort();
        }
        *at = before;
        registers[REG_RIP] = (greg_t)at;
        registers[REG_EFL] |= TRAP_FLAG;
        stack = registers[REG_RSP];
        memcpy(&back, (void *)stack, sizeof back);
        counts_this = ++calls % every == 0;
        return;
    }
    if (counts_this) {
        if (counted == MOST) {
            abort();
        }
        counts[counted]++;
        if (registers[REG_RIP] != back || registers[REG_RSP] <= stack) {
            return;
        }
        counted++;
    }
    registers[REG_EFL] &= ~TRAP_FLAG;
    back = 0;
    *at = BREAKPOINT;
}

__attribute__((constructor)) static void begin(void) {
    const char *offset = getenv("STEPS_OFFSET"), *path = getenv("STEPS_REPORT"), *number = getenv("STEPS_EVERY");
    struct sigaction action;
    unsigned long base, page = (unsigned long)sysconf(_SC_PAGESIZE);
    FILE *maps = fopen("/proc/self/maps", "r");
    if (offset == NULL || path == NULL || number == NULL || maps == NULL || fscanf(maps, "%lx-", &base) != 1) {
        abort();
    }
    fclose(maps);
    every = strtoul(number, NULL, 10);
    report = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    at = (unsigned char *)(base + strtoul(offset, NULL, 16));
    memset(&action, 0, sizeof action);
    action.sa_sigaction = stopped;
    action.sa_flags = SA_SIGINFO;
    if (every == 0 || report < 0 || sigaction(SIGTRAP, &action, NULL) != 0 ||
        mprotect((void *)((unsigned long)at & ~(page - 1)), page, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        abort();
    }
    before = *at;
    *at = BREAKPOINT;
}

__attribute__((destructor)) static void end(void) {
    for (size_t i = 0; i < counted; i++) {
        dprintf(report, "%lu\n", counts[i]);
    }
    close(report);
}
