/* Verifying, constructing, parsing, signing: what goes in and what comes out. */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#define REFRESH                                                                                                        \
    "{\"event\":\"refresh:finished\",\"context\":{\"userId\":\"u1\",\"externalUserId\":\"a\\u0062c\"},"                \
    "\"content\":{\"credentialsStatus\":\"UPDATED\"}}"

static tink_webhooks *with_window(tink_webhooks_builder *builder, double seconds) {
    tink_webhooks *hooks = NULL;
    tink_webhooks_builder_set_tolerance(builder, seconds);
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);
    return hooks;
}

static void published_vector(void) {
    static const char body[] = "{\"context\": {...}, \"event\": \"...\",  \"content\": {...}}";
    static const char header[] = "t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb";
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_verification proof;
    tink_webhooks_error *error = NULL;
    tink_webhooks *hooks = NULL;
    char made[TINK_WEBHOOKS_SIGNATURE_SIZE];

    tink_webhooks_builder_add_secret(builder, TEXT("another secret"));
    tink_webhooks_builder_add_secret(builder, TEXT("top_secret_top_secret_top_secret"));
    tink_webhooks_builder_disable_window(builder);
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);

    memset(&proof, 0xff, sizeof proof);
    CHECK_OK(tink_webhooks_verify_signature(hooks, TEXT(body), TEXT(header), &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_V1 && proof.secret_index == 1 && proof.signed_at == 1620198421);
    CHECK(strcmp(proof.delivery_id, "3808bca389150582fd78bdb5e3dfcf46") == 0);
    CHECK_OK(tink_webhooks_verify_signature(hooks, TEXT(body), TEXT(header), NULL, NULL));

    memset(&proof, 0xff, sizeof proof);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH,
               tink_webhooks_verify_signature(hooks, TEXT(body + 1), TEXT(header), &proof, &error));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE && proof.signed_at == 0 && proof.delivery_id[0] == 0);
    CHECK(tink_webhooks_error_code(error) == TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
    CHECK(strstr(tink_webhooks_error_message(error), "raw request body") != NULL);
    tink_webhooks_error_free(error);

    CHECK_OK(tink_webhooks_generate_signature(TEXT(body), TEXT("top_secret_top_secret_top_secret"),
                                              TINK_WEBHOOKS_SCHEME_V1, 1620198421, made, sizeof made, NULL));
    CHECK(strcmp(made, header) == 0);
    tink_webhooks_free(hooks);
}

static void check_refresh(const tink_webhooks_event *event) {
    tink_webhooks_slice body = tink_webhooks_event_raw_body(event), data = tink_webhooks_event_data(event);
    CHECK(tink_webhooks_event_type(event) == TINK_WEBHOOKS_TYPE_REFRESH_FINISHED);
    CHECK(strcmp(tink_webhooks_event_type_name(event), "refresh_finished") == 0);
    CHECK(slice_is(tink_webhooks_event_name(event), "refresh:finished"));
    CHECK(slice_is(data, "{\"credentialsStatus\":\"UPDATED\"}"));
    CHECK(data.ptr > body.ptr && data.ptr + data.len < body.ptr + body.len);
    CHECK(slice_is(tink_webhooks_event_context(event), "{\"userId\":\"u1\",\"externalUserId\":\"a\\u0062c\"}"));
    CHECK(slice_is(tink_webhooks_event_user_id(event), "u1"));
    CHECK(slice_is(tink_webhooks_event_external_user_id(event), "abc"));
    CHECK(slice_is(body, REFRESH));
    CHECK(tink_webhooks_event_timestamp(event) == (int64_t)SIGNED_AT * 1000);
}

