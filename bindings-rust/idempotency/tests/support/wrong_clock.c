/* Preloaded: the time of day is wrong by so many seconds as WRONG_BY says. Monotonic clocks are right. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    const long failed = syscall(SYS_clock_gettime, clock, now);
    const char *wrong_by = getenv("WRONG_BY");
    if (failed == 0 && clock == CLOCK_REALTIME && wrong_by != NULL) {
        now->tv_sec += atol(wrong_by);
    }
    return (int)failed;
}
