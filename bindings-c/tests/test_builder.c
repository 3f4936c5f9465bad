/* Options: where secrets come from, when a value is refused, and that a failure is remembered. Codes and versions. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>

#include "check.h"

static int destroyed;

static void destroy(void *user_data) { destroyed += *(const int *)user_data; }

/* Builds, frees everything, and returns the code. */
static uint32_t outcome(tink_webhooks_builder *builder) {
    tink_webhooks *hooks = NULL;
    tink_webhooks_error *error = NULL;
    uint32_t code = tink_webhooks_builder_build(builder, &hooks, &error);
    CHECK((code == TINK_WEBHOOKS_OK) == (hooks != NULL));
    CHECK((code == TINK_WEBHOOKS_OK) == (error == NULL));
    if (error != NULL) {
        CHECK(tink_webhooks_error_code(error) == code && tink_webhooks_error_message(error)[0] != 0);
    }
    tink_webhooks_error_free(error);
    tink_webhooks_free(hooks);
    tink_webhooks_builder_free(builder);
    return code;
}

static tink_webhooks_builder *with_secrets(const char *first, const char *second) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    if (first != NULL) {
        CHECK_OK(tink_webhooks_builder_add_secret(builder, TEXT(first)));
    }
    if (second != NULL) {
        CHECK_OK(tink_webhooks_builder_add_secret(builder, TEXT(second)));
    }
    return builder;
}

static void secrets(void) {
    tink_webhooks_builder *builder;

    unsetenv("TINK_WEBHOOK_SECRET");
    CHECK_OK(outcome(with_secrets(SECRET, NULL)));
    CHECK_OK(outcome(with_secrets(SECRET, "another")));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(with_secrets(NULL, NULL)));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(with_secrets("", NULL)));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_SECRET, outcome(with_secrets(SECRET, "")));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_SECRET, outcome(with_secrets(SECRET "\n", NULL)));

    setenv("TINK_WEBHOOK_SECRET", "one two", 1);
    CHECK_OK(outcome(with_secrets(NULL, NULL)));
    /* An empty secret is not replaced by those of the environment. */
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(with_secrets("", NULL)));
    builder = with_secrets(NULL, NULL);
    CHECK_OK(tink_webhooks_builder_set_environment(builder, NULL, 0));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(builder));
    unsetenv("TINK_WEBHOOK_SECRET");
    builder = with_secrets(NULL, NULL);
    CHECK_OK(tink_webhooks_builder_set_environment(builder, TEXT(" one\ttwo\n")));
    CHECK_OK(outcome(builder));
    builder = with_secrets(NULL, NULL);
    CHECK_OK(tink_webhooks_builder_set_environment(builder, TEXT("\xff")));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(builder));
}

static void options(void) {
    static const double refused[] = {-1, -0.001, (double)NAN, (double)INFINITY, -(double)INFINITY};
    tink_webhooks_builder *builder;
    tink_webhooks *hooks = NULL;
    size_t i;

    for (i = 0; i < sizeof refused / sizeof *refused; i++) {
        builder = with_secrets(SECRET, NULL);
        CHECK_OK(tink_webhooks_builder_set_tolerance(builder, refused[i]));
        CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_TOLERANCE, outcome(builder));
    }
    for (i = 0; i < 6; i++) {
        builder = with_secrets(SECRET, NULL);
        CHECK_OK(tink_webhooks_builder_allow_schemes(builder, (uint32_t)i));
        CHECK_CODE(i >= 1 && i <= 3 ? TINK_WEBHOOKS_OK : TINK_WEBHOOKS_ERROR_INVALID_OPTION, outcome(builder));
    }
    builder = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_max_body_bytes(builder, 0));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION, outcome(builder));

    builder = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_max_body_bytes(builder, 1));
    CHECK_OK(tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_BODY));
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    CHECK(tink_webhooks_max_body_bytes(hooks) == 1);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE,
               tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT("x"), NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SCHEME_NOT_ALLOWED,
               tink_webhooks_verify_signature(hooks, TEXT("x"), TEXT(sign("x")), NULL, NULL));
    tink_webhooks_free(hooks);

    /* After it was built the builder is empty, every setter fails with that code, and it must still be freed. */
    hooks = (tink_webhooks *)&destroyed;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT, tink_webhooks_builder_build(builder, &hooks, NULL));
    CHECK(hooks == NULL);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT, tink_webhooks_builder_add_secret(builder, TEXT(SECRET)));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT, tink_webhooks_builder_set_tolerance(builder, 1));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT,
               tink_webhooks_builder_set_clock(builder, clock_at, &destroyed, destroy));
    tink_webhooks_builder_free(builder);
}

static void mistakes_are_remembered(void) {
    tink_webhooks_builder *builder = with_secrets(NULL, NULL);
    setenv("TINK_WEBHOOK_SECRET", "of the environment", 1);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, tink_webhooks_builder_add_secret(builder, NULL, 4));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
               tink_webhooks_builder_add_secret(builder, (const uint8_t *)"x", SIZE_MAX));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, outcome(builder));
    unsetenv("TINK_WEBHOOK_SECRET");
}

static int one = 1, ten = 10, hundred = 100;

