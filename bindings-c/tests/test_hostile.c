/* Hostile calls: each pointer NULL in turn, NULL with a length, impossible lengths. None crashes, none reads as success,
 * and no out-parameter keeps what stood in it. */
#include "check.h"

#define BODY "{\"event\":\"account:updated\"}"
#define NULL_ARGUMENT TINK_WEBHOOKS_ERROR_NULL_ARGUMENT
#define INVALID_ARGUMENT TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT

static const uint8_t *const body = (const uint8_t *)BODY;
static const size_t body_len = sizeof BODY - 1;
static char stale; /* out-parameters point here before each call */

static uint32_t handler(void *user_data, const tink_webhooks_event *event) {
    (void)user_data;
    (void)event;
    return 0;
}

/* Functions with the same parameters. */
typedef uint32_t (*receive_fn)(const tink_webhooks *, const uint8_t *, size_t, const uint8_t *, size_t,
                               tink_webhooks_event **, tink_webhooks_error **);
typedef uint32_t (*parse_fn)(const tink_webhooks *, const uint8_t *, size_t, tink_webhooks_event **,
                             tink_webhooks_error **);

/* Checks code, error object and out-parameter of a call that must fail. */
static void refused(uint32_t expected, uint32_t code, void *out, tink_webhooks_error *error, int line) {
    check_code(expected, code, "refused", line);
    check(out == NULL, "out-parameter is NULL", line);
    check(tink_webhooks_error_code(error) == code, "error has the code", line);
    check(strstr(tink_webhooks_error_message(error), "account") == NULL, "no body in the message", line);
    tink_webhooks_error_free(error);
}

static void receive(receive_fn call, int out_may_be_null, const tink_webhooks *hooks, const char *header) {
    const uint8_t *signature = (const uint8_t *)header;
    size_t signature_len = strlen(header);
    struct {
        uint32_t expected;
        const tink_webhooks *hooks;
        const uint8_t *body;
        size_t body_len;
        const uint8_t *signature;
        size_t signature_len;
    } table[] = {
        {NULL_ARGUMENT, NULL, body, body_len, signature, signature_len},
        {NULL_ARGUMENT, hooks, NULL, body_len, signature, signature_len},
        {NULL_ARGUMENT, hooks, body, body_len, NULL, signature_len},
        {INVALID_ARGUMENT, hooks, body, SIZE_MAX, signature, signature_len},
        {INVALID_ARGUMENT, hooks, body, body_len, signature, SIZE_MAX},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, hooks, body, body_len, NULL, 0},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, hooks, body, body_len, signature, 0},
        {TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, hooks, NULL, 0, signature, signature_len},
        {TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, hooks, body, 0, signature, signature_len},
        {TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE, hooks, body, body_len, body, body_len},
    };
    size_t i;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        tink_webhooks_event *out = (tink_webhooks_event *)&stale;
        tink_webhooks_error *error = (tink_webhooks_error *)&stale;
        uint32_t code = call(table[i].hooks, table[i].body, table[i].body_len, table[i].signature,
                             table[i].signature_len, &out, &error);
        refused(table[i].expected, code, out, error, __LINE__);
        CHECK_CODE(table[i].expected, call(table[i].hooks, table[i].body, table[i].body_len, table[i].signature,
                                           table[i].signature_len, &out, NULL));
    }
    CHECK_CODE(out_may_be_null ? TINK_WEBHOOKS_OK : NULL_ARGUMENT,
               call(hooks, body, body_len, signature, signature_len, NULL, NULL));
}

static void parse(parse_fn call, const tink_webhooks *hooks) {
    struct {
        uint32_t expected;
        const tink_webhooks *hooks;
        const uint8_t *body;
        size_t body_len;
    } table[] = {
        {NULL_ARGUMENT, NULL, body, body_len},
        {NULL_ARGUMENT, hooks, NULL, body_len},
        {INVALID_ARGUMENT, hooks, body, SIZE_MAX},
        {TINK_WEBHOOKS_ERROR_INVALID_JSON, hooks, NULL, 0},
    };
    size_t i;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        tink_webhooks_event *out = (tink_webhooks_event *)&stale;
        tink_webhooks_error *error = (tink_webhooks_error *)&stale;
        uint32_t code = call(table[i].hooks, table[i].body, table[i].body_len, &out, &error);
        refused(table[i].expected, code, out, error, __LINE__);
    }
    CHECK_CODE(NULL_ARGUMENT, call(hooks, body, body_len, NULL, NULL));
}

