/* Events as text, events of stored parts, idempotency keys, and an object without a secret. The vectors hold what the
 * texts are; here is what only C has: buffers, NULL, who owns what. */
#include "check.h"

#define NULL_ARGUMENT TINK_WEBHOOKS_ERROR_NULL_ARGUMENT
#define INVALID_OPTION TINK_WEBHOOKS_ERROR_INVALID_OPTION
#define NOT_CONFIGURED TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED

static char stale; /* out-parameters point here before each call */
static int ran;

static uint32_t count(void *user_data, const tink_webhooks_event *event) {
    ran++;
    return slice_is(tink_webhooks_event_name(event), "payment:updated") ? *(uint32_t *)user_data : 99;
}

static tink_webhooks_event *example(const tink_webhooks *hooks, uint32_t type) {
    tink_webhooks_slice body = tink_webhooks_example_body(type);
    tink_webhooks_event *event = NULL;
    char *text = (char *)calloc(1, body.len + 1);
    memcpy(text, body.ptr, body.len);
    CHECK_OK(tink_webhooks_construct_event(hooks, body.ptr, body.len, TEXT(sign(text)), &event, NULL));
    free(text);
    return event;
}

static void buffers(const tink_webhooks_event *event) {
    size_t len = tink_webhooks_event_serialize(event, NULL, 0), i;
    uint8_t *text = (uint8_t *)malloc(len + 1);
    tink_webhooks_event *back = NULL;
    CHECK(len > 100);
    memset(text, 'x', len + 1);
    CHECK(tink_webhooks_event_serialize(event, text, len - 1) == len && text[0] == 'x' && text[len - 2] == 'x');
    CHECK(tink_webhooks_event_serialize(event, NULL, len) == len);
    CHECK(tink_webhooks_event_serialize(event, text, len) == len && text[len - 1] == '}' && text[len] == 'x');
    CHECK(tink_webhooks_event_serialize(NULL, text, len) == 0 && text[0] == '{');
    CHECK_OK(tink_webhooks_event_deserialize(text, len, &back, NULL));
    /* It has a copy: the text may change. */
    memset(text, 'x', len);
    CHECK(tink_webhooks_event_serialize(back, text, len) == len && memcmp(text, "{\"version\":2,", 13) == 0);
    tink_webhooks_event_free(back);
    for (i = 0; i < len; i++) {
        back = (tink_webhooks_event *)&stale;
        if (tink_webhooks_event_deserialize(text, i, &back, NULL) != INVALID_OPTION || back != NULL) {
            break;
        }
    }
    CHECK(i == len);
    free(text);
}

