/* Bodies in pieces: however a body is divided, the result is that for the whole. */
#include "check.h"

#define BODY "{\"event\":\"refresh:finished\",\"content\":{\"n\":1}}"
#define LEN (sizeof BODY - 1)

static const uint8_t *const body = (const uint8_t *)BODY;

static tink_webhooks_stream *begin(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_stream *stream = NULL;
    CHECK_OK(tink_webhooks_stream_begin(hooks, TEXT(header), &stream, NULL));
    CHECK(stream != NULL);
    return stream;
}

static int is_unverified(const tink_webhooks_verification *proof) {
    static const tink_webhooks_verification zeros = {0, 0, 0, {0}, {0}};
    return memcmp(proof, &zeros, sizeof zeros) == 0;
}

/* The result for the body in two pieces. */
static uint32_t verify_in_two(const tink_webhooks *hooks, const char *header, size_t first, size_t len,
                              tink_webhooks_verification *proof) {
    tink_webhooks_stream *stream = begin(hooks, header);
    uint32_t code;
    CHECK_OK(tink_webhooks_stream_update(stream, body, first, NULL));
    CHECK_OK(tink_webhooks_stream_update(stream, body + first, len - first, NULL));
    code = tink_webhooks_stream_finish(stream, proof, NULL);
    tink_webhooks_stream_free(stream);
    return code;
}

static void every_cut(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_verification whole, proof;
    size_t first;
    CHECK_OK(tink_webhooks_verify_signature(hooks, body, LEN, TEXT(header), &whole, NULL));
    for (first = 0; first <= LEN; first++) {
        tink_webhooks_slice pieces[3];
        pieces[0].ptr = body;
        pieces[0].len = first;
        pieces[1].ptr = NULL;
        pieces[1].len = 0;
        pieces[2].ptr = body + first;
        pieces[2].len = LEN - first;

        memset(&proof, 0xff, sizeof proof);
        CHECK_OK(verify_in_two(hooks, header, first, LEN, &proof));
        CHECK(memcmp(&proof, &whole, sizeof whole) == 0);
        memset(&proof, 0xff, sizeof proof);
        CHECK_OK(tink_webhooks_verify_signature_scattered(hooks, pieces, 3, TEXT(header), &proof, NULL));
        CHECK(memcmp(&proof, &whole, sizeof whole) == 0);

        /* Without its last piece it is another body. */
        if (first < LEN) {
            CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, verify_in_two(hooks, header, 0, first, &proof));
            CHECK(is_unverified(&proof));
            CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH,
                       tink_webhooks_verify_signature_scattered(hooks, pieces, 2, TEXT(header), &proof, NULL));
            CHECK(is_unverified(&proof));
        }
    }
}

static void what_was_proven(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_verification proof;
    CHECK_OK(verify_in_two(hooks, header, 7, LEN, &proof));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_V1 && proof.secret_index == 0 && proof.signed_at == SIGNED_AT);
    CHECK(strncmp(strstr(header, "v1=") + 3, proof.delivery_id, 32) == 0 && proof.delivery_id[32] == 0);
    CHECK_OK(verify_in_two(hooks, header, 7, LEN, NULL));
}

/* The header is checked before any piece. If it is refused there is no stream. */
static void headers(const tink_webhooks *hooks) {
    static const struct {
        uint32_t expected;
        const char *header;
    } table[] = {
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, ""},
        {TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, " \t"},
        {TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE, "t=1"},
        {TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE, "v1=00"},
        {TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE, "00"},
    };
    size_t i;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        tink_webhooks_stream *stream = (tink_webhooks_stream *)&i;
        tink_webhooks_error *error = NULL;
        CHECK_CODE(table[i].expected, tink_webhooks_stream_begin(hooks, TEXT(table[i].header), &stream, &error));
        CHECK(stream == NULL && tink_webhooks_error_code(error) == table[i].expected);
        tink_webhooks_error_free(error);
    }
}

static void bare(const tink_webhooks *hooks) {
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE], captured[TINK_WEBHOOKS_SIGNATURE_SIZE];
    tink_webhooks_verification proof;
    tink_webhooks_stream *stream;
    CHECK_OK(tink_webhooks_generate_signature(body, LEN, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_BODY, 0, header,
                                              sizeof header, NULL));
    every_cut(hooks, header);
    CHECK_OK(verify_in_two(hooks, header, 1, LEN, &proof));
    CHECK(proof.scheme == TINK_WEBHOOKS_SCHEME_BODY && proof.signed_at == 0 && proof.delivery_id[0] == 0);

    /* A captured v1 MAC with the bytes that it signed is no bare signature. */
    CHECK_OK(tink_webhooks_generate_signature(body, LEN, TEXT(SECRET), TINK_WEBHOOKS_SCHEME_V1, 1767225600, captured,
                                              sizeof captured, NULL));
    stream = begin(hooks, strstr(captured, "v1=") + 3);
    CHECK_OK(tink_webhooks_stream_update(stream, NULL, 0, NULL));
    CHECK_OK(tink_webhooks_stream_update(stream, TEXT("1767225600."), NULL));
    CHECK_OK(tink_webhooks_stream_update(stream, body, LEN, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, tink_webhooks_stream_finish(stream, &proof, NULL));
    CHECK(is_unverified(&proof));
    tink_webhooks_stream_free(stream);
}