static void clocks(void) {
    tink_webhooks_builder *builder = with_secrets(SECRET, NULL);
    tink_webhooks *hooks = NULL;

    CHECK_CODE(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, tink_webhooks_builder_set_clock(builder, NULL, &one, destroy));
    tink_webhooks_builder_free(builder);
    CHECK(destroyed == 0);

    builder = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(builder, clock_at, &one, destroy));
    CHECK_OK(tink_webhooks_builder_set_clock(builder, clock_at, &ten, destroy));
    CHECK(destroyed == 1);
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);
    CHECK(destroyed == 1);
    tink_webhooks_free(hooks);
    CHECK(destroyed == 11);

    builder = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(builder, clock_at, &hundred, destroy));
    tink_webhooks_builder_free(builder);
    CHECK(destroyed == 111);

    /* A build that fails calls `destroy` as well. */
    builder = with_secrets("", NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(builder, clock_at, &hundred, destroy));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, outcome(builder));
    CHECK(destroyed == 211);
}

static tink_webhooks_builder *entered;
static int last_words;

static void destroy_sets_again(void *user_data) {
    destroy(user_data);
    last_words++;
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &hundred, destroy));
}

static void destroy_builds(void *user_data) {
    tink_webhooks *hooks = NULL;
    destroy(user_data);
    last_words++;
    CHECK_OK(tink_webhooks_builder_build(entered, &hooks, NULL));
    tink_webhooks_free(hooks);
}

static void destroy_frees(void *user_data) {
    destroy(user_data);
    last_words++;
    tink_webhooks_builder_free(entered);
}

/* When `destroy` runs, the clock has already been replaced, and the builder can be used. */
static void destroy_may_use_the_builder(void) {
    int before = destroyed;
    entered = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &one, destroy_sets_again));
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &ten, destroy));
    CHECK(destroyed == before + 1 + 10 && last_words == 1); /* one for ten, ten for a hundred */
    tink_webhooks_builder_free(entered);
    CHECK(destroyed == before + 111);

    entered = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &one, destroy_builds));
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &ten, destroy));
    CHECK(destroyed == before + 122 && last_words == 2);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT, outcome(entered));

    entered = with_secrets(SECRET, NULL);
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &one, destroy_frees));
    CHECK_OK(tink_webhooks_builder_set_clock(entered, clock_at, &ten, destroy));
    CHECK(destroyed == before + 133 && last_words == 3);
}

static void warnings(void) {
    tink_webhooks *hooks = NULL;
    tink_webhooks_builder *builder = with_secrets("\"a secret\"", "new,old");
    tink_webhooks_slice text;
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);
    text = tink_webhooks_warning(hooks, 0);
    CHECK(text.len > 40 && memcmp(text.ptr, "a webhook secret has quotes", 27) == 0);
    CHECK(!is_nothing(tink_webhooks_warning(hooks, 1)) && is_nothing(tink_webhooks_warning(hooks, 2)));
    CHECK(is_nothing(tink_webhooks_warning(hooks, (size_t)-1)) && is_nothing(tink_webhooks_warning(NULL, 0)));
    tink_webhooks_free(hooks);
    CHECK(!is_nothing(tink_webhooks_event_type_warning(TEXT("transaction:created"))));
    CHECK(is_nothing(tink_webhooks_event_type_warning(TEXT("refresh:finished"))));
    CHECK(is_nothing(tink_webhooks_event_type_warning(TEXT("\xff"))));
    CHECK(is_nothing(tink_webhooks_event_type_warning(NULL, 0)));
    CHECK(is_nothing(tink_webhooks_event_type_warning(NULL, 1)));
}

static void codes_and_versions(void) {
    uint32_t code, known = 0, silent = 0;
    for (code = 0; code < 2000; code++) {
        known += strcmp(tink_webhooks_code_name(code), "unknown_code") != 0;
        silent += tink_webhooks_code_message(code)[0] == 0;
    }
    CHECK(known == 1 + 25 + 6 && silent == 0);
    CHECK(strcmp(tink_webhooks_code_name(TINK_WEBHOOKS_OK), "ok") == 0);
    CHECK(strcmp(tink_webhooks_code_name(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE), "body_too_large") == 0);
    CHECK(strcmp(tink_webhooks_code_kind(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE), "invalid_payload") == 0);
    CHECK(strcmp(tink_webhooks_code_kind(TINK_WEBHOOKS_ERROR_PANIC), "invalid_call") == 0);
    CHECK(strcmp(tink_webhooks_code_kind(UINT32_MAX), "unknown_code") == 0);
    CHECK(tink_webhooks_code_http_status(TINK_WEBHOOKS_OK) == 200);
    CHECK(tink_webhooks_code_http_status(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE) == 413);
    CHECK(tink_webhooks_code_http_status(TINK_WEBHOOKS_ERROR_TEST_WEBHOOK) == 200);
    CHECK(tink_webhooks_code_http_status(UINT32_MAX) == 500);
    CHECK(strcmp(tink_webhooks_type_name(TINK_WEBHOOKS_TYPE_ENRICHMENT_COMPLETED), "enrichment_completed") == 0);
    CHECK(strcmp(tink_webhooks_type_name(TINK_WEBHOOKS_TYPE_UNKNOWN), "unknown") == 0);
    CHECK(tink_webhooks_type_name(6) == NULL && tink_webhooks_type_name(65536 + 101) == NULL);

    CHECK(strcmp(tink_webhooks_version(), TINK_WEBHOOKS_VERSION) == 0);
    CHECK(tink_webhooks_abi_version() == TINK_WEBHOOKS_ABI_VERSION);
    CHECK(TINK_WEBHOOKS_VERSION_NUMBER == TINK_WEBHOOKS_VERSION_MAJOR * 65536 + TINK_WEBHOOKS_VERSION_MINOR * 256 +
                                              TINK_WEBHOOKS_VERSION_PATCH);
}

int main(void) {
    secrets();
    options();
    mistakes_are_remembered();
    clocks();
    destroy_may_use_the_builder();
    warnings();
    codes_and_versions();
    return report("builder");
}
