//go:build cgo && !wazero

#include "shim.h"

#include <string.h>

/* The archive that this was compiled for, in a checkout: makes Go link again when it changes (archives.sh). */
#if defined(__has_include)
#if __has_include("archive_stamp.h")
#include "archive_stamp.h"
const char tw_archive[] = TW_ARCHIVE;
#endif
#endif

/* Slots are passed as `user_data`. */
_Static_assert(sizeof(uintptr_t) == sizeof(void *), "a slot is stored as a pointer");

/*
 * A clock of the user's is a Go function, and C does not call Go. So the library gets this clock, which has no time
 * unless Go passed one. The verification that needs the time then fails, tw_deliver reports that, and Go reads its
 * clock and calls again. So the clock is read only when the library needs it: after the MAC was found to match. A call
 * stays on its thread, so its state is thread-local.
 */
static _Thread_local struct {
    bool asked;
    int64_t now;
} the_clock;

static int64_t read_clock(void *user_data) {
    (void)user_data;
    the_clock.asked = true;
    return the_clock.now;
}

uint32_t tw_use_clock(tink_webhooks_builder *builder) {
    return tink_webhooks_builder_set_clock(builder, read_clock, NULL, NULL);
}

static tw_text locate(tink_webhooks_slice slice, const uint8_t *body, size_t body_len) {
    /* Numbers, because comparing pointers into different objects is not defined. */
    uintptr_t ptr = (uintptr_t)slice.ptr, start = (uintptr_t)body;
    tw_text text = {0, slice.len, NULL};
    if (slice.len > 0 && start <= ptr && ptr - start <= body_len && slice.len <= body_len - (ptr - start)) {
        text.at = ptr - start;
    } else if (slice.len > 0) {
        text.outside = slice.ptr;
    }
    return text;
}

static void describe(tink_webhooks_event *event, const uint8_t *body, size_t body_len, tw_delivery *out) {
    const char *type = tink_webhooks_event_type_name(event);
    out->type.len = strlen(type);
    out->type.outside = (const uint8_t *)type;
    out->name = locate(tink_webhooks_event_name(event), body, body_len);
    out->data = locate(tink_webhooks_event_data(event), body, body_len);
    out->context = locate(tink_webhooks_event_context(event), body, body_len);
    out->user_id = locate(tink_webhooks_event_user_id(event), body, body_len);
    out->external_user_id = locate(tink_webhooks_event_external_user_id(event), body, body_len);
    out->timestamp = tink_webhooks_event_timestamp(event);
    tink_webhooks_event_verification(event, &out->verification);
}

/* Passes the event on where a text has to be copied from it. Otherwise frees it: data that is not in the body is static. */
static void hand_over(tink_webhooks_event *event, tw_delivery *out) {
    if (out->name.outside != NULL || out->user_id.outside != NULL || out->external_user_id.outside != NULL) {
        out->event = event;
    } else {
        tink_webhooks_event_free(event);
    }
}

void tw_deliver(const tink_webhooks *hooks, int what, const uint8_t *body, size_t body_len, const uint8_t *signature,
                size_t signature_len, int clock, int64_t now, tw_delivery *out) {
    tink_webhooks_event *event = NULL;

    memset(out, 0, sizeof *out);
    the_clock.asked = false;
    /* No time is outside the years 1 to 9999, so the library refuses it. */
    the_clock.now = clock == TW_CLOCK_READ ? now : INT64_MIN;
    switch (what) {
    case TW_VERIFY:
        out->code = tink_webhooks_verify_signature(hooks, body, body_len, signature, signature_len, &out->verification,
                                                   &out->error);
        break;
    case TW_PARSE:
        out->code = tink_webhooks_parse_event_borrowed(hooks, body, body_len, &event, &out->error);
        break;
    default:
        out->code = tink_webhooks_construct_event_borrowed(hooks, body, body_len, signature, signature_len, &event,
                                                           &out->error);
    }
    if (the_clock.asked && clock == TW_CLOCK_UNREAD) {
        tink_webhooks_error_free(out->error);
        out->error = NULL;
        out->needs_clock = 1;
        return;
    }
    if (event == NULL) {
        return;
    }
    describe(event, body, body_len, out);
    hand_over(event, out);
}