static void wrong_order(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_stream *stream = begin(hooks, header);
    tink_webhooks_verification proof;
    tink_webhooks_error *error = NULL;
    CHECK_OK(tink_webhooks_stream_update(stream, body, LEN, NULL));
    CHECK_OK(tink_webhooks_stream_finish(stream, &proof, NULL));
    CHECK(!is_unverified(&proof));

    /* A second finish proves nothing. */
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_finish(stream, &proof, &error));
    CHECK(is_unverified(&proof) && tink_webhooks_error_code(error) == TINK_WEBHOOKS_ERROR_ALREADY_FINISHED);
    CHECK(tink_webhooks_code_http_status(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED) == 500);
    tink_webhooks_error_free(error);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_update(stream, body, LEN, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_update(stream, NULL, 5, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_finish(stream, NULL, NULL));
    tink_webhooks_stream_free(stream);

    /* Nor does one after a failure. */
    stream = begin(hooks, header);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, tink_webhooks_stream_finish(stream, NULL, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_finish(stream, NULL, NULL));
    tink_webhooks_stream_free(stream);

    /* Freed without any piece and without finish. */
    tink_webhooks_stream_free(begin(hooks, header));
    stream = begin(hooks, header);
    CHECK_OK(tink_webhooks_stream_update(stream, body, LEN, NULL));
    tink_webhooks_stream_free(stream);
}

/* A refused piece is missing from the body, so the rest proves nothing, even if its signature holds. */
static void failed_updates(const tink_webhooks *hooks, const char *header) {
    static const struct {
        uint32_t expected;
        const uint8_t *piece;
        size_t len;
    } table[] = {
        {TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, NULL, 1},
        {TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, (const uint8_t *)BODY, SIZE_MAX},
    };
    size_t i;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        tink_webhooks_stream *stream = begin(hooks, header);
        tink_webhooks_error *error = NULL;
        tink_webhooks_verification proof;
        CHECK_CODE(table[i].expected, tink_webhooks_stream_update(stream, table[i].piece, table[i].len, &error));
        CHECK(tink_webhooks_error_code(error) == table[i].expected);
        tink_webhooks_error_free(error);
        CHECK_CODE(table[i].expected, tink_webhooks_stream_update(stream, body, LEN, NULL));
        CHECK_CODE(table[i].expected, tink_webhooks_stream_finish(stream, &proof, NULL));
        CHECK(is_unverified(&proof));
        CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_finish(stream, &proof, NULL));
        tink_webhooks_stream_free(stream);
    }
}

static void cap(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_stream *stream;
    tink_webhooks_error *error = NULL;
    tink_webhooks *hooks = NULL;
    tink_webhooks_slice twice[2];
    const char *header = sign("12345678");
    tink_webhooks_builder_add_secret(builder, TEXT(SECRET));
    tink_webhooks_builder_disable_window(builder);
    tink_webhooks_builder_set_max_body_bytes(builder, 8);
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);

    stream = begin(hooks, header);
    CHECK_OK(tink_webhooks_stream_update(stream, TEXT("12345678"), NULL));
    CHECK_OK(tink_webhooks_stream_update(stream, NULL, 0, NULL));
    CHECK_OK(tink_webhooks_stream_finish(stream, NULL, NULL));
    tink_webhooks_stream_free(stream);

    stream = begin(hooks, header);
    CHECK_OK(tink_webhooks_stream_update(stream, TEXT("12345678"), NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE, tink_webhooks_stream_update(stream, TEXT("9"), &error));
    CHECK(strcmp(tink_webhooks_error_message(error),
                 tink_webhooks_code_message(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE)) == 0);
    tink_webhooks_error_free(error);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE, tink_webhooks_stream_update(stream, NULL, 0, &error));
    tink_webhooks_error_free(error);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE, tink_webhooks_stream_finish(stream, NULL, &error));
    CHECK(tink_webhooks_error_code(error) == TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE);
    tink_webhooks_error_free(error);
    tink_webhooks_stream_free(stream);

    /* The scattered form checks the size before the header. */
    twice[0].ptr = twice[1].ptr = (const uint8_t *)"12345678";
    twice[0].len = twice[1].len = 8;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE,
               tink_webhooks_verify_signature_scattered(hooks, twice, 2, TEXT("x"), NULL, NULL));
    CHECK_OK(tink_webhooks_verify_signature_scattered(hooks, twice, 1, TEXT(header), NULL, NULL));
    tink_webhooks_free(hooks);
}

