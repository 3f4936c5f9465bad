/**
 * \file tink_webhooks.h
 *
 * Verify, parse and dispatch the webhooks of Tink (https://tink.com). This header is the contract of
 * `libtink_webhooks`: behaviour that is not documented here may change. It compiles as C99 or later, and as C++.
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
 *   // Once, at start-up. The secret comes from the environment variable TINK_WEBHOOK_SECRET.
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
 *   // For each POST, on any thread. Returns the HTTP status to answer with.
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
 * | read its data                  | #tink_webhooks_event_data_get, #tink_webhooks_value_string, ...                |
 * | hand an event to a worker      | #tink_webhooks_event_serialize, #tink_webhooks_dispatcher_new                  |
 * | do an effect once              | #tink_webhooks_event_idempotency_key                                           |
 * | verify only                    | #tink_webhooks_verify_signature, #tink_webhooks_verification                   |
 * | verify a body in pieces        | #tink_webhooks_stream_begin, #tink_webhooks_construct_event_scattered          |
 * | find out what went wrong       | `TINK_WEBHOOKS_ERROR_...`, #tink_webhooks_code_name, #tink_webhooks_error      |
 * | know why it does not verify    | #tink_webhooks_explain, #tink_webhooks_explanation_text                        |
 * | sign, for tests                | #tink_webhooks_generate_signature, #tink_webhooks_example_body                 |
 *
 * ## Linking
 *
 * `pkg-config --cflags --libs tink_webhooks` gives the flags for the shared library. For the static library, use
 * `pkg-config --variable=archive tink_webhooks` in place of `--libs`; it names the system libraries too. It links
 * beside other static libraries that were written in Rust. CMake finds both through its module PkgConfig; docs/c.md
 * shows how.
 *
 * The library starts no threads, opens no files or sockets and installs no signal handlers. It reads one environment
 * variable, and only in #tink_webhooks_builder_build.
 *
 * ## Bytes and text
 *
 * Inputs are a pointer and a length in bytes; they need no terminating NUL. `(NULL, 0)` is valid and empty: with a
 * length of 0 the pointer is ignored. NULL with any other length is #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT. Inputs are read
 * during the call only, and must not change meanwhile, unless a function's comment says that they are kept longer.
 * Outputs of variable length are a #tink_webhooks_slice. A `const char *` that a function returns is NUL-terminated
 * UTF-8 text.
 *
 * ## Ownership
 *
 * | name       | meaning                                                                                            |
 * | ---------- | -------------------------------------------------------------------------------------------------- |
 * | `_new`     | returns an object that the caller owns                                                             |
 * | `_build`   | makes an object that the caller owns; the builder is empty afterwards, and must still be freed     |
 * | `_clone`   | returns a copy that the caller owns                                                                |
 * | `_free`    | frees an object; call it once; NULL is allowed and does nothing                                    |
 * | `T **out`  | receives an object that the caller owns; it is set to NULL first, and stays NULL on failure        |
 *
 * Everything else is *borrowed*: it belongs to the object that it was read from, and is valid until that object is
 * freed. Never pass anything from this library to `free()`.
 *
 * ## Threads
 *
 * #tink_webhooks may be shared: every function may be called on it from any number of threads at once, except
 * #tink_webhooks_free, which must come after all of them have returned. A #tink_webhooks_event, a #tink_webhooks_error
 * and a #tink_webhooks_handlers never change: any number of threads may read one. A #tink_webhooks_builder and a
 * #tink_webhooks_stream are used by one thread at a time. Any object may be freed on another thread than the one that
 * made it. The library keeps no thread-local state.
 *
 * ## Errors
 *
 * Functions that can fail return a code: #TINK_WEBHOOKS_OK, which is 0, or one of `TINK_WEBHOOKS_ERROR_...`. A
 * delivery is verified only if a function that verifies returned 0. A NULL argument, a failure inside the library and
 * zeroed memory never read as verified.
 *
 * Where the last parameter is a `tink_webhooks_error **`, it may be NULL. Otherwise it is set to NULL first, and on
 * failure receives an object with the details, which the caller frees. It never contains a secret or a body.
 *
 * NULL for a parameter whose comment does not allow it is #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT; functions that return no
 * code return the value that their comment names. A pointer that is neither NULL nor valid cannot be detected.
 *
 * ## Callbacks
 *
 * A callback receives its `user_data` as the first argument. `destroy`, if it is not NULL, is called with the same
 * pointer exactly once, when the library no longer uses it: no callback runs with it at that moment or later. A call
 * that fails does not take ownership of `user_data`, and does not call `destroy`.
 *
 * Callbacks run on the thread that called the library, and on several threads at once if several call it. No lock is
 * held meanwhile, so they may call the library, also to register and unregister handlers. They must not free the
 * #tink_webhooks that runs them, and a `destroy` must not free the builder whose freeing calls it. They must return
 * normally: neither `longjmp` nor a C++ exception may leave them (an exception ends the process).
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

/**
 * #TINK_WEBHOOKS_ABI_VERSION of the library in use. A program that was compiled with another number must not call any
 * other function.
 */
uint32_t tink_webhooks_abi_version(void);

/* ------------------------------------------------------------------------------------------------------------ codes */

/** Success. From a function that verifies: the signature holds. */
#define TINK_WEBHOOKS_OK 0

/* Kind `invalid_signature`: not proven to come from Tink, or outside the time window. HTTP 401. */

/** There is no signature header, or it is blank. */
#define TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE 101
/** The header is neither `t=<unix seconds>,v1=<64 hex digits>` nor 64 hex digits. */
#define TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE 102
/** The header is well-formed, but its scheme is not allowed (#tink_webhooks_builder_allow_schemes). */
#define TINK_WEBHOOKS_ERROR_SCHEME_NOT_ALLOWED 103
/** The signature was made with none of the secrets, or over another body. */
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
/** One of the envelope's own keys appears twice. */
#define TINK_WEBHOOKS_ERROR_DUPLICATE_KEY 207
/** The body is larger than the cap (#tink_webhooks_builder_set_max_body_bytes). HTTP 413. */
#define TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE 208

/* Kind `test_webhook`. HTTP 200. */

