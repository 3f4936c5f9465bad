/*
 * What Go calls for a delivery: one function that makes all calls to libtink_webhooks and writes the result to one flat
 * structure. So Go calls C once, and C never calls Go.
 *
 * Go's memory is read during the call only. Nothing here keeps a pointer to it.
 */
#ifndef TINKWEBHOOKS_SHIM_H
#define TINKWEBHOOKS_SHIM_H

#if defined(__has_include)
#if !__has_include(<tink_webhooks.h>)
#error "no tink_webhooks.h: releases carry it; in a checkout first run `make build-go`"
#endif
#endif
#include <tink_webhooks.h>

/* What to do with a delivery. */
enum { TW_VERIFY, TW_PARSE, TW_CONSTRUCT };

/* Which clock to use: the system's; one of Go's that it has not read yet; one of Go's whose value is passed. */
enum { TW_CLOCK_SYSTEM, TW_CLOCK_UNREAD, TW_CLOCK_READ };

/* A piece of text of the event. */
typedef struct tw_text {
    /* Where it begins in the body, if `outside` is NULL. */
    size_t at;
    /* Length in bytes; 0 where there is nothing. */
    size_t len;
    /* Not NULL: the text is here, and not in the body. */
    const uint8_t *outside;
} tw_text;

/* The result of tw_deliver and tw_finish_event. All zeros to begin with. */
typedef struct tw_delivery {
    uint32_t code;
    /* The clock is needed, and Go has not read it: Go must call again with its value. Nothing else is set. */
    uint32_t needs_clock;
    /* Owned by the caller; NULL on success. */
    tink_webhooks_error *error;
    /* What was proven; scheme 0 for TW_PARSE. */
    tink_webhooks_verification verification;

    /* The rest is not set for TW_VERIFY. */
    tw_text name, data, context, user_id, external_user_id;
    /* Static text. */
    tw_text type;
    int64_t timestamp;
    /* Not NULL where a text had to be decoded, and so belongs to the event; then owned by the caller. */
    tink_webhooks_event *event;
} tw_delivery;

/* The details of a failure. All texts are borrowed from the error, or static. */
typedef struct tw_failure {
    const char *kind, *reason, *message, *hint;
    uint32_t http_status;
    bool has_age, has_tolerance;
    int64_t age;
    uint64_t tolerance;
} tw_failure;

/* Does `what` with a delivery. `now` is in milliseconds since the epoch, and used for TW_CLOCK_READ only. */
void tw_deliver(const tink_webhooks *hooks, int what, const uint8_t *body, size_t body_len, const uint8_t *signature,
                size_t signature_len, int clock, int64_t now, tw_delivery *out);

/*
 * Finishes a stream and frees it. `now` is in milliseconds since the epoch, and used where Go has a clock. A stream
 * cannot be finished a second time, so Go always reads its clock before the call.
 */
uint32_t tw_finish(tink_webhooks_stream *stream, int64_t now, tink_webhooks_verification *out,
                   tink_webhooks_error **err);

/*
 * As tw_finish, and reads the body, for the event. `out` is filled in as by tw_deliver, with TW_CONSTRUCT; the positions
 * are those in `body`.
 */
void tw_finish_event(tink_webhooks_stream *stream, const uint8_t *body, size_t body_len, int64_t now,
                     tw_delivery *out);

/* The idempotency key of the event that a body is. `out` has TINK_WEBHOOKS_KEY_SIZE characters. */
bool tw_key(const uint8_t *body, size_t body_len, char *out);

/*
 * The text of an event of these parts: its length, and the text itself where it fits. 0 only for a body that is no
 * event.
 */
size_t tw_serialize(const uint8_t *body, size_t body_len, int64_t timestamp,
                    const tink_webhooks_verification *verification, uint8_t *buffer, size_t buffer_size);

/*
 * Makes an event from its text. `out` is filled in as by tw_deliver, with TW_PARSE, and always has the event; the
 * positions are those in the event's own body.
 */
void tw_deserialize(const uint8_t *text, size_t text_len, tw_delivery *out);

/* Makes the builder use Go's clock, whose value tw_deliver, tw_finish and tw_finish_event receive. */
uint32_t tw_use_clock(tink_webhooks_builder *builder);

/* Reads the details of a failure. `error` may be NULL: then they are those of `code`. */
void tw_explain(uint32_t code, const tink_webhooks_error *error, tw_failure *out);

/* Registers the handler that Go stores under this number. */
uint32_t tw_register(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len, uint32_t flags,
                     uintptr_t slot, tink_webhooks_error **err);

/* Removes that handler. */
uint32_t tw_unregister(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len, uintptr_t slot);

/* The slots of the handlers for an event of this name, `capacity` at most, and how many there are. */
uint32_t tw_matching(const tink_webhooks *hooks, const uint8_t *name, size_t name_len, uintptr_t *slots,
                     size_t capacity, size_t *count);

/* One handler of a listing: the text of its key, and its slot. */
uint32_t tw_listed(const tink_webhooks_handlers *handlers, size_t index, tink_webhooks_slice *event_type,
                   uintptr_t *slot);

#endif
