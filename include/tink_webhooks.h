/**
 * \file tink_webhooks.h
 *
 * Verify, parse and dispatch the webhooks of Tink (https://tink.com). This header is the contract of
 * `libtink_webhooks`; what is not said here is not promised. C99 or later, and C++.
 *
 * A *delivery* is one HTTP POST from Tink: the body's exact bytes, and the value of its `X-Tink-Signature` header. It
 * is signed by one of two *schemes*: `v1` (`t=<unix seconds>,v1=<64 hex digits>`) or `body` (64 hex digits).
 *
 * \code
 *   #include <stdio.h>
 *   #include <tink_webhooks.h>
 *
 *   static uint32_t on_refresh(void *user_data, const tink_webhooks_event *event) {
 *       tink_webhooks_slice user = tink_webhooks_event_user_id(event);
 *       (void)user_data;
 *       printf("refreshed: %.*s\n", (int)user.len, (const char *)user.ptr);
 *       return 0;
 *   }
 *
 *   // Once, at the start; the secret is that of the environment variable TINK_WEBHOOK_SECRET.
 *   tink_webhooks *start(void) {
 *       static const char key[] = "refresh:finished";
 *       tink_webhooks_builder *builder = tink_webhooks_builder_new();
 *       tink_webhooks_error *error = NULL;
 *       tink_webhooks *hooks = NULL;
 *       tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
 *       if (tink_webhooks_builder_build(builder, &hooks, &error) != TINK_WEBHOOKS_OK ||
 *           tink_webhooks_register_handler(hooks, (const uint8_t *)key, sizeof key - 1, 0, on_refresh, NULL, NULL,
 *                                          &error) != TINK_WEBHOOKS_OK) {
 *           fprintf(stderr, "%s\n", tink_webhooks_error_message(error));
 *           tink_webhooks_error_free(error);
 *           tink_webhooks_free(hooks);
 *           hooks = NULL;
 *       }
 *       tink_webhooks_builder_free(builder);
 *       return hooks;
 *   }
 *
 *   // For each POST, on any thread: gives the HTTP status to answer.
 *   unsigned receive(const tink_webhooks *hooks, const uint8_t *body, size_t body_len, const char *header,
 *                    size_t header_len) {
 *       uint32_t code = tink_webhooks_handle_webhook(hooks, body, body_len, (const uint8_t *)header, header_len,
 *                                                    NULL, NULL);
 *       return tink_webhooks_code_http_status(code);
 *   }
 * \endcode
 *
 * | to                             | see                                                                            |
 * | ------------------------------ | ------------------------------------------------------------------------------ |
 * | make a handler, free it        | #tink_webhooks_builder_new, #tink_webhooks_builder_build, #tink_webhooks_free  |
 * | register a callback            | #tink_webhooks_register_handler, #tink_webhooks_handler_fn                     |
 * | handle a delivery              | #tink_webhooks_handle_webhook, #tink_webhooks_construct_event                  |
 * | inspect an event               | #tink_webhooks_event_type, and the other `tink_webhooks_event_...`             |
 * | verify only                    | #tink_webhooks_verify_signature, #tink_webhooks_verification                   |
 * | verify a body in pieces        | #tink_webhooks_stream_begin, #tink_webhooks_verify_signature_scattered         |
 * | tell what went wrong           | `TINK_WEBHOOKS_ERROR_...`, #tink_webhooks_code_name, #tink_webhooks_error      |
 * | sign, for tests                | #tink_webhooks_generate_signature, #tink_webhooks_example_body                 |
 *
 * ## Linking
 *
 * `pkg-config --cflags --libs tink_webhooks` for the shared library; `pkg-config --variable=archive tink_webhooks` in
 * place of `--libs` for the archive and the system libraries it needs. Link one Rust archive into a program, not two:
 * their runtimes clash. CMake finds both through its module PkgConfig; docs/c.md shows how.
 * The library starts no thread, opens no file and no socket, installs no signal handler, and reads one environment
 * variable, when it is asked to (#tink_webhooks_builder_build).
 *
 * ## Bytes and text
 *
 * Inputs are a pointer and a length in bytes, never NUL-terminated. `(NULL, 0)` is valid and empty; with a length of 0
 * the pointer is not looked at. NULL with any other length is #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT. Inputs are read
 * during the call only and must not change meanwhile; where something keeps them longer, its comment says so.
 * Outputs of any length are a #tink_webhooks_slice. Where this header returns `const char *`, it is UTF-8 text with a
 * NUL at its end.
 *
 * ## Ownership
 *
 * | name       | meaning                                                                                            |
 * | ---------- | -------------------------------------------------------------------------------------------------- |
 * | `_new`     | gives an object that the caller owns                                                               |
 * | `_build`   | empties a builder into an object that the caller owns; the builder itself is still freed           |
 * | `_clone`   | gives a copy that the caller owns                                                                  |
 * | `_free`    | ends an object, once; NULL is allowed and does nothing                                             |
 * | `T **out`  | receives an object that the caller owns; NULL is written first, and on every failure               |
 *
 * Everything else is *borrowed*: it belongs to the object it was asked of and is valid until that object is freed.
 * `free()` of the C library is never right for anything from here.
 *
 * ## Threads
 *
 * #tink_webhooks may be shared: every function may be called on it from any number of threads at once, except
 * #tink_webhooks_free, which must come after all of them have returned. A #tink_webhooks_event, a #tink_webhooks_error
 * and a #tink_webhooks_handlers never change: any number of threads may read one. A #tink_webhooks_builder and a
 * #tink_webhooks_stream are used by one thread at a time. Any object may be freed on another thread than the one that
 * made it. No call depends on the thread it is made on, and nothing is kept per thread.
 *
 * ## Errors
 *
 * Functions that can fail return a code: #TINK_WEBHOOKS_OK, which is 0, or one of `TINK_WEBHOOKS_ERROR_...`. The only
 * value that says "verified" is a 0 that a function returned: a NULL argument, a failure inside the library and zeroed
 * memory never do. Where the last parameter is a `tink_webhooks_error **`, it may be NULL; otherwise it receives, on
 * failure, an object that tells more, which the caller frees. It is set to NULL first. No secret and no body is ever in
 * it. NULL for a parameter whose comment does not allow it is #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, or where no code is
 * returned the value that the comment names. A pointer that is neither NULL nor valid cannot be detected.
 *
 * ## Callbacks
 *
 * A callback gets its `user_data` back as the first argument. `destroy`, if it is not NULL, is called with the same
 * pointer exactly once, when the library has let go of it: no callback runs with it then or later. A call that
 * *fails takes nothing over*: `user_data` is still the caller's, and `destroy` is not called.
 * Callbacks run on the thread that called the library, on several threads at once if several call. No lock is held
 * meanwhile, so they may call back into the library, register and unregister included; they must not free the
 * #tink_webhooks they run under, nor a builder from a `destroy` that freeing it calls. They return normally: no
 * `longjmp` and no C++ exception may leave them (an exception ends the process).
 */