/** Tink's test ping. It is no event, and no handler was run. Its signature holds where one was checked. Answer 200. */
#define TINK_WEBHOOKS_ERROR_TEST_WEBHOOK 301

/* Kind `handler_failed`. HTTP 500, so that Tink delivers again. */

/** At least one handler failed (#tink_webhooks_error_failure_count). The others were still run. */
#define TINK_WEBHOOKS_ERROR_HANDLER_FAILED 401

/* Kind `invalid_config`: a mistake in the receiver's configuration. HTTP 500. */

/** No secret was given, or an empty one, or the environment holds none. */
#define TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED 501
/** An unusable secret: empty, with a NUL in it, or with white space at an end. */
#define TINK_WEBHOOKS_ERROR_INVALID_SECRET 502
/** A tolerance that is negative, NaN or infinite. */
#define TINK_WEBHOOKS_ERROR_INVALID_TOLERANCE 503
/** Not an event type, most likely a typo. The error's hint names the nearest one. */
#define TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE 504
/** An invalid value for the schemes, the cap on the body or the time of signing, or one that a clock returned. */
#define TINK_WEBHOOKS_ERROR_INVALID_OPTION 505

/* Kind `invalid_request`, for programs that serve HTTP: no function of this library returns these codes. */

/** Not a POST. HTTP 405. */
#define TINK_WEBHOOKS_ERROR_METHOD_NOT_ALLOWED 601
/** The body did not arrive whole, or could not be decoded. HTTP 408, so that Tink delivers again. */
#define TINK_WEBHOOKS_ERROR_UNREADABLE_BODY 602

/*
 * Kind `unavailable`, for handlers: one that returns such a code could not run now, and nothing is wrong with it. Where
 * every handler that failed returned one, #tink_webhooks_handle_webhook and #tink_webhooks_dispatch return the first.
 * HTTP 503, so that Tink delivers again.
 */

/** Another copy of the event is being handled. */
#define TINK_WEBHOOKS_ERROR_IN_PROGRESS 701
/** The store could not be asked whether the event was handled. */
#define TINK_WEBHOOKS_ERROR_STORE_UNAVAILABLE 702

/* Kind `invalid_call`, in C only: a mistake in how a function was called, or in the library. HTTP 500. */

/** An argument is NULL that must not be. */
#define TINK_WEBHOOKS_ERROR_NULL_ARGUMENT 901
/** A bug in this library. The call was stopped, and nothing was verified. Please report it. */
#define TINK_WEBHOOKS_ERROR_PANIC 902
/** A length that no buffer can have, an unknown flag, an index out of range, or what is no JSON pointer. */
#define TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT 903
/** The builder was already built, and is empty. */
#define TINK_WEBHOOKS_ERROR_ALREADY_BUILT 904
/** The caller's buffer is too small. */
#define TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL 905
/** The stream was already finished. */
#define TINK_WEBHOOKS_ERROR_ALREADY_FINISHED 906

/**
 * The name of a code in lower case, the same in every language: `ok`, `missing_signature`, ...; `unknown_code` for any
 * other number. Static; never NULL. It may be sent in an HTTP response.
 */
const char *tink_webhooks_code_name(uint32_t code);

/**
 * The kind of a code: `ok`, `invalid_signature`, `invalid_payload`, `test_webhook`, `handler_failed`, `invalid_config`,
 * `invalid_request`, `unavailable`, `invalid_call`; `unknown_code` for any other number. Static; never NULL.
 */
const char *tink_webhooks_code_kind(uint32_t code);

/** The HTTP status to answer with: 200 for #TINK_WEBHOOKS_OK, 500 for a number that is no code. */
uint32_t tink_webhooks_code_http_status(uint32_t code);

/** What a code means, in one English sentence. Static; never NULL. An error object has a more precise message. */
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
 * Bytes that belong to another object; the function that returns them says to which. They have no terminating NUL. NULL
 * and 0 where there is nothing. To print text: `printf("%.*s", (int)slice.len, (const char *)slice.ptr)`.
 */
typedef struct tink_webhooks_slice {
    /** First byte; NULL where there is nothing. */
    const uint8_t *ptr;
    /** Length in bytes. */
    size_t len;
} tink_webhooks_slice;

#define TINK_WEBHOOKS_SCHEME_NONE 0 /**< Nothing was verified. */
#define TINK_WEBHOOKS_SCHEME_V1 1 /**< Events v2: HMAC-SHA256 over `<t>.<body>`. */
/** Bare: HMAC-SHA256 over the body alone. It carries no time, so such a delivery can be replayed at any later time. */
#define TINK_WEBHOOKS_SCHEME_BODY 2

/** What was proven about a delivery; all zeros where nothing was. Owned by the caller; it contains no pointers. */
typedef struct tink_webhooks_verification {
    /** `TINK_WEBHOOKS_SCHEME_...`; #TINK_WEBHOOKS_SCHEME_NONE if nothing was proven. */
    uint32_t scheme;
    /** Which secret matched, counted from 0 in the order they were added. Shows when an old one is no longer in use. */
    uint32_t secret_index;
    /** Scheme `v1`: the verified time of signing in unix seconds. Otherwise 0. */
    int64_t signed_at;
    /**
     * Scheme `v1`: names one signed delivery, for logs: 32 lower-case hex digits and a NUL. They are the first half of
     * the signature, too short to be replayed as one. Otherwise empty. A delivery that Tink sends again may be signed
     * anew, so this does not tell whether an event was seen before.
     */
    char delivery_id[33];
    /** Zero. */
    uint8_t reserved[7];
} tink_webhooks_verification;

#define TINK_WEBHOOKS_VALUE_NONE 0 /**< There is no value. */
#define TINK_WEBHOOKS_VALUE_NULL 1 /**< `null` */
#define TINK_WEBHOOKS_VALUE_BOOL 2 /**< `true` or `false` */
#define TINK_WEBHOOKS_VALUE_NUMBER 3 /**< A number. */
#define TINK_WEBHOOKS_VALUE_STRING 4 /**< A string. */
#define TINK_WEBHOOKS_VALUE_ARRAY 5 /**< An array. */
#define TINK_WEBHOOKS_VALUE_OBJECT 6 /**< An object. */