static void verify(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_verification proof;
    memset(&proof, 0x11, sizeof proof);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_verify_signature(NULL, body, body_len, TEXT(header), &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE);
    memset(&proof, 0x11, sizeof proof);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_verify_signature(hooks, NULL, 1, TEXT(header), &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE && proof.signed_at == 0);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_verify_signature(hooks, body, body_len, NULL, 1, &proof, NULL));
    CHECK_OK(tink_webhooks_verify_signature(hooks, body, body_len, TEXT(header), NULL, NULL));
}

/* Bodies in pieces. The order of calls is in test_stream.c. */
static void pieces(const tink_webhooks *hooks, const char *header) {
    const uint8_t *signature = (const uint8_t *)header;
    size_t signature_len = strlen(header), i;
    tink_webhooks_slice good, null, endless;
    struct {
        uint32_t expected;
        const tink_webhooks *hooks;
        const tink_webhooks_slice *pieces;
        size_t count;
        const uint8_t *signature;
        size_t signature_len;
    } table[] = {
        {NULL_ARGUMENT, NULL, &good, 1, signature, signature_len},
        {NULL_ARGUMENT, hooks, NULL, 1, signature, signature_len},
        {NULL_ARGUMENT, hooks, &null, 1, signature, signature_len},
        {NULL_ARGUMENT, hooks, &good, 1, NULL, 1},
        {INVALID_ARGUMENT, hooks, &good, SIZE_MAX, signature, signature_len},
        {INVALID_ARGUMENT, hooks, &good, SIZE_MAX / sizeof good, signature, signature_len},
        {INVALID_ARGUMENT, hooks, &endless, 1, signature, signature_len},
        {INVALID_ARGUMENT, hooks, &good, 1, signature, SIZE_MAX},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, hooks, &good, 1, NULL, 0},
        {TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, hooks, NULL, 0, signature, signature_len},
        {TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, hooks, &good, 0, signature, signature_len},
    };
    struct {
        uint32_t expected;
        const tink_webhooks *hooks;
        const uint8_t *signature;
        size_t signature_len;
    } begins[] = {
        {NULL_ARGUMENT, NULL, signature, signature_len},
        {NULL_ARGUMENT, hooks, NULL, 1},
        {INVALID_ARGUMENT, hooks, signature, SIZE_MAX},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, hooks, NULL, 0},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, hooks, signature, 0},
        {TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE, hooks, body, body_len},
    };
    tink_webhooks_verification proof;
    tink_webhooks_error *error;
    tink_webhooks_stream *stream;
    tink_webhooks_event *event;
    uint32_t code;
    good.ptr = endless.ptr = body;
    good.len = body_len;
    null.ptr = NULL;
    null.len = 1;
    endless.len = SIZE_MAX;

    for (i = 0; i < sizeof table / sizeof *table; i++) {
        error = (tink_webhooks_error *)&stale;
        memset(&proof, 0x11, sizeof proof);
        code = tink_webhooks_verify_signature_scattered(table[i].hooks, table[i].pieces, table[i].count,
                                                        table[i].signature, table[i].signature_len, &proof, &error);
        refused(table[i].expected, code, NULL, error, __LINE__);
        CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE && proof.signed_at == 0 && proof.delivery_id[0] == 0);
        CHECK_CODE(table[i].expected,
                   tink_webhooks_verify_signature_scattered(table[i].hooks, table[i].pieces, table[i].count,
                                                            table[i].signature, table[i].signature_len, NULL, NULL));
    }
    CHECK_OK(tink_webhooks_verify_signature_scattered(hooks, &good, 1, signature, signature_len, NULL, NULL));
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        event = (tink_webhooks_event *)&stale;
        error = (tink_webhooks_error *)&stale;
        code = tink_webhooks_construct_event_scattered(table[i].hooks, table[i].pieces, table[i].count,
                                                       table[i].signature, table[i].signature_len, &event, &error);
        refused(table[i].expected, code, event, error, __LINE__);
    }
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_construct_event_scattered(hooks, &good, 1, signature, signature_len, NULL,
                                                                      NULL));

    for (i = 0; i < sizeof begins / sizeof *begins; i++) {
        stream = (tink_webhooks_stream *)&stale;
        error = (tink_webhooks_error *)&stale;
        code = tink_webhooks_stream_begin(begins[i].hooks, begins[i].signature, begins[i].signature_len, &stream,
                                          &error);
        refused(begins[i].expected, code, stream, error, __LINE__);
        CHECK_CODE(NULL_ARGUMENT, tink_webhooks_stream_begin(begins[i].hooks, begins[i].signature,
                                                             begins[i].signature_len, NULL, NULL));
    }
    error = (tink_webhooks_error *)&stale;
    code = tink_webhooks_stream_update(NULL, body, body_len, &error);
    refused(NULL_ARGUMENT, code, NULL, error, __LINE__);
    error = (tink_webhooks_error *)&stale;
    memset(&proof, 0x11, sizeof proof);
    code = tink_webhooks_stream_finish(NULL, &proof, &error);
    refused(NULL_ARGUMENT, code, NULL, error, __LINE__);
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE && proof.signed_at == 0 && proof.delivery_id[0] == 0);
    event = (tink_webhooks_event *)&stale;
    error = (tink_webhooks_error *)&stale;
    code = tink_webhooks_stream_finish_event(NULL, body, body_len, &event, &error);
    refused(NULL_ARGUMENT, code, event, error, __LINE__);
}