#ifndef TINK_WEBHOOKS_H
#define TINK_WEBHOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
/** The compiler warns where the result of such a function is not looked at. */
#define TINK_WEBHOOKS_MUST_USE __attribute__((warn_unused_result))
#else
/** The compiler warns where the result of such a function is not looked at. */
#define TINK_WEBHOOKS_MUST_USE
#endif

/* ---------------------------------------------------------------------------------------------------------- version */

#define TINK_WEBHOOKS_VERSION_MAJOR 0 /**< Major version of this header. */
#define TINK_WEBHOOKS_VERSION_MINOR 1 /**< Minor version of this header. */
#define TINK_WEBHOOKS_VERSION_PATCH 0 /**< Patch version of this header. */
/** Version of this header as one number that grows: 0x00MMmmpp. */
#define TINK_WEBHOOKS_VERSION_NUMBER                                                                                   \
    ((TINK_WEBHOOKS_VERSION_MAJOR << 16) | (TINK_WEBHOOKS_VERSION_MINOR << 8) | TINK_WEBHOOKS_VERSION_PATCH)
#define TINK_WEBHOOKS_VERSION "0.1.0" /**< Version of this header as text. */
/** Number of the binary interface; it changes when a program must be compiled again. */
#define TINK_WEBHOOKS_ABI_VERSION 1

/** The version of the library in use, such as `0.1.0`. Static; never NULL. */
const char *tink_webhooks_version(void);

/** #TINK_WEBHOOKS_ABI_VERSION of the library in use. A program that finds another number must not call on. */
uint32_t tink_webhooks_abi_version(void);

/* ------------------------------------------------------------------------------------------------------------ codes */

/** Success. From a function that verifies: the signature holds. */
#define TINK_WEBHOOKS_OK 0

/* Kind `invalid_signature`: not shown to come from Tink, or not now. HTTP 401. */

/** There is no signature header, or it is blank. */
#define TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE 101
/** The header is neither `t=<unix seconds>,v1=<64 hex digits>` nor 64 hex digits. */
#define TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE 102
/** The header is well-formed, but its scheme is not allowed (#tink_webhooks_builder_allow_schemes). */
#define TINK_WEBHOOKS_ERROR_SCHEME_NOT_ALLOWED 103
/** No secret gives this signature. */
#define TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH 104
/** Authentic, but signed longer ago than the tolerance. */
#define TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD 105
/** Authentic, but signed further in the future than the tolerance. */
#define TINK_WEBHOOKS_ERROR_TIMESTAMP_IN_FUTURE 106

/* Kind `invalid_payload`: authentic, but not an event this library can read. HTTP 400, or 413. */

/** The body is not UTF-8. */
#define TINK_WEBHOOKS_ERROR_INVALID_UTF8 201
/** The body is not JSON. */
#define TINK_WEBHOOKS_ERROR_INVALID_JSON 202
/** The body is JSON, but not an object. */
#define TINK_WEBHOOKS_ERROR_NOT_AN_OBJECT 203
/** Neither `event` nor `type` holds a non-empty string. */
#define TINK_WEBHOOKS_ERROR_MISSING_TYPE 204
/** There is a `type`, but no `data`. */
#define TINK_WEBHOOKS_ERROR_MISSING_DATA 205
/** The body is nested beyond 128 levels. */
#define TINK_WEBHOOKS_ERROR_TOO_DEEP 206
/** One of the envelope's own keys stands twice. */
#define TINK_WEBHOOKS_ERROR_DUPLICATE_KEY 207
/** The body is larger than the cap (#tink_webhooks_builder_set_max_body_bytes). HTTP 413. */
#define TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE 208