/**
 * A value in an event's data, read where it stands: nothing was made for it, and nothing has to be freed. Owned by the
 * caller, who may copy it; `json` is borrowed from the event. Pass on only what a function of this library wrote, as it
 * was, or zeros: they are #TINK_WEBHOOKS_VALUE_NONE. Every function takes a value of any kind, and none too.
 */
typedef struct tink_webhooks_value {
    /** `TINK_WEBHOOKS_VALUE_...` */
    uint32_t kind;
    /** 1 for a string with escapes, which #tink_webhooks_value_string has to decode; otherwise 0. */
    uint32_t escaped;
    /** Its JSON text, byte for byte as it was delivered: of a number every digit, of a string its quotes too. */
    tink_webhooks_slice json;
} tink_webhooks_value;

/**
 * A place in an array or an object. Owned by the caller, who may copy it; it points into the event. Its fields are not
 * for use.
 */
typedef struct tink_webhooks_iterator {
    /** What is left. */
    tink_webhooks_slice rest;
    /** Of which kind. */
    uint32_t kind;
    /** What makes the next step quicker. */
    uint32_t reserved;
} tink_webhooks_iterator;

/** The options of a #tink_webhooks. Used by one thread at a time. */
typedef struct tink_webhooks_builder tink_webhooks_builder;

/** Secrets, options and registered handlers. Make it once, share it between threads, and keep it. */
typedef struct tink_webhooks tink_webhooks;

/** The verification of a body that arrives in pieces. Used by one thread at a time. */
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
 * `event`, and everything borrowed from it, is valid during the call only; #tink_webhooks_event_clone makes a copy that
 * lasts. Return 0 for success; any other number is a failure: the remaining handlers still run, and the caller of
 * #tink_webhooks_handle_webhook gets #TINK_WEBHOOKS_ERROR_HANDLER_FAILED. A handler that could not run now, and should
 * at the next delivery, returns #TINK_WEBHOOKS_ERROR_IN_PROGRESS or #TINK_WEBHOOKS_ERROR_STORE_UNAVAILABLE: where all
 * that failed do, the caller gets the first one's code. It may run on several threads at once.
 */
typedef uint32_t (*tink_webhooks_handler_fn)(void *user_data, const tink_webhooks_event *event);

/**
 * Called once with the `user_data` of a callback, when the library no longer uses it, on the thread that used it last.
 */
typedef void (*tink_webhooks_destroy_fn)(void *user_data);

/**
 * A clock: returns milliseconds since the epoch. A value outside the years 1 to 9999 makes the verification that asked
 * for it fail with #TINK_WEBHOOKS_ERROR_INVALID_OPTION. It may run on several threads at once.
 */
typedef int64_t (*tink_webhooks_clock_fn)(void *user_data);

/* ---------------------------------------------------------------------------------------------------------- builder */

/*
 * #tink_webhooks_builder_build checks the values of the options. A setter itself fails only for
 * #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, #TINK_WEBHOOKS_ERROR_ALREADY_BUILT and
 * #TINK_WEBHOOKS_ERROR_PANIC; the builder remembers the first such failure, and building it fails with the same code.
 * So the results of setters need not be checked.
 */

/** Returns a builder with the defaults, which the caller frees. NULL only after a bug in the library. */
tink_webhooks_builder *tink_webhooks_builder_new(void);

/** Frees a builder, built or not, and wipes the secrets in it. NULL is allowed. */
void tink_webhooks_builder_free(tink_webhooks_builder *builder);

/**
 * Adds a secret: the characters as Tink's create-endpoint response shows them, not decoded. The library copies them,
 * and wipes its copies. Call it once per secret during a rotation, or for several endpoints: any of the secrets may
 * match.
 *
 * An empty secret never disables the check. If it is the only one, building fails with
 * #TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, otherwise with #TINK_WEBHOOKS_ERROR_INVALID_SECRET. If none is added,
 * building reads the environment variable `TINK_WEBHOOK_SECRET`.
 */
uint32_t tink_webhooks_builder_add_secret(tink_webhooks_builder *builder, const uint8_t *secret, size_t secret_len);

/**
 * Sets the value to use in place of the environment variable `TINK_WEBHOOK_SECRET` (secrets separated by white space)
 * if no secret is added: for programs that keep an environment of their own. The process's environment is then not
 * read. `(NULL, 0)` stands for a variable that is not set. The library copies the value, and wipes its copy.
 */
uint32_t tink_webhooks_builder_set_environment(tink_webhooks_builder *builder, const uint8_t *value, size_t value_len);

/**
 * Sets how many seconds old a signature may be, and how many seconds in the future; a fraction is cut off. The default
 * is 300: Tink advises against less, because its retries must pass. 0 means 0. With a negative, NaN or infinite value,
 * building fails with #TINK_WEBHOOKS_ERROR_INVALID_TOLERANCE.
 */
uint32_t tink_webhooks_builder_set_tolerance(tink_webhooks_builder *builder, double seconds);

/** Switches the time window off, for tests: a captured delivery can then be replayed at any later time. */
uint32_t tink_webhooks_builder_disable_window(tink_webhooks_builder *builder);

#define TINK_WEBHOOKS_ALLOW_V1 1 /**< Flag of #tink_webhooks_builder_allow_schemes: scheme `v1`. */
#define TINK_WEBHOOKS_ALLOW_BODY 2 /**< Flag of #tink_webhooks_builder_allow_schemes: scheme `body`. */

/**
 * Sets which schemes to accept: flags `TINK_WEBHOOKS_ALLOW_...`, combined with `|`. Both by default. A receiver of
 * Events v2 should allow #TINK_WEBHOOKS_ALLOW_V1 alone. With no flag, or an unknown one, building fails with
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION.
 */
uint32_t tink_webhooks_builder_allow_schemes(tink_webhooks_builder *builder, uint32_t schemes);

/**
 * Sets the size of the largest body to accept, in bytes; 2,097,152 by default. With 0, building fails with
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION.
 */
