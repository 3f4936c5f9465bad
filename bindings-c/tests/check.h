/* What every test program needs. Each program is one translation unit, valid as C99 and as C++. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tink_webhooks.h>

#define SECRET "67abc1e08fb64c92b450a13e0876330b"
#define SIGNED_AT 1767225600

static int passed, failed;

static void check(int holds, const char *what, int line) {
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("  line %d: %s\n", line, what);
    }
}

static void check_code(uint32_t expected, uint32_t code, const char *call, int line) {
    check(expected == code, call, line);
    if (expected != code) {
        printf("    expected %s, got %s\n", tink_webhooks_code_name(expected), tink_webhooks_code_name(code));
    }
}

#define CHECK(condition) check((condition) ? 1 : 0, #condition, __LINE__)
#define CHECK_CODE(expected, call) check_code((expected), (call), #call, __LINE__)
#define CHECK_OK(call) CHECK_CODE(TINK_WEBHOOKS_OK, (call))

/* Text as pointer and length. */
#define TEXT(text) (const uint8_t *)(text), strlen(text)

static int slice_is(tink_webhooks_slice slice, const char *text) {
    return slice.ptr != NULL && slice.len == strlen(text) && memcmp(slice.ptr, text, slice.len) == 0;
}

static int is_nothing(tink_webhooks_slice slice) { return slice.ptr == NULL && slice.len == 0; }

/* The clock of the tests does not advance. */
static int64_t clock_at(void *user_data) { return *(const int64_t *)user_data; }

static int64_t test_now = (int64_t)SIGNED_AT * 1000;

/* An object with SECRET and the clock of the tests. */
static tink_webhooks *make_hooks(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *hooks = NULL;
    CHECK_OK(tink_webhooks_builder_add_secret(builder, TEXT(SECRET)));
    CHECK_OK(tink_webhooks_builder_set_clock(builder, clock_at, &test_now, NULL));
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);
    return hooks;
}

/* A v1 header over the body, in one buffer. */
static const char *sign(const char *body) {
    static char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    CHECK_OK(tink_webhooks_generate_signature(TEXT(body), TEXT(SECRET), TINK_WEBHOOKS_SCHEME_V1, SIGNED_AT, header,
                                              sizeof header, NULL));
    return header;
}

/* Not every program uses every one of these. */
static void use_all(void) {
    (void)slice_is;
    (void)is_nothing;
    (void)make_hooks;
    (void)sign;
    (void)check_code;
}

static int report(const char *name) {
    use_all();
    printf("%s: %d passed, %d failed\n", name, passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