/* Kind `test_webhook`. HTTP 200. */

/** The test ping: authentic where a signature was checked, but no event, and no handler was run. Answer 200. */
#define TINK_WEBHOOKS_ERROR_TEST_WEBHOOK 301

/* Kind `handler_failed`. HTTP 500, so that Tink delivers again. */

/** At least one handler failed; the others were run all the same (#tink_webhooks_error_failure_count). */
#define TINK_WEBHOOKS_ERROR_HANDLER_FAILED 401

/* Kind `invalid_config`: a mistake on our side. HTTP 500. */

/** No secret was given, or an empty one, or the environment holds none. */
#define TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED 501
/** A secret that cannot be meant: empty, with a NUL in it, or with white space at an end. */
#define TINK_WEBHOOKS_ERROR_INVALID_SECRET 502
/** A tolerance that is negative, NaN or infinite. */
#define TINK_WEBHOOKS_ERROR_INVALID_TOLERANCE 503
/** Not an event type, most likely a typo; the error's hint names the nearest. */
#define TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE 504
/** Schemes, cap, time of signing, or a clock's value. */
#define TINK_WEBHOOKS_ERROR_INVALID_OPTION 505

/* Kind `invalid_call`, of this language alone: a mistake in how a function was called, or in the library. HTTP 500. */

/** NULL where it is not allowed. */
#define TINK_WEBHOOKS_ERROR_NULL_ARGUMENT 901
/** A mistake inside this library. It has been stopped here; nothing was verified. Please report it. */
#define TINK_WEBHOOKS_ERROR_PANIC 902
/** A length no buffer can have, an unknown flag, or an index out of range. */
#define TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT 903
/** The builder was built before, and is empty. */
#define TINK_WEBHOOKS_ERROR_ALREADY_BUILT 904
/** The caller's buffer is too small. */
#define TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL 905
/** The stream was finished before, and is used up. */
#define TINK_WEBHOOKS_ERROR_ALREADY_FINISHED 906

/**
 * The name of a code in lower case, the same in every language: `ok`, `missing_signature`, ...; `unknown_code` for a
 * number that is none. Static; never NULL. It is a text that may be sent in an HTTP response.
 */
const char *tink_webhooks_code_name(uint32_t code);

/**
 * The kind of a code: `ok`, `invalid_signature`, `invalid_payload`, `test_webhook`, `handler_failed`, `invalid_config`,
 * `invalid_call`; `unknown_code` for a number that is none. Static; never NULL.
 */
const char *tink_webhooks_code_kind(uint32_t code);

/** The HTTP status to answer: 200 for #TINK_WEBHOOKS_OK, 500 for a number that is no code. */
uint32_t tink_webhooks_code_http_status(uint32_t code);

/** What a code means, in one English sentence. Static; never NULL. An error object knows more than its code. */
const char *tink_webhooks_code_message(uint32_t code);

/* ------------------------------------------------------------------------------------------------------ event types */

/** A name this library does not know; the event keeps it (#tink_webhooks_event_name). */
#define TINK_WEBHOOKS_TYPE_UNKNOWN 0
/* From events/ by `make generate`; do not edit. generated: tink_webhooks */
/* Community envelope. */
#define TINK_WEBHOOKS_TYPE_CREDENTIALS_UPDATED 1 /**< `credentials.updated` */
#define TINK_WEBHOOKS_TYPE_CREDENTIALS_REFRESH_SUCCEEDED 2 /**< `credentials.refresh.succeeded` */
#define TINK_WEBHOOKS_TYPE_CREDENTIALS_REFRESH_FAILED 3 /**< `credentials.refresh.failed` */
#define TINK_WEBHOOKS_TYPE_PROVIDER_CONSENTS_CREATED 4 /**< `provider_consents.created` */
#define TINK_WEBHOOKS_TYPE_PROVIDER_CONSENTS_REVOKED 5 /**< `provider_consents.revoked` */
/* Events v2. */
#define TINK_WEBHOOKS_TYPE_REFRESH_FINISHED 101 /**< `refresh:finished` */
#define TINK_WEBHOOKS_TYPE_ACCOUNT_TRANSACTIONS_MODIFIED 102 /**< `account-transactions:modified` */
#define TINK_WEBHOOKS_TYPE_ACCOUNT_BOOKED_TRANSACTIONS_MODIFIED 103 /**< `account-booked-transactions:modified` */
#define TINK_WEBHOOKS_TYPE_ACCOUNT_TRANSACTIONS_DELETED 104 /**< `account-transactions:deleted` */
#define TINK_WEBHOOKS_TYPE_ACCOUNT_CREATED 105 /**< `account:created` */
#define TINK_WEBHOOKS_TYPE_ACCOUNT_UPDATED 106 /**< `account:updated` */
#define TINK_WEBHOOKS_TYPE_REPORTS_GENERATION_COMPLETED 107 /**< `reports-generation:completed` */
#define TINK_WEBHOOKS_TYPE_PAYMENT_UPDATED 108 /**< `payment:updated` */
#define TINK_WEBHOOKS_TYPE_MANDATE_PAYMENT_UPDATED 109 /**< `mandate-payment:updated` */
#define TINK_WEBHOOKS_TYPE_SETTLEMENT_TRANSACTION_CREATED 110 /**< `settlement-transaction:created` */
#define TINK_WEBHOOKS_TYPE_SETTLEMENT_PAYOUT_UPDATED 111 /**< `settlement-payout:updated` */
#define TINK_WEBHOOKS_TYPE_SETTLEMENT_ACCOUNT_UPDATED 112 /**< `settlement-account:updated` */
#define TINK_WEBHOOKS_TYPE_ACTIONABLE_INSIGHTS_CREATED 113 /**< `actionable-insights:created` */
#define TINK_WEBHOOKS_TYPE_ENRICHMENT_COMPLETED 114 /**< `enrichment-completed` */
/* generated: end */