uint32_t tink_webhooks_builder_set_max_body_bytes(tink_webhooks_builder *builder, size_t bytes);

/**
 * Sets a clock to use in place of the system's, for tests. `user_data` and `destroy` may be NULL. On success the
 * library takes ownership of `user_data`. It calls `destroy` when the builder is freed without being built, when
 * another clock is set, or when the #tink_webhooks that was built and every #tink_webhooks_stream begun with it have
 * been freed.
 */
uint32_t tink_webhooks_builder_set_clock(tink_webhooks_builder *builder, tink_webhooks_clock_fn clock, void *user_data,
                                         tink_webhooks_destroy_fn destroy);

/**
 * Checks the options and makes the object that handles deliveries, which the caller frees. On success and on failure
 * the builder is empty afterwards, and must still be freed.
 *
 * Codes: those of kind `invalid_config` except #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE; the code with which a setter
 * failed; #TINK_WEBHOOKS_ERROR_ALREADY_BUILT the second time.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_builder_build(tink_webhooks_builder *builder, tink_webhooks **out, tink_webhooks_error **err);

/**
 * Makes an object without a secret, for workers: it registers handlers and runs them (#tink_webhooks_dispatch) for
 * events that were verified elsewhere (#tink_webhooks_event_deserialize). Every function that verifies or parses with
 * it fails with #TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED; it has no cap (#tink_webhooks_max_body_bytes is 0) and no
 * warnings. The caller frees it with #tink_webhooks_free. NULL only after a bug in the library.
 */
tink_webhooks *tink_webhooks_dispatcher_new(void);

/* ------------------------------------------------------------------------------------------------------- deliveries */

/**
 * Frees the object with its handlers and its clock. No other call on it may be running, or follow. Events, errors,
 * listings and streams that were made with it stay valid. NULL is allowed.
 */
void tink_webhooks_free(tink_webhooks *hooks);

/**
 * The size of the largest body to accept, in bytes, for receivers that read one from a stream. 0 if `hooks` is NULL.
 */
size_t tink_webhooks_max_body_bytes(const tink_webhooks *hooks);

/**
 * What to log once about the secrets, in English sentences: `index` 0 is the first warning; a NULL slice follows the
 * last, and is all there is if nothing looks wrong or `hooks` is NULL. A secret is usable with quotes at both ends or a
 * comma in it, but most likely not the one that Tink showed, and every delivery would be refused. No text contains any
 * part of a secret. Static.
 */
tink_webhooks_slice tink_webhooks_warning(const tink_webhooks *hooks, size_t index);

/**
 * Verifies a delivery, reads it, and runs the handlers registered for it.
 *
 * `body` is the raw body of the request, byte for byte; `signature` the value of its `X-Tink-Signature` header,
 * `(NULL, 0)` if it has none. `out` may be NULL; otherwise it receives the event, which the caller frees. The
 * event has a copy of the body. If `out` is NULL, the body is not copied.
 *
 * Codes: any of kind `invalid_signature`, `invalid_payload`, `test_webhook` and `handler_failed`;
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the clock. #tink_webhooks_code_http_status gives the status to answer.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_handle_webhook(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                      const uint8_t *signature, size_t signature_len, tink_webhooks_event **out,
                                      tink_webhooks_error **err);

/**
 * As #tink_webhooks_handle_webhook, but runs no handlers: for programs that call #tink_webhooks_dispatch later, or not
 * at all. `out` must not be NULL; it receives the event, which has a copy of the body, and which the caller frees.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_construct_event(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                       const uint8_t *signature, size_t signature_len, tink_webhooks_event **out,
                                       tink_webhooks_error **err);

/**
 * As #tink_webhooks_construct_event, but does not copy the body: `body` must stay where it is, unchanged, until the
 * event is freed. #tink_webhooks_event_raw_body is `body` itself.
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
 * Reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those from a queue. Never
 * use it for what comes from the network. `out` must not be NULL; it receives the event, which has a copy of the body,
 * and which the caller frees. #tink_webhooks_event_verification returns false for it.
 *
 * Codes: any of kind `invalid_payload` and `test_webhook`; #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the clock.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_parse_event(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                   tink_webhooks_event **out, tink_webhooks_error **err);

/**
 * As #tink_webhooks_parse_event, but does not copy the body: `body` must stay where it is, unchanged, until the event
 * is freed.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_parse_event_borrowed(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                            tink_webhooks_event **out, tink_webhooks_error **err);

/**
 * Runs the handlers of an event that was made earlier, by this object or another, one after the other: those of its
 * type or, if that is unknown, of its exact name and then of `unknown`; then those of `*`. All of them run, even if one
 * fails. Handlers that are registered or unregistered meanwhile take effect with the next dispatch. It succeeds if
 * there is no handler.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_HANDLER_FAILED, after all handlers ran.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_dispatch(const tink_webhooks *hooks, const tink_webhooks_event *event,
                                tink_webhooks_error **err);

/* ------------------------------------------------------------------------------------------------- bodies in pieces */

/**
 * As #tink_webhooks_verify_signature, for a body that lies in several pieces of memory, which are not joined. `pieces`
 * points to `count` slices in the body's order; each may be empty. With a `count` of 0 the body is empty, and `pieces`
 * is ignored.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_verify_signature_scattered(const tink_webhooks *hooks, const tink_webhooks_slice *pieces,
                                                  size_t count, const uint8_t *signature, size_t signature_len,
                                                  tink_webhooks_verification *out, tink_webhooks_error **err);

/**
 * As #tink_webhooks_construct_event, for a body that lies in several pieces of memory. The event has a copy of them,
 * joined: what was verified is what it holds. `pieces` and `count` are as above.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_construct_event_scattered(const tink_webhooks *hooks, const tink_webhooks_slice *pieces,
                                                 size_t count, const uint8_t *signature, size_t signature_len,
                                                 tink_webhooks_event **out, tink_webhooks_error **err);

/*
 * Servers and proxies that pass a body on, or write it to a file, can verify it while it arrives. The library keeps
 * nothing of it. However the body is divided, the result is that of #tink_webhooks_verify_signature on the whole.
 * Until #tink_webhooks_stream_finish or #tink_webhooks_stream_finish_event has returned 0 nothing is proven: do not act
 * on the body before that.
 *
 * \code
 *   // Returns 0 if the bytes that `next` reads from `source`, until it returns 0, are authentic.
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
 * Begins the verification of a body, and checks the header's form at once. `out` must not be NULL; it receives the
 * stream, which the caller frees. The stream keeps neither `signature` nor `hooks`, and may outlive both.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, #TINK_WEBHOOKS_ERROR_MALFORMED_SIGNATURE and
 * #TINK_WEBHOOKS_ERROR_SCHEME_NOT_ALLOWED.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_stream_begin(const tink_webhooks *hooks, const uint8_t *signature, size_t signature_len,
                                    tink_webhooks_stream **out, tink_webhooks_error **err);

/**
 * Takes the next piece, which may be empty. The stream remembers a failure: every later update fails with the same
 * code, and so does #tink_webhooks_stream_finish. So the result need not be checked, but checking it saves reading the
 * rest.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE as soon as the body exceeds the cap;
 * #TINK_WEBHOOKS_ERROR_ALREADY_FINISHED.
 */