static int destroyed;
static void destroy(void *user_data) {
    (void)user_data;
    destroyed++;
}

/* A stream outlives the object it was begun with, and keeps its clock alive. The time window is checked at the end. */
static void outlives(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_stream *stream, *late;
    tink_webhooks_error *error = NULL;
    tink_webhooks *hooks = NULL;
    const char *header = sign(BODY);
    int64_t now = (int64_t)SIGNED_AT * 1000, age = 0;
    tink_webhooks_builder_add_secret(builder, TEXT(SECRET));
    tink_webhooks_builder_set_clock(builder, clock_at, &now, destroy);
    CHECK_OK(tink_webhooks_builder_build(builder, &hooks, NULL));
    tink_webhooks_builder_free(builder);
    stream = begin(hooks, header);
    late = begin(hooks, header);
    tink_webhooks_free(hooks);
    CHECK(destroyed == 0);

    CHECK_OK(tink_webhooks_stream_update(stream, body, LEN, NULL));
    CHECK_OK(tink_webhooks_stream_update(late, body, LEN, NULL));
    now += 300999;
    CHECK_OK(tink_webhooks_stream_finish(stream, NULL, NULL));
    tink_webhooks_stream_free(stream);
    CHECK(destroyed == 0);
    now += 1;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD, tink_webhooks_stream_finish(late, NULL, &error));
    CHECK(tink_webhooks_error_age(error, &age) && age == 301);
    tink_webhooks_error_free(error);
    tink_webhooks_stream_free(late);
    CHECK(destroyed == 1);
}

/* An event of pieces is that of the whole: verified, and of the time of signing. */
static void events(const tink_webhooks *hooks, const char *header) {
    tink_webhooks_event *event = NULL;
    tink_webhooks_verification proof;
    tink_webhooks_slice pieces[2];
    tink_webhooks_stream *stream;
    uint8_t copy[LEN];
    int i;
    for (i = 0; i < 2; i++) {
        memcpy(copy, body, LEN);
        if (i == 0) {
            pieces[0].ptr = copy;
            pieces[0].len = 9;
            pieces[1].ptr = copy + 9;
            pieces[1].len = LEN - 9;
            CHECK_OK(tink_webhooks_construct_event_scattered(hooks, pieces, 2, TEXT(header), &event, NULL));
        } else {
            stream = begin(hooks, header);
            CHECK_OK(tink_webhooks_stream_update(stream, copy, 9, NULL));
            CHECK_OK(tink_webhooks_stream_update(stream, copy + 9, LEN - 9, NULL));
            CHECK_OK(tink_webhooks_stream_finish_event(stream, copy, LEN, &event, NULL));
            CHECK_CODE(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, tink_webhooks_stream_finish(stream, NULL, NULL));
            tink_webhooks_stream_free(stream);
        }
        memset(copy, 'x', LEN);
        CHECK(slice_is(tink_webhooks_event_raw_body(event), BODY));
        CHECK(tink_webhooks_event_verification(event, &proof) && proof.signed_at == SIGNED_AT);
        CHECK(tink_webhooks_event_timestamp(event) == (int64_t)SIGNED_AT * 1000);
        tink_webhooks_event_free(event);
        event = NULL;
    }

    pieces[0].ptr = body;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH,
               tink_webhooks_construct_event_scattered(hooks, pieces, 1, TEXT(header), &event, NULL));
    CHECK(event == NULL);
    stream = begin(hooks, header);
    CHECK_OK(tink_webhooks_stream_update(stream, body, LEN, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION,
               tink_webhooks_stream_finish_event(stream, body, LEN - 1, &event, NULL));
    CHECK(event == NULL);
    tink_webhooks_stream_free(stream);
}

int main(void) {
    tink_webhooks *hooks = make_hooks();
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    strcpy(header, sign(BODY));

    every_cut(hooks, header);
    what_was_proven(hooks, header);
    headers(hooks);
    bare(hooks);
    events(hooks, header);
    wrong_order(hooks, header);
    failed_updates(hooks, header);
    cap();
    outlives();
    CHECK_OK(tink_webhooks_verify_signature_scattered(hooks, NULL, 0, TEXT(sign("")), NULL, NULL));
    tink_webhooks_free(hooks);
    return report("stream");
}