static void events(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = NULL, *copy = NULL;
    tink_webhooks_verification proof;
    const char *header = sign(REFRESH);
    char *body = (char *)malloc(sizeof REFRESH);
    if (body == NULL) {
        exit(EXIT_FAILURE);
    }
    memcpy(body, REFRESH, sizeof REFRESH);

    /* An event owns a copy of the body, so the caller's may change. */
    CHECK_OK(tink_webhooks_construct_event(hooks, TEXT(body), TEXT(header), &event, NULL));
    memset(body, 'x', sizeof REFRESH - 1);
    check_refresh(event);
    CHECK(tink_webhooks_event_verification(event, &proof) && proof.scheme == TINK_WEBHOOKS_SCHEME_V1);
    CHECK(proof.signed_at == SIGNED_AT && strncmp(strstr(header, "v1=") + 3, proof.delivery_id, 32) == 0);
    CHECK(tink_webhooks_event_verification(event, NULL));
    copy = tink_webhooks_event_clone(event);
    tink_webhooks_event_free(event);
    check_refresh(copy);
    tink_webhooks_event_free(copy);

    /* The texts of a borrowing event are in the caller's body; those of its clone are not. */
    memcpy(body, REFRESH, sizeof REFRESH);
    CHECK_OK(tink_webhooks_construct_event_borrowed(hooks, TEXT(body), TEXT(header), &event, NULL));
    CHECK(tink_webhooks_event_raw_body(event).ptr == (const uint8_t *)body);
    check_refresh(event);
    copy = tink_webhooks_event_clone(event);
    tink_webhooks_event_free(event);
    free(body);
    check_refresh(copy);
    tink_webhooks_event_free(copy);

    /* Events and errors outlive the object that made them. */
    CHECK_OK(tink_webhooks_handle_webhook(hooks, TEXT(REFRESH), TEXT(header), &event, NULL));
    CHECK_OK(tink_webhooks_handle_webhook(hooks, TEXT(REFRESH), TEXT(header), NULL, NULL));
    tink_webhooks_free(hooks);
    check_refresh(event);
    tink_webhooks_event_free(event);
}

static void parsed(void) {
    static const char body[] = "{\"type\":\"some.\\u0074hing\",\"data\":null,\"timestamp\":\"2026-01-05T08:06:45.5Z\"}";
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = NULL;
    tink_webhooks_verification proof;
    int borrowed;

    for (borrowed = 0; borrowed < 2; borrowed++) {
        memset(&proof, 0xff, sizeof proof);
        CHECK_OK(borrowed ? tink_webhooks_parse_event_borrowed(hooks, TEXT(body), &event, NULL)
                          : tink_webhooks_parse_event(hooks, TEXT(body), &event, NULL));
        CHECK((tink_webhooks_event_raw_body(event).ptr == (const uint8_t *)body) == borrowed);
        CHECK(!tink_webhooks_event_verification(event, &proof));
        CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE && proof.delivery_id[0] == 0);
        CHECK(tink_webhooks_event_type(event) == TINK_WEBHOOKS_TYPE_UNKNOWN);
        CHECK(strcmp(tink_webhooks_event_type_name(event), "unknown") == 0);
        CHECK(slice_is(tink_webhooks_event_name(event), "some.thing"));
        CHECK(slice_is(tink_webhooks_event_data(event), "{}"));
        CHECK(is_nothing(tink_webhooks_event_context(event)));
        CHECK(is_nothing(tink_webhooks_event_user_id(event)));
        CHECK(is_nothing(tink_webhooks_event_external_user_id(event)));
        CHECK(tink_webhooks_event_timestamp(event) == INT64_C(1767600405500));
        tink_webhooks_event_free(event);
    }
    CHECK_CODE(TINK_WEBHOOKS_ERROR_TEST_WEBHOOK,
               tink_webhooks_parse_event(hooks, TEXT("{\"event\":\"test\"}"), &event, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_UTF8,
               tink_webhooks_parse_event(hooks, (const uint8_t *)"\xff", 1, &event, NULL));
    CHECK(event == NULL);
    tink_webhooks_free(hooks);
}