uint32_t tink_webhooks_stream_update(tink_webhooks_stream *stream, const uint8_t *piece, size_t piece_len,
                                     tink_webhooks_error **err);

/**
 * Checks the signature over all pieces. The stream is finished afterwards, and must still be freed. `out` may be NULL;
 * otherwise it is filled with zeros first, and on success with what was proven.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, #TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD and
 * #TINK_WEBHOOKS_ERROR_TIMESTAMP_IN_FUTURE; the code with which an update failed;
 * #TINK_WEBHOOKS_ERROR_INVALID_OPTION for the clock; #TINK_WEBHOOKS_ERROR_ALREADY_FINISHED the second time.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_stream_finish(tink_webhooks_stream *stream, tink_webhooks_verification *out,
                                     tink_webhooks_error **err);

/**
 * As #tink_webhooks_stream_finish, and reads the body, which the caller has kept: `body` is what the pieces were, one
 * after the other. `out` must not be NULL; it receives the event, which has a copy of the body, and which the caller
 * frees. Only the length is compared with what was verified: other bytes of the same length would be taken for
 * verified. #tink_webhooks_construct_event on the whole body needs no such care.
 *
 * Codes: those of #tink_webhooks_stream_finish; #TINK_WEBHOOKS_ERROR_INVALID_OPTION for a body of another length; any
 * of kind `invalid_payload` and `test_webhook`.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_stream_finish_event(tink_webhooks_stream *stream, const uint8_t *body, size_t body_len,
                                           tink_webhooks_event **out, tink_webhooks_error **err);

/** Frees a stream, finished or not. One that was not finished has proven nothing. NULL is allowed. */
void tink_webhooks_stream_free(tink_webhooks_stream *stream);

/* --------------------------------------------------------------------------------------------------------- handlers */

/**
 * What to log where a handler was registered for a name that Tink does not send, though guides and other libraries use
 * it, such as `transaction:created`: an English sentence; a NULL slice for any other text. Static.
 */
tink_webhooks_slice tink_webhooks_event_type_warning(const uint8_t *event_type, size_t event_type_len);

/** Flag of #tink_webhooks_register_handler: accept also a name that looks like a typo. */
#define TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN 1

/**
 * Registers a handler for an event type: the type in snake_case (`refresh_finished`), the name (`refresh:finished`),
 * `unknown` for every event this library does not know, or `*` for every event. Handlers of one key run in the order of
 * their registration. Any other name with a `:`, `.` or `-` is accepted too, unless it differs from a known one by at
 * most two edits.
 *
 * `flags` is 0 or #TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN. `user_data` and `destroy` may be NULL.
 *
 * On success the library takes ownership of `user_data`. It calls `destroy` after the handler was unregistered or
 * `hooks` was freed, as soon as no dispatch and no #tink_webhooks_handlers uses it any more.
 *
 * The same `handler` with the same `user_data` registered again for the same key runs once: the second registration
 * succeeds, takes no ownership, and never calls its `destroy`. Registrations for different keys are separate, and each
 * calls its own `destroy`: with a shared `user_data`, pass `destroy` with only one of them, or count references.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE for what is most likely a typo, and for text that is not UTF-8;
 * #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT for an unknown flag. On failure the library takes no ownership of `user_data`.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_register_handler(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                        uint32_t flags, tink_webhooks_handler_fn handler, void *user_data,
                                        tink_webhooks_destroy_fn destroy, tink_webhooks_error **err);

/**
 * Removes all handlers of a key, in either of its spellings. `removed` may be NULL; otherwise it receives how many
 * there were, which may be 0. Dispatches that have begun still run them.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE for a key that has no handlers, and that
 * #tink_webhooks_register_handler refuses without #TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN.
 */
uint32_t tink_webhooks_unregister_handlers(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                           size_t *removed, tink_webhooks_error **err);

/**
 * Removes one handler of a key: the one that was registered for it with this `handler` and `user_data`. `removed` may
 * be NULL; otherwise it receives 1, or 0 if there was none. Dispatches that have begun still run it.
 *
 * Codes: as #tink_webhooks_unregister_handlers.
 */
uint32_t tink_webhooks_unregister_handler(tink_webhooks *hooks, const uint8_t *event_type, size_t event_type_len,
                                          tink_webhooks_handler_fn handler, void *user_data, size_t *removed,
                                          tink_webhooks_error **err);

/**
 * Finds the handlers that a dispatch of an event of this name would run now, without running them. This is for bindings
 * of other languages: they call their own functions, and register a placeholder with a `user_data` for each.
 *
 * `name` is the event's exact name (#tink_webhooks_event_name). `user_data` receives the `user_data` of the handlers in
 * the order they run, `capacity` of them at most; it may be NULL if `capacity` is 0. `count` receives how many there
 * are, which may be more than `capacity`. Another thread may unregister such a handler, and so destroy its `user_data`,
 * at any time: use a number that your program looks up as `user_data`, or hold a lock of your own.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT for a name that is not UTF-8. On failure nothing is written.
 */