/**
 * The type's name in snake_case, such as `refresh_finished`; `unknown` for #TINK_WEBHOOKS_TYPE_UNKNOWN. Static; NULL
 * for a number that is no type.
 */
const char *tink_webhooks_type_name(uint32_t type);

/* ------------------------------------------------------------------------------------------------------------ types */

/**
 * A run of bytes that belongs to something else; the function that returns it says to what. No NUL at its end. NULL and
 * 0 where there is nothing. To print text: `printf("%.*s", (int)slice.len, (const char *)slice.ptr)`.
 */
typedef struct tink_webhooks_slice {
    /** First byte; NULL where there is nothing. */
    const uint8_t *ptr;
    /** Length in bytes. */
    size_t len;
} tink_webhooks_slice;

#define TINK_WEBHOOKS_SCHEME_NONE 0 /**< Nothing was verified. */
#define TINK_WEBHOOKS_SCHEME_V1 1 /**< Events v2: HMAC-SHA256 over `<t>.<body>`. */
/** Bare: HMAC-SHA256 over the body alone. It carries no time, and can be replayed for ever. */
#define TINK_WEBHOOKS_SCHEME_BODY 2

/** What was proven about a delivery. All zeros say: nothing. The caller's own memory; it holds no pointers. */
typedef struct tink_webhooks_verification {
    /** `TINK_WEBHOOKS_SCHEME_...`; #TINK_WEBHOOKS_SCHEME_NONE if nothing was proven. */
    uint32_t scheme;
    /** Which secret matched, counted from 0 in the order they were added: shows when an old one is out of use. */
    uint32_t secret_index;
    /** Scheme `v1`: when it was signed, unix seconds, verified. Otherwise 0. */
    int64_t signed_at;
    /**
     * Scheme `v1`: the idempotency key, 32 lower-case hex digits and a NUL: a delivery that comes twice has the same.
     * It is too short to be replayed as a signature. Otherwise empty.
     */
    char delivery_id[33];
    /** Zero. */
    uint8_t reserved[7];
} tink_webhooks_verification;

/** Options, to be built into a #tink_webhooks. One thread at a time. */
typedef struct tink_webhooks_builder tink_webhooks_builder;

/** Secrets, options and registered handlers: the object to make once, share between threads, and keep. */
typedef struct tink_webhooks tink_webhooks;

/** The verification of a body that arrives in pieces. One thread at a time. */
typedef struct tink_webhooks_stream tink_webhooks_stream;

/** One event. Never changes: any number of threads may read it. */
typedef struct tink_webhooks_event tink_webhooks_event;

/** What went wrong. Never changes: any number of threads may read it. */
typedef struct tink_webhooks_error tink_webhooks_error;

/** The registered handlers as they were at one moment. Never changes: any number of threads may read it. */
typedef struct tink_webhooks_handlers tink_webhooks_handlers;

/**
 * A handler: your function for an event type.
 *
 * `event` is valid during the call only, and so is what is asked of it; #tink_webhooks_event_clone makes one that
 * lasts. Return 0 for success; any other number is a failure: the remaining handlers still run, and the caller of
 * #tink_webhooks_handle_webhook gets #TINK_WEBHOOKS_ERROR_HANDLER_FAILED. It may run on several threads at once.
 */
typedef uint32_t (*tink_webhooks_handler_fn)(void *user_data, const tink_webhooks_event *event);

/**
 * Called once with the `user_data` of a callback, when the library has let go of it, on whichever thread let go last.
 */
typedef void (*tink_webhooks_destroy_fn)(void *user_data);

/**
 * A clock: milliseconds since the epoch. A value outside the years 1 to 9999 makes the verification that asked for it
 * fail with #TINK_WEBHOOKS_ERROR_INVALID_OPTION. It may run on several threads at once.
 */
typedef int64_t (*tink_webhooks_clock_fn)(void *user_data);

/* ---------------------------------------------------------------------------------------------------------- builder */

/*
 * The options' values are judged by #tink_webhooks_builder_build. A setter itself fails only for
 * #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, #TINK_WEBHOOKS_ERROR_ALREADY_BUILT and
 * #TINK_WEBHOOKS_ERROR_PANIC; the builder remembers the first such failure, and building it fails with the same code.
 * So the results of setters need not be looked at.
 */

/** A builder with the defaults. The caller frees it. NULL only after a mistake inside the library. */
tink_webhooks_builder *tink_webhooks_builder_new(void);