static void hostile_texts(void) {
    tink_webhooks_event *event = (tink_webhooks_event *)&stale;
    tink_webhooks_error *error = NULL;
    CHECK_CODE(INVALID_OPTION, tink_webhooks_event_deserialize(TEXT("{\"hidden\":1}"), &event, &error));
    CHECK(event == NULL && strstr(tink_webhooks_error_message(error), "hidden") == NULL);
    tink_webhooks_error_free(error);
    CHECK_CODE(INVALID_OPTION, tink_webhooks_event_deserialize(NULL, 0, &event, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_deserialize(NULL, 1, &event, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_deserialize(TEXT("{}"), NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
               tink_webhooks_event_deserialize((const uint8_t *)"{}", SIZE_MAX, &event, NULL));
}

static void parts(const tink_webhooks_event *event) {
    tink_webhooks_slice body = tink_webhooks_event_raw_body(event);
    int64_t when = tink_webhooks_event_timestamp(event);
    tink_webhooks_verification proof, bad, back;
    tink_webhooks_event *restored = NULL;
    CHECK(tink_webhooks_event_verification(event, &proof));
    CHECK_OK(tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, &proof, &restored, NULL));
    CHECK(tink_webhooks_event_raw_body(restored).ptr == body.ptr);
    CHECK(tink_webhooks_event_verification(restored, &back) && memcmp(&proof, &back, sizeof back) == 0);
    tink_webhooks_event_free(restored);
    CHECK_OK(tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, NULL, &restored, NULL));
    CHECK(!tink_webhooks_event_verification(restored, NULL) && tink_webhooks_event_timestamp(restored) == when);
    tink_webhooks_event_free(restored);
    memset(&bad, 0, sizeof bad);
    CHECK_OK(tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, &bad, &restored, NULL));
    CHECK(!tink_webhooks_event_verification(restored, NULL));
    tink_webhooks_event_free(restored);
    bad = proof;
    bad.scheme = 7;
    CHECK_CODE(INVALID_OPTION, tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, &bad, &restored, NULL));
    CHECK(restored == NULL);
    bad = proof;
    bad.signed_at = -1;
    CHECK_CODE(INVALID_OPTION, tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, &bad, &restored, NULL));
    bad = proof;
    memset(bad.delivery_id, 'z', sizeof bad.delivery_id); /* and no NUL */
    CHECK_CODE(INVALID_OPTION, tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, &bad, &restored, NULL));
    CHECK_CODE(INVALID_OPTION,
               tink_webhooks_event_restore_borrowed(body.ptr, body.len, INT64_MAX, NULL, &restored, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_restore_borrowed(NULL, 1, when, NULL, &restored, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_restore_borrowed(body.ptr, body.len, when, NULL, NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_NOT_AN_OBJECT,
               tink_webhooks_event_restore_borrowed(TEXT("[]"), when, NULL, &restored, NULL));
}

static void keys(const tink_webhooks *hooks) {
    tink_webhooks_event *payment = example(hooks, TINK_WEBHOOKS_TYPE_PAYMENT_UPDATED);
    tink_webhooks_event *signal = example(hooks, TINK_WEBHOOKS_TYPE_ACCOUNT_UPDATED);
    char key[TINK_WEBHOOKS_KEY_SIZE + 1];
    memset(key, 'x', sizeof key);
    CHECK(tink_webhooks_event_idempotency_key(payment, key) && strlen(key) == 32);
    CHECK(key[TINK_WEBHOOKS_KEY_SIZE] == 'x' && strspn(key, "0123456789abcdef") == 32);
    CHECK(tink_webhooks_event_idempotency_key(payment, NULL));
    CHECK(!tink_webhooks_event_idempotency_key(signal, key) && key[0] == 0 && key[32] == 0);
    key[0] = 'x';
    CHECK(!tink_webhooks_event_idempotency_key(NULL, key) && key[0] == 0);
    CHECK(!tink_webhooks_event_idempotency_key(NULL, NULL));
    tink_webhooks_event_free(signal);
    tink_webhooks_event_free(payment);
}

/* A worker: registers and dispatches, and never verifies. */
static void dispatcher(const tink_webhooks_event *event) {
    tink_webhooks *worker = tink_webhooks_dispatcher_new();
    tink_webhooks_slice body = tink_webhooks_event_raw_body(event);
    tink_webhooks_verification proof;
    tink_webhooks_event *out = (tink_webhooks_event *)&stale;
    tink_webhooks_stream *stream = (tink_webhooks_stream *)&stale;
    tink_webhooks_error *error = NULL;
    uint32_t good = 0, bad = 7;
    size_t matching = 0;
    CHECK_OK(tink_webhooks_register_handler(worker, TEXT("payment:updated"), 0, count, &good, NULL, NULL));
    CHECK_OK(tink_webhooks_dispatch(worker, event, NULL));
    CHECK(ran == 1);
    CHECK_OK(tink_webhooks_register_handler(worker, TEXT("*"), 0, count, &bad, NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_HANDLER_FAILED, tink_webhooks_dispatch(worker, event, &error));
    CHECK(ran == 3 && tink_webhooks_error_first_failure(error) == 7);
    tink_webhooks_error_free(error);
    CHECK_OK(tink_webhooks_matching_handlers(worker, TEXT("payment:updated"), NULL, 0, &matching));
    CHECK(matching == 2);

    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_handle_webhook(worker, body.ptr, body.len, TEXT(sign("{}")), NULL, &error));
    CHECK(ran == 3 && strstr(tink_webhooks_error_message(error), "dispatcher") != NULL);
    tink_webhooks_error_free(error);
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_construct_event(worker, body.ptr, body.len, NULL, 0, &out, NULL));
    CHECK(out == NULL);
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_construct_event_borrowed(worker, body.ptr, body.len, NULL, 0, &out, NULL));
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_construct_event_scattered(worker, &body, 1, NULL, 0, &out, NULL));
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_parse_event(worker, body.ptr, body.len, &out, NULL));
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_parse_event_borrowed(worker, body.ptr, body.len, &out, NULL));
    memset(&proof, 0x11, sizeof proof);
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_verify_signature(worker, body.ptr, body.len, NULL, 0, &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE);
    memset(&proof, 0x11, sizeof proof);
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_verify_signature_scattered(worker, &body, 1, NULL, 0, &proof, NULL));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_NONE);
    CHECK_CODE(NOT_CONFIGURED, tink_webhooks_stream_begin(worker, NULL, 0, &stream, NULL));
    CHECK(stream == NULL);
    CHECK(tink_webhooks_max_body_bytes(worker) == 0 && is_nothing(tink_webhooks_warning(worker, 0)));
    tink_webhooks_free(worker);
}

int main(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = example(hooks, TINK_WEBHOOKS_TYPE_PAYMENT_UPDATED);
    buffers(event);
    hostile_texts();
    parts(event);
    keys(hooks);
    dispatcher(event);
    tink_webhooks_event_free(event);
    tink_webhooks_free(hooks);
    return report("texts");
}