uint32_t tink_webhooks_matching_handlers(const tink_webhooks *hooks, const uint8_t *name, size_t name_len,
                                         void **user_data, size_t capacity, size_t *count);

/**
 * Lists the handlers that are registered now. `out` receives the listing, which the caller frees. Until then the
 * `user_data` of every handler in it stays valid, even if the handler is unregistered.
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

/** Frees a listing. NULL is allowed. */
void tink_webhooks_handlers_free(tink_webhooks_handlers *handlers);

/* ----------------------------------------------------------------------------------------------------------- events */

/** Frees an event that the caller owns; never one that a handler received. NULL is allowed. */
void tink_webhooks_event_free(tink_webhooks_event *event);

/** Returns a copy with a copy of the body, for other threads. The caller frees it. NULL for NULL. */
tink_webhooks_event *tink_webhooks_event_clone(const tink_webhooks_event *event);

/** The type: `TINK_WEBHOOKS_TYPE_...`. #TINK_WEBHOOKS_TYPE_UNKNOWN if `event` is NULL. */
uint32_t tink_webhooks_event_type(const tink_webhooks_event *event);

/** The type in snake_case, `unknown` for a name this library does not know. Static; NULL if `event` is NULL. */
const char *tink_webhooks_event_type_name(const tink_webhooks_event *event);

/** The exact name, such as `refresh:finished`; UTF-8, never empty. Borrowed from the event. Empty for NULL. */
tink_webhooks_slice tink_webhooks_event_name(const tink_webhooks_event *event);

/**
 * `content` (Events v2) or `data` (community envelope) as JSON text: any JSON value. It is a part of the raw body, byte
 * for byte; where the payload has none, or `null`, it is a static `{}`. Borrowed from the event. Empty for NULL.
 */
tink_webhooks_slice tink_webhooks_event_data(const tink_webhooks_event *event);

/**
 * `context` as JSON text if it is an object, otherwise empty. It is a part of the raw body. Borrowed from the event.
 * Empty for NULL.
 */
tink_webhooks_slice tink_webhooks_event_context(const tink_webhooks_event *event);

/**
 * `userId`: a non-empty string from the context, else from the data; otherwise empty. UTF-8 with its escapes decoded;
 * it may contain a NUL. Without escapes it is a part of the raw body. Borrowed from the event. Empty for NULL.
 */
tink_webhooks_slice tink_webhooks_event_user_id(const tink_webhooks_event *event);

/** `externalUserId`, found in the same way. */
tink_webhooks_slice tink_webhooks_event_external_user_id(const tink_webhooks_event *event);

/** The bytes that were delivered. Borrowed from the event. Empty for NULL. */
tink_webhooks_slice tink_webhooks_event_raw_body(const tink_webhooks_event *event);

/**
 * When the event happened, in milliseconds since the epoch: the payload's `timestamp`, else the verified time of
 * signing, else the time of receipt. 0 if `event` is NULL.
 */
int64_t tink_webhooks_event_timestamp(const tink_webhooks_event *event);

/**
 * True if the event comes from a delivery whose signature held, false if it was only parsed. `out` may be NULL;
 * otherwise it receives what was proven, or zeros. False if `event` is NULL.
 */
bool tink_webhooks_event_verification(const tink_webhooks_event *event, tink_webhooks_verification *out);

/* ----------------------------------------------------------------------------------------------- values in the data */

/*
 * A handler that needs a few values of an event reads them without a JSON parser. Nothing is built: a value is found
 * where it stands in the text, which was checked as a whole when the event was made. So what is not there, or is of
 * another kind than expected, is an answer and no error.
 *
 * \code
 *   // Prints the id and the type of each insight.
 *   void print_insights(const tink_webhooks_event *event) {
 *       static const char pointer[] = "/insights";
 *       static const tink_webhooks_slice keys[] = {{(const uint8_t *)"id", 2}, {(const uint8_t *)"type", 4}};
 *       tink_webhooks_value insights, found[2];
 *       tink_webhooks_iterator iterator;
 *       tink_webhooks_event_data_get(event, (const uint8_t *)pointer, sizeof pointer - 1, &insights);
 *       iterator = tink_webhooks_value_iterate(&insights);
 *       while (tink_webhooks_iterator_next_members(&iterator, keys, 2, found)) {
 *           uint8_t buffer[64];
 *           tink_webhooks_slice id;
 *           if (tink_webhooks_value_string(&found[0], buffer, sizeof buffer, &id) == TINK_WEBHOOKS_OK) {
 *               printf("%.*s: %.*s\n", (int)id.len, (const char *)id.ptr, (int)found[1].json.len,
 *                      (const char *)found[1].json.ptr);
 *           }
 *       }
 *   }
 * \endcode
 */

/**
 * Finds a value in the data (#tink_webhooks_event_data) by a JSON pointer (RFC 6901, UTF-8): empty for the data itself,
 * `/status` for a member, `/insights/0/id` for one of an element; in a key `~0` stands for `~`, and `~1` for `/`. `out`
 * receives the value, #TINK_WEBHOOKS_VALUE_NONE if there is none. Of duplicate keys the last one counts, and keys are
 * compared after their escapes are decoded. `-` names no element.
 *
 * Each call walks every object and array on its way: for many values of one, #tink_webhooks_value_members and
 * #tink_webhooks_value_iterate walk it once.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT for what is no JSON pointer; `out` then receives
 * #TINK_WEBHOOKS_VALUE_NONE.
 */
uint32_t tink_webhooks_event_data_get(const tink_webhooks_event *event, const uint8_t *pointer, size_t pointer_len,
                                      tink_webhooks_value *out);

/** As #tink_webhooks_event_data_get, from another value on; in none there is none. `out` may be `value`. */
uint32_t tink_webhooks_value_get(const tink_webhooks_value *value, const uint8_t *pointer, size_t pointer_len,
                                 tink_webhooks_value *out);

/**
 * Finds several members of an object in one walk. `keys` points to `count` keys as they are, UTF-8 without escapes, and
 * `out` to as many values: each receives the member with that key, #TINK_WEBHOOKS_VALUE_NONE if there is none. With a
 * `count` of 0 both are ignored. A value that is no object has no members. `value` may be one of `out`.
 */