/** Ends a builder, built or not, and wipes the secrets in it. NULL is allowed. */
void tink_webhooks_builder_free(tink_webhooks_builder *builder);

/**
 * Adds a secret: the characters as Tink's create-endpoint response shows them; they are the key. Copied; the library
 * wipes its copies. Call it once per secret while secrets are rotated, or for several endpoints: any of them may match.
 *
 * An empty secret is never "skip the check". Built alone it is #TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, among others
 * #TINK_WEBHOOKS_ERROR_INVALID_SECRET. If none is added, building reads the environment variable `TINK_WEBHOOK_SECRET`.
 */
uint32_t tink_webhooks_builder_add_secret(tink_webhooks_builder *builder, const uint8_t *secret, size_t secret_len);

/**
 * What `TINK_WEBHOOK_SECRET` is taken to hold (secrets separated by white space) if no secret is added: for programs
 * that keep an environment of their own. The process's environment is then not read. `(NULL, 0)`: it holds nothing. The
 * value is copied, and the copy wiped.
 */
uint32_t tink_webhooks_builder_set_environment(tink_webhooks_builder *builder, const uint8_t *value, size_t value_len);

/**
 * How many seconds a signature may be old, or ahead; a fraction is cut off. 300 by default: Tink advises no less, so
 * that its retries pass. 0 means 0. Negative, NaN and infinite build to #TINK_WEBHOOKS_ERROR_INVALID_TOLERANCE.
 */
uint32_t tink_webhooks_builder_set_tolerance(tink_webhooks_builder *builder, double seconds);

/** Switches the time window off: a captured delivery can then be replayed for ever. For tests. */
uint32_t tink_webhooks_builder_disable_window(tink_webhooks_builder *builder);

#define TINK_WEBHOOKS_ALLOW_V1 1 /**< Flag of #tink_webhooks_builder_allow_schemes: scheme `v1`. */
#define TINK_WEBHOOKS_ALLOW_BODY 2 /**< Flag of #tink_webhooks_builder_allow_schemes: scheme `body`. */

/**
 * Which schemes to accept: flags `TINK_WEBHOOKS_ALLOW_...`, or-ed. Both by default. Who receives Events v2 only allows
 * #TINK_WEBHOOKS_ALLOW_V1 alone. No flag, or an unknown one, builds to #TINK_WEBHOOKS_ERROR_INVALID_OPTION.
 */
uint32_t tink_webhooks_builder_allow_schemes(tink_webhooks_builder *builder, uint32_t schemes);

/**
 * The largest body that is looked at, in bytes; 2,097,152 by default. 0 builds to #TINK_WEBHOOKS_ERROR_INVALID_OPTION.
 */
uint32_t tink_webhooks_builder_set_max_body_bytes(tink_webhooks_builder *builder, size_t bytes);

/**
 * A clock in place of the system's, for tests. `user_data` and `destroy` may be NULL. On success `user_data` is taken
 * over; `destroy` is called when the builder is freed unbuilt, when another clock takes its place, or when the
 * #tink_webhooks it was built into is freed, and every #tink_webhooks_stream that was begun with that.
 */
uint32_t tink_webhooks_builder_set_clock(tink_webhooks_builder *builder, tink_webhooks_clock_fn clock, void *user_data,
                                         tink_webhooks_destroy_fn destroy);

/**
 * Checks the options and makes the object to handle deliveries with, which the caller frees. The builder is empty
 * afterwards, whether it succeeded or not, and is still to be freed.
 *
 * Codes: those of kind `invalid_config` but #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE; what a setter failed with;
 * #TINK_WEBHOOKS_ERROR_ALREADY_BUILT the second time.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_builder_build(tink_webhooks_builder *builder, tink_webhooks **out, tink_webhooks_error **err);

/* ------------------------------------------------------------------------------------------------------- deliveries */

/**
 * Ends the object, and lets go of its handlers and its clock. No other call on it may be running, or come later; what
 * was made with it (events, errors, listings, streams) stays valid. NULL is allowed.
 */
void tink_webhooks_free(tink_webhooks *hooks);

/** The cap on a body's size in bytes, for receivers that read it from a stream. 0 if `hooks` is NULL. */
size_t tink_webhooks_max_body_bytes(const tink_webhooks *hooks);