static void null_objects(void) {
    tink_webhooks_verification proof;
    int64_t age = 5;
    uint64_t tolerance = 5;

    tink_webhooks_free(NULL);
    tink_webhooks_builder_free(NULL);
    tink_webhooks_event_free(NULL);
    tink_webhooks_error_free(NULL);
    tink_webhooks_handlers_free(NULL);
    tink_webhooks_stream_free(NULL);

    CHECK(tink_webhooks_max_body_bytes(NULL) == 0);
    CHECK(tink_webhooks_event_clone(NULL) == NULL);
    CHECK(tink_webhooks_event_type(NULL) == TINK_WEBHOOKS_TYPE_UNKNOWN);
    CHECK(tink_webhooks_event_type_name(NULL) == NULL);
    CHECK(is_nothing(tink_webhooks_event_name(NULL)));
    CHECK(is_nothing(tink_webhooks_event_data(NULL)));
    CHECK(is_nothing(tink_webhooks_event_context(NULL)));
    CHECK(is_nothing(tink_webhooks_event_user_id(NULL)));
    CHECK(is_nothing(tink_webhooks_event_external_user_id(NULL)));
    CHECK(is_nothing(tink_webhooks_event_raw_body(NULL)));
    CHECK(tink_webhooks_event_timestamp(NULL) == 0);
    memset(&proof, 0x11, sizeof proof);
    CHECK(!tink_webhooks_event_verification(NULL, &proof) && proof.scheme == TINK_WEBHOOKS_SCHEME_NONE);
    CHECK(!tink_webhooks_event_verification(NULL, NULL));

    CHECK(tink_webhooks_error_code(NULL) == NULL_ARGUMENT);
    CHECK(tink_webhooks_error_message(NULL)[0] != 0);
    CHECK(tink_webhooks_error_hint(NULL) == NULL);
    CHECK(!tink_webhooks_error_age(NULL, &age) && age == 5);
    CHECK(!tink_webhooks_error_tolerance(NULL, &tolerance) && tolerance == 5);
    CHECK(tink_webhooks_error_failure_count(NULL) == 0 && tink_webhooks_error_first_failure(NULL) == 0);
    CHECK(tink_webhooks_handlers_count(NULL) == 0);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_handlers_get(NULL, 0, NULL, NULL, NULL));

    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_add_secret(NULL, body, body_len));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_environment(NULL, body, body_len));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_tolerance(NULL, 1));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_disable_window(NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_allow_schemes(NULL, 1));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_max_body_bytes(NULL, 1));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_clock(NULL, clock_at, NULL, NULL));
}