uint32_t tink_webhooks_value_members(const tink_webhooks_value *value, const tink_webhooks_slice *keys, size_t count,
                                     tink_webhooks_value *out);

/**
 * An iterator in front of the first element of an array, or member of an object; of any other value, and of NULL, one
 * that is at its end.
 */
tink_webhooks_iterator tink_webhooks_value_iterate(const tink_webhooks_value *value);

/**
 * Goes on by one. True if there was a next element or member: `value` receives it, and `key` the member's key, a
 * string; in an array #TINK_WEBHOOKS_VALUE_NONE. At the end false, and both receive #TINK_WEBHOOKS_VALUE_NONE. Each of
 * the two may be NULL. Duplicate keys come as they stand; the last one counts. To the end it walks an array or object
 * once. False if `iterator` is NULL.
 */
bool tink_webhooks_iterator_next(tink_webhooks_iterator *iterator, tink_webhooks_value *key,
                                 tink_webhooks_value *value);

/**
 * As #tink_webhooks_iterator_next and then #tink_webhooks_value_members of the value, in one walk: the quickest way
 * through an array of objects. False at the end, and every value of `out` is then #TINK_WEBHOOKS_VALUE_NONE; false also
 * where #tink_webhooks_value_members fails.
 */
bool tink_webhooks_iterator_next_members(tink_webhooks_iterator *iterator, const tink_webhooks_slice *keys,
                                         size_t count, tink_webhooks_value *out);

/**
 * Goes on by several elements of an array at once: as many as are strings without escapes, up to `count`, whose texts
 * `out` receives as #tink_webhooks_value_string would. Returns how many; it is the quickest way through an array of
 * strings. 0 at the end, in front of any other element, which #tink_webhooks_iterator_next passes, and for members, NULL
 * and a `count` of 0.
 */
size_t tink_webhooks_iterator_next_strings(tink_webhooks_iterator *iterator, tink_webhooks_slice *out, size_t count);

/** How many elements an array has, or members an object, duplicates included; 0 for any other value, and for NULL. */
size_t tink_webhooks_value_count(const tink_webhooks_value *value);

/**
 * The text of a string, UTF-8 with its escapes decoded; it may contain a NUL. `out` receives it: where it has no escape
 * as a part of the raw body, borrowed from the event; otherwise it is decoded into `buffer`, and `out` is a part of
 * that. `value->json.len` bytes are always enough; `(NULL, 0)` is allowed, and enough where there is no escape. For a
 * value that is no string `out` receives a NULL slice.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, and `out` receives a NULL slice.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_value_string(const tink_webhooks_value *value, uint8_t *buffer, size_t buffer_size,
                                    tink_webhooks_slice *out);

/** True if the value is a string with exactly this text, compared after escapes are decoded. False for NULL. */
bool tink_webhooks_value_is_string(const tink_webhooks_value *value, const uint8_t *text, size_t text_len);

/**
 * True for a number that is written without fraction and exponent and fits: `out`, which must not be NULL, then
 * receives it. Otherwise false, and nothing is written.
 */
bool tink_webhooks_value_int64(const tink_webhooks_value *value, int64_t *out);

/**
 * True for a number: `out`, which must not be NULL, then receives the nearest double. Otherwise false, and nothing is
 * written. For an amount of money take the digits from `json`.
 */
bool tink_webhooks_value_double(const tink_webhooks_value *value, double *out);

/** True for `true` and `false`: `out`, which must not be NULL, then receives it. Else false, and nothing is written. */
bool tink_webhooks_value_bool(const tink_webhooks_value *value, bool *out);
/** Size of a buffer that holds an idempotency key, its NUL included. */
#define TINK_WEBHOOKS_KEY_SIZE 33

/**
 * What names the occurrence that the event is about: the same for a copy, for a retry whatever its time of signing, and
 * under every secret, as long as Tink sends the same bytes. What an effect is done once under.
 *
 * True if there is one: `out`, a `char[TINK_WEBHOOKS_KEY_SIZE]` or NULL, then receives 32 lower-case hex digits and a
 * NUL. Otherwise false, and `out` receives zeros: for signals, which say "go and look" and of which two true ones can have equal bytes, for the
 * community envelope, for names that this library does not know, and where a field that names the occurrence is missing
 * or empty (docs/events.md lists the fields). Handle those each time they come. False if `event` is NULL. It is computed
 * from the body at each call.
 */
bool tink_webhooks_event_idempotency_key(const tink_webhooks_event *event, char *out);

/**
 * Writes the event as one JSON text, for a queue: its body, its timestamp and its verification, with a version. It is
 * UTF-8 without a terminating NUL, and the same text in every language of this library, each of which reads it. It
 * holds the payload, and no secret.
 *
 * Returns the length of the text in bytes. It is written only if `buffer_size` is no less; `(NULL, 0)` asks for the
 * length. 0 only if `event` is NULL, or after a bug in the library.
 */
size_t tink_webhooks_event_serialize(const tink_webhooks_event *event, uint8_t *buffer, size_t buffer_size);

/**
 * Makes an event from the text that #tink_webhooks_event_serialize wrote, or another language's `serialize`, with its
 * type, timestamp and verification as they were; the caller frees it. CHECKS NO SIGNATURE: the event is as trustworthy
 * as the queue.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_INVALID_OPTION for any other text, #TINK_WEBHOOKS_ERROR_INVALID_UTF8 if it is not UTF-8,
 * #TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE beyond 256 MiB, and those of #tink_webhooks_parse_event for a body that is no
 * event.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_event_deserialize(const uint8_t *text, size_t text_len, tink_webhooks_event **out,
                                         tink_webhooks_error **err);

/**
 * Makes an event from its parts, as a program of yours stored them; the caller frees it. `body` must live, unchanged,
 * until the event is freed. `timestamp` is in milliseconds since the epoch. `verification` is NULL, or all zeros, for
 * an event of which nothing was proven. CHECKS NO SIGNATURE: the event is as trustworthy as what was stored.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_INVALID_OPTION for a time outside the years 1 to 9999 and for what no verification
 * proves, and those of #tink_webhooks_parse_event for a body that is no event.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_event_restore_borrowed(const uint8_t *body, size_t body_len, int64_t timestamp,
                                              const tink_webhooks_verification *verification,
                                              tink_webhooks_event **out, tink_webhooks_error **err);

/* ----------------------------------------------------------------------------------------------------------- errors */