/**
 * Verifies a delivery, reads it, and runs the handlers registered for it.
 *
 * `body` is the raw body of the request, byte for byte; `signature` the value of its `X-Tink-Signature` header,
 * `(NULL, 0)` if it has none. `out` may be NULL; otherwise it receives the event, with a copy of the body, which the
 * caller frees. The body is copied for that purpose only.
 *
 * Codes: any of kind `invalid_signature`, `invalid_payload`, `test_webhook` and `handler_failed`;
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the clock. #tink_webhooks_code_http_status gives the status to answer.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_handle_webhook(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                      const uint8_t *signature, size_t signature_len, tink_webhooks_event **out,
                                      tink_webhooks_error **err);

/**
 * The same without running handlers: for programs that dispatch themselves, or later. `out` must not be NULL; it
 * receives the event, with a copy of the body, which the caller frees.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_construct_event(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                       const uint8_t *signature, size_t signature_len, tink_webhooks_event **out,
                                       tink_webhooks_error **err);

/**
 * The same without a copy of the body: `body` must stay where it is, unchanged, until the event is freed.
 * #tink_webhooks_event_raw_body is then `body` itself.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_construct_event_borrowed(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                                const uint8_t *signature, size_t signature_len,
                                                tink_webhooks_event **out, tink_webhooks_error **err);

/**
 * Checks a signature only; the body need not be JSON. `out` may be NULL; otherwise it is filled with zeros first, and
 * on success with what was proven.
 *
 * Codes: any of kind `invalid_signature`; #TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE; #TINK_WEBHOOKS_ERROR_INVALID_OPTION for
 * the clock.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_verify_signature(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                        const uint8_t *signature, size_t signature_len,
                                        tink_webhooks_verification *out, tink_webhooks_error **err);

/**
 * Reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those of a queue. Never
 * for what comes from the network. `out` must not be NULL; it receives the event, with a copy of the body, which the
 * caller frees. Its #tink_webhooks_event_verification is false.
 *
 * Codes: any of kind `invalid_payload` and `test_webhook`; #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the clock.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_parse_event(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                   tink_webhooks_event **out, tink_webhooks_error **err);

/**
 * The same without a copy of the body: `body` must stay where it is, unchanged, until the event is freed.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_parse_event_borrowed(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                            tink_webhooks_event **out, tink_webhooks_error **err);

/**
 * Runs the handlers of an event made earlier, by this object or another, one after the other, all of them: those of its
 * type or, if that is unknown, of its exact name and then of `unknown`; then those of `*`. What is registered or
 * unregistered meanwhile counts from the next dispatch on. No handler at all is success.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_HANDLER_FAILED, after all handlers ran.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_dispatch(const tink_webhooks *hooks, const tink_webhooks_event *event,
                                tink_webhooks_error **err);

/* ------------------------------------------------------------------------------------------------- bodies in pieces */

/**
 * As #tink_webhooks_verify_signature, for a body that lies in pieces: it is not joined. `pieces` points to `count`
 * slices in the body's order; each may be empty. With a `count` of 0 the body is empty, and `pieces` is not looked at.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_verify_signature_scattered(const tink_webhooks *hooks, const tink_webhooks_slice *pieces,
                                                  size_t count, const uint8_t *signature, size_t signature_len,
                                                  tink_webhooks_verification *out, tink_webhooks_error **err);

/*
 * A body that arrives in pieces is verified while it arrives, by servers and proxies that pass it on or write it away:
 * nothing of it is kept. However it is cut, the verdict is that of #tink_webhooks_verify_signature on the whole. Until
 * #tink_webhooks_stream_finish has returned 0 nothing is proven: do not act on the body before.
 *
 * \code
 *   // Gives 0 if what `next` reads from `source` until it gives 0 bytes is authentic.
 *   uint32_t verify_pieces(const tink_webhooks *hooks, const char *header, size_t header_len,
 *                          size_t (*next)(void *source, uint8_t *buffer, size_t size), void *source) {
 *       uint8_t buffer[4096];
 *       tink_webhooks_stream *stream;
 *       size_t len;
 *       uint32_t code = tink_webhooks_stream_begin(hooks, (const uint8_t *)header, header_len, &stream, NULL);
 *       while (code == TINK_WEBHOOKS_OK && (len = next(source, buffer, sizeof buffer)) > 0) {
 *           code = tink_webhooks_stream_update(stream, buffer, len, NULL);
 *       }
 *       if (code == TINK_WEBHOOKS_OK) {
 *           code = tink_webhooks_stream_finish(stream, NULL, NULL);
 *       }
 *       tink_webhooks_stream_free(stream);
 *       return code;
 *   }
 * \endcode
 */

/**
 * Begins with the header, which is judged at once. `out` must not be NULL; it receives the stream, which the caller
 * frees. It does not need `signature` any more, and may outlive `hooks`.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, #TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE and
 * #TINK_WEBHOOKS_ERROR_SCHEME_NOT_ALLOWED.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_stream_begin(const tink_webhooks *hooks, const uint8_t *signature, size_t signature_len,
                                    tink_webhooks_stream **out, tink_webhooks_error **err);

/**
 * Takes the next piece, which may be empty. What fails here is remembered: every later update fails with the same code,
 * and so does #tink_webhooks_stream_finish. So the result need not be looked at, but it saves reading the rest.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE as soon as more came than the cap allows;
 * #TINK_WEBHOOKS_ERROR_ALREADY_FINISHED.
 */
uint32_t tink_webhooks_stream_update(tink_webhooks_stream *stream, const uint8_t *piece, size_t piece_len,
                                     tink_webhooks_error **err);

/**
 * Gives the verdict on everything that came, and uses the stream up; it is still to be freed. `out` may be NULL;
 * otherwise it is filled with zeros first, and on success with what was proven.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, #TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD and
 * #TINK_WEBHOOKS_ERROR_TIMESTAMP_IN_FUTURE; what an update failed with; #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the
 * clock; #TINK_WEBHOOKS_ERROR_ALREADY_FINISHED the second time.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_stream_finish(tink_webhooks_stream *stream, tink_webhooks_verification *out,
                                     tink_webhooks_error **err);

/** Ends a stream, finished or not; unfinished it has proven nothing. NULL is allowed. */
void tink_webhooks_stream_free(tink_webhooks_stream *stream);