static void builders(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *out = (tink_webhooks *)&stale;
    tink_webhooks_error *error = (tink_webhooks_error *)&stale;
    uint32_t code = tink_webhooks_builder_build(NULL, &out, &error);
    refused(NULL_ARGUMENT, code, out, error, __LINE__);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_add_secret(builder, NULL, 1));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_environment(builder, NULL, 1));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_set_clock(builder, NULL, NULL, NULL));
    tink_webhooks_builder_free(builder);
    builder = tink_webhooks_builder_new();
    CHECK_OK(tink_webhooks_builder_add_secret(builder, TEXT(SECRET)));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_builder_build(builder, NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_BUILT, tink_webhooks_builder_build(builder, &out, NULL));
    CHECK(out == NULL);
    tink_webhooks_builder_free(builder);
}

static void handlers(tink_webhooks *hooks) {
    tink_webhooks_handlers *listing = (tink_webhooks_handlers *)&stale;
    tink_webhooks_error *error = (tink_webhooks_error *)&stale;
    size_t removed = 5;
    uint32_t code;

    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_register_handler(NULL, TEXT("*"), 0, handler, NULL, NULL, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_register_handler(hooks, NULL, 1, 0, handler, NULL, NULL, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_register_handler(hooks, TEXT("*"), 0, NULL, NULL, NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE,
               tink_webhooks_register_handler(hooks, NULL, 0, 1, handler, NULL, NULL, NULL));
    CHECK_CODE(INVALID_ARGUMENT,
               tink_webhooks_register_handler(hooks, TEXT("*"), UINT32_MAX, handler, NULL, NULL, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_unregister_handlers(NULL, TEXT("*"), &removed, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_unregister_handlers(hooks, NULL, 1, &removed, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_unregister_handler(NULL, TEXT("*"), handler, NULL, &removed, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_unregister_handler(hooks, NULL, 1, handler, NULL, &removed, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_unregister_handler(hooks, TEXT("*"), NULL, NULL, &removed, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_matching_handlers(NULL, TEXT("a"), NULL, 0, &removed));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_matching_handlers(hooks, NULL, 1, NULL, 0, &removed));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_matching_handlers(hooks, TEXT("a"), NULL, 1, &removed));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_matching_handlers(hooks, TEXT("a"), NULL, 0, NULL));
    CHECK(removed == 5);
    code = tink_webhooks_get_handlers(NULL, &listing, &error);
    refused(NULL_ARGUMENT, code, listing, error, __LINE__);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_get_handlers(hooks, NULL, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_dispatch(hooks, NULL, NULL));
}

static void events(const tink_webhooks *hooks) {
    tink_webhooks_event *event = NULL;
    CHECK_OK(tink_webhooks_parse_event(hooks, body, body_len, &event, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_dispatch(NULL, event, NULL));
    tink_webhooks_event_free(event);
}

static void errors(const tink_webhooks *hooks) {
    tink_webhooks_error *error = NULL;
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    CHECK_OK(tink_webhooks_generate_signature(body, body_len, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_V1, 1, header,
                                              sizeof header, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD,
               tink_webhooks_verify_signature(hooks, body, body_len, TEXT(header), NULL, &error));
    CHECK(!tink_webhooks_error_age(error, NULL) && !tink_webhooks_error_tolerance(error, NULL));
    tink_webhooks_error_free(error);

    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_generate_signature(NULL, 1, TEXT(SECRET), 1, 0, header, sizeof header, NULL));
    CHECK(header[0] == 0);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_generate_signature(body, 1, NULL, 1, 1, 0, header, sizeof header, NULL));
    CHECK_CODE(NULL_ARGUMENT,
               tink_webhooks_generate_signature(body, 1, TEXT(SECRET), 1, 0, NULL, sizeof header, NULL));
}

int main(void) {
    tink_webhooks *hooks = make_hooks();
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    strcpy(header, sign(BODY));

    receive(tink_webhooks_handle_webhook, 1, hooks, header);
    receive(tink_webhooks_construct_event, 0, hooks, header);
    receive(tink_webhooks_construct_event_borrowed, 0, hooks, header);
    parse(tink_webhooks_parse_event, hooks);
    parse(tink_webhooks_parse_event_borrowed, hooks);
    verify(hooks, header);
    pieces(hooks, header);
    null_objects();
    builders();
    handlers(hooks);
    events(hooks);
    errors(hooks);
    tink_webhooks_free(hooks);
    return report("hostile");
}