/** Frees an error. NULL is allowed. */
void tink_webhooks_error_free(tink_webhooks_error *error);

/** The code that the failed function returned. #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT if `error` is NULL. */
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

/* ------------------------------------------------------------------------------------------------ why does it fail? */

/** Why a delivery does not verify. Never changes: any number of threads may read it. */
typedef struct tink_webhooks_explanation tink_webhooks_explanation;

/**
 * Says why a delivery does not verify, or that it does: undoes what is known to happen to a body, a header or a secret
 * on its way, computes the MAC again, and reports as proved only what then verifies.
 *
 * A tool for whoever looks for the fault, and not for the way of an answer: a search computes up to 50,000 MACs and
 * hashes up to 128 MiB for them. What it finds is never a reason to accept a delivery. `signature` with a length of 0 is
 * an absent header. `secrets` are taken as they are, also those that no handler object accepts; one of fewer than 16
 * bytes proves nothing. `now` is in unix seconds, for a delivery that was recorded, or #TINK_WEBHOOKS_NOW.
 *
 * `explanation` receives an object that the caller owns, and NULL on failure. It has a copy of what it needs.
 *
 * Codes: #TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, #TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_explain(const uint8_t *body, size_t body_len, const uint8_t *signature, size_t signature_len,
                               const tink_webhooks_slice *secrets, size_t secret_count, int64_t now,
                               tink_webhooks_explanation **explanation);

/**
 * The same under the secrets of a handler object, whose own bytes it has not kept: what was done to a secret is not found.
 * For receivers that log it while they are developed: behind the answer, and only where #tink_webhooks_may_explain says
 * so. `now` as for #tink_webhooks_explain; the object's own clock is not asked.
 *
 * Codes: those of #tink_webhooks_explain; #TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED for a dispatcher.
 */
TINK_WEBHOOKS_MUST_USE
uint32_t tink_webhooks_explain_refusal(const tink_webhooks *hooks, const uint8_t *body, size_t body_len,
                                       const uint8_t *signature, size_t signature_len, int64_t now,
                                       tink_webhooks_explanation **explanation);

/**
 * Whether a receiver may explain a refusal now: once in ten seconds, of all clients and of the whole process, so that who
 * sends forgeries cannot make it search. Never where the environment says that this is production: where one of
 * `NODE_ENV`, `APP_ENV`, `ENVIRONMENT`, `ENV`, `PYTHON_ENV`, `GO_ENV`, `DJANGO_ENV`, `RAILS_ENV` is `production` or `prod`.
 * `seconds` are those of a clock that only goes on. If so, it counts as done.
 */
bool tink_webhooks_may_explain(int64_t seconds);

/** Frees an explanation, and every text that it gave. NULL is allowed. */
void tink_webhooks_explanation_free(tink_webhooks_explanation *explanation);

/**
 * The word of a cause, such as `numbers_rewritten`; docs/explain.md lists them. `index` 0 is the cause; further ones had to
 * be undone together with it. NULL behind the last one, and if `explanation` is NULL. Lives as long as the explanation.
 */
const char *tink_webhooks_explanation_cause(const tink_webhooks_explanation *explanation, size_t index);

/** Whether a MAC proves the causes. It proves what happened, and never where. False if `explanation` is NULL. */
bool tink_webhooks_explanation_proved(const tink_webhooks_explanation *explanation);

/** Where it usually happens, in one sentence. Lives as long as the explanation. Empty if `explanation` is NULL. */
const char *tink_webhooks_explanation_where(const tink_webhooks_explanation *explanation);

/** The line to change, for each framework on a line of its own. As #tink_webhooks_explanation_where. */
const char *tink_webhooks_explanation_fix(const tink_webhooks_explanation *explanation);

/**
 * The whole text for people, of several lines. It holds neither a secret nor a MAC nor anything of the body. As
 * #tink_webhooks_explanation_where.
 */
const char *tink_webhooks_explanation_text(const tink_webhooks_explanation *explanation);

/**
 * True if one of the secrets fits, also in another form than it was given in: `index`, which must not be NULL, then
 * receives its place among them, from 0. Otherwise false, and nothing is written.
 */
bool tink_webhooks_explanation_secret_index(const tink_webhooks_explanation *explanation, size_t *index);

/**
 * The body that was signed, where that is another than the one given; else a NULL slice. It does not belong into a log.
 * Lives as long as the explanation.
 */
tink_webhooks_slice tink_webhooks_explanation_original_body(const tink_webhooks_explanation *explanation);

/* ---------------------------------------------------------------------------------------------------------- signing */

/** Size of a buffer that holds any signature header this library makes, its NUL included. */
#define TINK_WEBHOOKS_SIGNATURE_SIZE 128

/** For #tink_webhooks_generate_signature: sign at this moment. */
#define TINK_WEBHOOKS_NOW INT64_MIN

/**
 * Makes the value of a signature header, for tests and for senders.
 *
 * `scheme` is #TINK_WEBHOOKS_SCHEME_V1 or #TINK_WEBHOOKS_SCHEME_BODY. `signed_at` is in unix seconds, or
 * #TINK_WEBHOOKS_NOW; scheme `body` carries no time and ignores it. `buffer` receives the text and a NUL;
 * `char buffer[TINK_WEBHOOKS_SIGNATURE_SIZE]` is always large enough. On failure it receives an empty text, unless
 * `buffer_size` is 0.
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
 * A body as Tink would send it for one of `TINK_WEBHOOKS_TYPE_...`, for tests. Its values are invented; its shape is
 * that of Tink's documentation. For #TINK_WEBHOOKS_TYPE_UNKNOWN it is an event with a name that does not exist. Static.
 * Empty for a number that is no type.
 */
tink_webhooks_slice tink_webhooks_example_body(uint32_t type);

#ifdef __cplusplus
}
#endif

#endif