/* --------------------------------------------------------------------------------------------------------- handlers */

/** Flag of #tink_webhooks_register_handler: accept also a name that looks like a typo. */
#define TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN 1

/**
 * Registers a handler for an event type: the type in snake_case (`refresh_finished`), the name (`refresh:finished`),
 * `unknown` for every event this library does not know, or `*` for every event. Handlers of one key run in the order of
 * their registration. Any other name with a `:`, `.` or `-` is accepted too, unless it is within two edits of a known
 * one.
 *
 * `flags` is 0 or #TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN. `user_data` and `destroy` may be NULL.
 *
 * On success `user_data` is taken over: `destroy` is called after the handler was unregistered or `hooks` freed, once
 * no dispatch and no #tink_webhooks_handlers uses it any more. The same `handler` with the same `user_data` registered
 * again for the same key runs once: the second registration succeeds, takes nothing over, and calls no `destroy`. For
 * two different keys it counts as two: give `destroy` with one that ends last, or count references.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE for what is most likely a typo, and for text that is not UTF-8;
 * #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT for an unknown flag. On failure nothing is taken over.
 */
uint32_t tink_webhooks_register_handler(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                        uint32_t flags, tink_webhooks_handler_fn handler, void *user_data,
                                        tink_webhooks_destroy_fn destroy, tink_webhooks_error **err);

/**
 * Removes all handlers of a key, by either of its spellings. `removed` may be NULL; otherwise it receives how many
 * there were, which may be 0. Dispatches that have begun still run them.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE for a key that nothing is registered for, and nothing could be without
 * #TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN.
 */
uint32_t tink_webhooks_unregister_handlers(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                           size_t *removed, tink_webhooks_error **err);

/**
 * Removes one handler of a key: the one that was registered there with this `handler` and `user_data`. `removed` may be
 * NULL; otherwise it receives 1, or 0 if there was none. Dispatches that have begun still run it.
 *
 * Codes: as #tink_webhooks_unregister_handlers.
 */
uint32_t tink_webhooks_unregister_handler(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                          tink_webhooks_handler_fn handler, void *user_data, size_t *removed,
                                          tink_webhooks_error **err);

/**
 * Tells which handlers a dispatch of an event of this name would run now, without running them: for programs that run
 * functions of another language themselves, and have registered what stands for them.
 *
 * `name` is the event's exact name (#tink_webhooks_event_name). `user_data` receives the `user_data` of the handlers in
 * the order they run, `capacity` of them at most; it may be NULL if `capacity` is 0. `count` receives how many there
 * are, which may be more than `capacity`. Nothing keeps what was written from being destroyed when another thread
 * unregisters it: let `user_data` be a number that your program looks up, or hold a lock of your own.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT for a name that is not UTF-8. On failure nothing is written.
 */
uint32_t tink_webhooks_matching_handlers(const tink_webhooks *hooks, const uint8_t *name, size_t name_len,
                                         void **user_data, size_t capacity, size_t *count);

/**
 * Lists what is registered now. `out` receives the listing, which the caller frees; until then the `user_data` of every
 * handler in it stays valid, unregistered or not.
 */
uint32_t tink_webhooks_get_handlers(const tink_webhooks *hooks, tink_webhooks_handlers **out,
                                    tink_webhooks_error **err);

/** How many handlers the listing holds. 0 if it is NULL. */
size_t tink_webhooks_handlers_count(const tink_webhooks_handlers *handlers);

/**
 * One handler of a listing, by its index from 0. Handlers of one key stand together, in the order they run.
 *
 * `event_type` receives the key (the snake_case type, a name, `unknown` or `*`), borrowed from the listing; `handler`
 * and `user_data` what was registered. Each may be NULL. An index out of range is
 * #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, and nothing is written.
 */
uint32_t tink_webhooks_handlers_get(const tink_webhooks_handlers *handlers, size_t index,
                                    tink_webhooks_slice *event_type, tink_webhooks_handler_fn *handler,
                                    void **user_data);

/** Ends a listing. NULL is allowed. */
void tink_webhooks_handlers_free(tink_webhooks_handlers *handlers);

/* ----------------------------------------------------------------------------------------------------------- events */

/** Ends an event that the caller owns; never one that a handler was given. NULL is allowed. */
void tink_webhooks_event_free(tink_webhooks_event *event);

/** A copy that owns its body, and lasts until the caller frees it: for queues and other threads. NULL for NULL. */
tink_webhooks_event *tink_webhooks_event_clone(const tink_webhooks_event *event);

/** The type: `TINK_WEBHOOKS_TYPE_...`. #TINK_WEBHOOKS_TYPE_UNKNOWN if `event` is NULL. */
uint32_t tink_webhooks_event_type(const tink_webhooks_event *event);

/** The type in snake_case, `unknown` for a name this library does not know. Static; NULL if `event` is NULL. */
const char *tink_webhooks_event_type_name(const tink_webhooks_event *event);

/** The exact name, such as `refresh:finished`; UTF-8, never empty. Borrowed from the event. Nothing for NULL. */
tink_webhooks_slice tink_webhooks_event_name(const tink_webhooks_event *event);