static void window(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *hooks;
    tink_webhooks_error *error = NULL;
    const char *header = sign("{}");
    int64_t now = ((int64_t)SIGNED_AT + 61) * 1000, seconds = 0;
    uint64_t tolerance = 0;

    tink_webhooks_builder_add_secret(builder, TEXT(SECRET));
    tink_webhooks_builder_set_clock(builder, clock_at, &now, NULL);
    hooks = with_window(builder, 60.9);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD,
               tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT(header), NULL, &error));
    CHECK(tink_webhooks_error_age(error, &seconds) && seconds == 61);
    CHECK(tink_webhooks_error_tolerance(error, &tolerance) && tolerance == 60);
    CHECK(tink_webhooks_error_hint(error) != NULL);
    CHECK(tink_webhooks_error_failure_count(error) == 0 && tink_webhooks_error_first_failure(error) == 0);
    tink_webhooks_error_free(error);
    now = ((int64_t)SIGNED_AT - 61) * 1000;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_TIMESTAMP_IN_FUTURE,
               tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT(header), NULL, &error));
    CHECK(tink_webhooks_error_age(error, &seconds) && seconds == -61);
    tink_webhooks_error_free(error);
    now = ((int64_t)SIGNED_AT + 60) * 1000 + 999;
    CHECK_OK(tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT(header), NULL, &error));
    CHECK(error == NULL);
    now = INT64_MIN;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION,
               tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT(header), NULL, &error));
    CHECK(!tink_webhooks_error_age(error, &seconds) && !tink_webhooks_error_tolerance(error, &tolerance));
    tink_webhooks_error_free(error);
    tink_webhooks_free(hooks);
}

static void signing(void) {
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE], small[64] = "x";
    tink_webhooks_error *error = NULL;
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_verification proof;
    tink_webhooks *hooks;

    tink_webhooks_builder_add_secret(builder, TEXT(SECRET));
    hooks = with_window(builder, 5);
    CHECK_OK(tink_webhooks_generate_signature(TEXT("{}"), TEXT(SECRET), TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_NOW,
                                              header, sizeof header, NULL));
    CHECK_OK(tink_webhooks_verify_signature(hooks, TEXT("{}"), TEXT(header), NULL, NULL));
    CHECK_OK(tink_webhooks_generate_signature(NULL, 0, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_BODY, TINK_WEBHOOKS_NOW,
                                              header, 65, NULL));
    CHECK(strlen(header) == 64);
    CHECK_OK(tink_webhooks_verify_signature(hooks, NULL, 0, TEXT(header), &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_BODY && proof.signed_at == 0 && proof.delivery_id[0] == 0);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL,
               tink_webhooks_generate_signature(NULL, 0, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_BODY, 0, small,
                                                sizeof small, NULL));
    CHECK(small[0] == 0);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL,
               tink_webhooks_generate_signature(NULL, 0, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_BODY, 0, NULL, 0, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION,
               tink_webhooks_generate_signature(TEXT("1"), TEXT(SECRET), TINK_WEBHOOKS_SCHEME_BODY, 0, header,
                                                sizeof header, &error));
    CHECK(header[0] == 0 && strstr(tink_webhooks_error_message(error), SECRET) == NULL);
    tink_webhooks_error_free(error);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION,
               tink_webhooks_generate_signature(TEXT("{}"), TEXT(SECRET), TINK_WEBHOOKS_SCHEME_V1, -1, header,
                                                sizeof header, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION,
               tink_webhooks_generate_signature(TEXT("{}"), TEXT(SECRET), 3, 0, header, sizeof header, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED,
               tink_webhooks_generate_signature(TEXT("{}"), NULL, 0, TINK_WEBHOOKS_SCHEME_V1, 0, header, sizeof header,
                                                NULL));
    tink_webhooks_free(hooks);
}

static void examples(void) {
    tink_webhooks *hooks = make_hooks();
    uint32_t type;
    int found = 0;
    for (type = 0; type < 1000; type++) {
        tink_webhooks_event *event = NULL;
        tink_webhooks_slice body = tink_webhooks_example_body(type);
        if (tink_webhooks_type_name(type) == NULL) {
            CHECK(body.ptr == NULL && body.len == 0);
            continue;
        }
        CHECK_OK(tink_webhooks_parse_event_borrowed(hooks, body.ptr, body.len, &event, NULL));
        CHECK(tink_webhooks_event_type(event) == type);
        tink_webhooks_event_free(event);
        found++;
    }
    CHECK(found > 1); /* every type that has a name has an example */
    tink_webhooks_free(hooks);
}

int main(void) {
    examples();
    published_vector();
    events();
    parsed();
    window();
    signing();
    return report("deliver");
}