uint32_t tw_finish(tink_webhooks_stream *stream, int64_t now, tink_webhooks_verification *out,
                   tink_webhooks_error **err) {
    uint32_t code;
    the_clock.now = now;
    code = tink_webhooks_stream_finish(stream, out, err);
    tink_webhooks_stream_free(stream);
    return code;
}

void tw_finish_event(tink_webhooks_stream *stream, const uint8_t *body, size_t body_len, int64_t now,
                     tw_delivery *out) {
    tink_webhooks_event *event = NULL;

    memset(out, 0, sizeof *out);
    the_clock.now = now;
    out->code = tink_webhooks_stream_finish_event(stream, body, body_len, &event, &out->error);
    tink_webhooks_stream_free(stream);
    if (event != NULL) {
        /* The event has a copy of the body, in which everything is where it is in the body. */
        tink_webhooks_slice copy = tink_webhooks_event_raw_body(event);
        describe(event, copy.ptr, copy.len, out);
        hand_over(event, out);
    }
}

bool tw_key(const uint8_t *body, size_t body_len, char *out) {
    tink_webhooks_event *event = NULL;
    bool found;
    if (tink_webhooks_event_restore_borrowed(body, body_len, 0, NULL, &event, NULL) != TINK_WEBHOOKS_OK) {
        return false;
    }
    found = tink_webhooks_event_idempotency_key(event, out);
    tink_webhooks_event_free(event);
    return found;
}

size_t tw_serialize(const uint8_t *body, size_t body_len, int64_t timestamp,
                    const tink_webhooks_verification *verification, uint8_t *buffer, size_t buffer_size) {
    tink_webhooks_event *event = NULL;
    size_t len;
    if (tink_webhooks_event_restore_borrowed(body, body_len, timestamp, verification, &event, NULL) !=
        TINK_WEBHOOKS_OK) {
        return 0;
    }
    len = tink_webhooks_event_serialize(event, buffer, buffer_size);
    tink_webhooks_event_free(event);
    return len;
}

void tw_deserialize(const uint8_t *text, size_t text_len, tw_delivery *out) {
    memset(out, 0, sizeof *out);
    out->code = tink_webhooks_event_deserialize(text, text_len, &out->event, &out->error);
    if (out->code == TINK_WEBHOOKS_OK) {
        tink_webhooks_slice body = tink_webhooks_event_raw_body(out->event);
        describe(out->event, body.ptr, body.len, out);
    }
}

void tw_explain(uint32_t code, const tink_webhooks_error *error, tw_failure *out) {
    memset(out, 0, sizeof *out);
    out->kind = tink_webhooks_code_kind(code);
    out->reason = tink_webhooks_code_name(code);
    out->http_status = tink_webhooks_code_http_status(code);
    out->message = error != NULL ? tink_webhooks_error_message(error) : tink_webhooks_code_message(code);
    out->hint = tink_webhooks_error_hint(error);
    out->has_age = tink_webhooks_error_age(error, &out->age);
    out->has_tolerance = tink_webhooks_error_tolerance(error, &out->tolerance);
}

/* The placeholder for Go's handlers, which Go runs itself. */
static uint32_t never_run(void *user_data, const tink_webhooks_event *event) {
    (void)user_data;
    (void)event;
    return TINK_WEBHOOKS_ERROR_PANIC;
}

uint32_t tw_register(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len, uint32_t flags,
                     uintptr_t slot, tink_webhooks_error **err) {
    return tink_webhooks_register_handler(hooks, event_type, event_type_len, flags, never_run, (void *)slot, NULL, err);
}

uint32_t tw_unregister(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len, uintptr_t slot) {
    return tink_webhooks_unregister_handler(hooks, event_type, event_type_len, never_run, (void *)slot, NULL, NULL);
}

uint32_t tw_matching(const tink_webhooks *hooks, const uint8_t *name, size_t name_len, uintptr_t *slots,
                     size_t capacity, size_t *count) {
    return tink_webhooks_matching_handlers(hooks, name, name_len, (void **)slots, capacity, count);
}

uint32_t tw_listed(const tink_webhooks_handlers *handlers, size_t index, tink_webhooks_slice *event_type,
                   uintptr_t *slot) {
    void *user_data = NULL;
    uint32_t code = tink_webhooks_handlers_get(handlers, index, event_type, NULL, &user_data);
    *slot = (uintptr_t)user_data;
    return code;
}