/**
 * `content` (Events v2) or `data` (community) as JSON text: any JSON value. It lies in the raw body, byte for byte;
 * where the payload has none, or `null`, it is a static `{}`. Borrowed from the event. Nothing for NULL.
 */
tink_webhooks_slice tink_webhooks_event_data(const tink_webhooks_event *event);

/**
 * `context` as JSON text, if it is an object, otherwise nothing. It lies in the raw body. Borrowed from the event.
 * Nothing for NULL.
 */
tink_webhooks_slice tink_webhooks_event_context(const tink_webhooks_event *event);

/**
 * `userId`: a non-empty string from the context, else from the data, otherwise nothing. UTF-8 with its escapes decoded;
 * it may hold a NUL. It lies in the raw body where it has no escapes. Borrowed from the event. Nothing for NULL.
 */
tink_webhooks_slice tink_webhooks_event_user_id(const tink_webhooks_event *event);

/** `externalUserId`, in the same way. */
tink_webhooks_slice tink_webhooks_event_external_user_id(const tink_webhooks_event *event);

/** The bytes that were delivered. Borrowed from the event. Nothing for NULL. */
tink_webhooks_slice tink_webhooks_event_raw_body(const tink_webhooks_event *event);

/**
 * When it happened, in milliseconds since the epoch: the payload's `timestamp`, else the verified time of signing, else
 * the time of receipt. 0 if `event` is NULL.
 */
int64_t tink_webhooks_event_timestamp(const tink_webhooks_event *event);

/**
 * True if the event comes from a delivery whose signature held, false if it was only parsed. `out` may be NULL;
 * otherwise it receives what was proven, or zeros. False if `event` is NULL.
 */
bool tink_webhooks_event_verification(const tink_webhooks_event *event, tink_webhooks_verification *out);

/* ----------------------------------------------------------------------------------------------------------- errors */

/** Ends an error. NULL is allowed. */
void tink_webhooks_error_free(tink_webhooks_error *error);

/** The code, as the function that failed returned it. #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT if `error` is NULL. */
uint32_t tink_webhooks_error_code(const tink_webhooks_error *error);

/** What went wrong, without the hint. Borrowed from the error; a static text, never NULL, if `error` is NULL. */
const char *tink_webhooks_error_message(const tink_webhooks_error *error);

/** What to try next. Borrowed from the error; NULL if there is no hint, or `error` is NULL. */
const char *tink_webhooks_error_hint(const tink_webhooks_error *error);

/**
 * True for errors of the time window: `seconds`, which must not be NULL, then receives the time between signing and
 * now, negative if the signature is from the future. Otherwise false, and nothing is written.
 */
bool tink_webhooks_error_age(const tink_webhooks_error *error, int64_t *seconds);

/**
 * True for errors of the time window, unless it is off: `seconds`, which must not be NULL, then receives the tolerance
 * in force. Otherwise false, and nothing is written.
 */
bool tink_webhooks_error_tolerance(const tink_webhooks_error *error, uint64_t *seconds);

/** How many handlers failed; 0 for other errors, and if `error` is NULL. */
size_t tink_webhooks_error_failure_count(const tink_webhooks_error *error);

/** What the first handler that failed returned; 0 for other errors, and if `error` is NULL. */
uint32_t tink_webhooks_error_first_failure(const tink_webhooks_error *error);

/* ---------------------------------------------------------------------------------------------------------- signing */

/** Size of a buffer that holds any signature header this library makes, its NUL included. */
#define TINK_WEBHOOKS_SIGNATURE_SIZE 128

/** For #tink_webhooks_generate_signature: sign at this moment. */
#define TINK_WEBHOOKS_NOW INT64_MIN

/**
 * Makes the value of a signature header, for tests and for senders.
 *
 * `scheme` is #TINK_WEBHOOKS_SCHEME_V1 or #TINK_WEBHOOKS_SCHEME_BODY. `signed_at` is in unix seconds, or
 * #TINK_WEBHOOKS_NOW; scheme `body` carries no time and does not look at it. `buffer` receives the text and a NUL;
 * `char buffer[TINK_WEBHOOKS_SIGNATURE_SIZE]` is always large enough. On failure it holds the empty text, if it has any
 * room.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED and #TINK_WEBHOOKS_ERROR_INVALID_SECRET;
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION for an unknown scheme, a time outside the years 1970 to 9999, and for scheme
 * `body` over a body that begins with a digit, which a receiver could take for a message of scheme `v1`;
 * #TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_generate_signature(const uint8_t *body, size_t body_len, const uint8_t *secret,
                                          size_t secret_len, uint32_t scheme, int64_t signed_at, char *buffer,
                                          size_t buffer_size, tink_webhooks_error **err);

/**
 * A body as Tink would send it, of one of `TINK_WEBHOOKS_TYPE_...`: for tests. Its values are invented, its shape is
 * that of Tink's documentation; #TINK_WEBHOOKS_TYPE_UNKNOWN gives an event of a name that does not exist. Static.
 * Nothing for a number that is no type.
 */
tink_webhooks_slice tink_webhooks_example_body(uint32_t type);

#ifdef __cplusplus
}
#endif

#endif
