/* Handlers: order, failures, ownership of user_data, re-entrancy, threads. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "check.h"

#define ACCOUNT "{\"event\":\"account:updated\",\"content\":{}}"

/* The user_data of a handler, and what the handler does. */
struct plan {
    tink_webhooks *hooks;
    const char *label;
    uint32_t result;
    int destroyed;
    int unregister;
};

static char ran[256];

static uint32_t run(void *user_data, const tink_webhooks_event *event) {
    struct plan *plan = (struct plan *)user_data;
    CHECK(tink_webhooks_event_name(event).len > 0);
    CHECK(plan->destroyed == 0);
    strcat(ran, plan->label);
    if (plan->unregister) {
        size_t removed = 0;
        CHECK_OK(tink_webhooks_unregister_handlers(plan->hooks, TEXT("account:updated"), &removed, NULL));
        CHECK(removed > 0);
        CHECK(plan->destroyed == 0);
    }
    return plan->result;
}

static uint32_t run_too(void *user_data, const tink_webhooks_event *event) { return run(user_data, event); }

static void destroy(void *user_data) { ((struct plan *)user_data)->destroyed++; }

static uint32_t add(tink_webhooks *hooks, const char *key, tink_webhooks_handler_fn handler, struct plan *plan) {
    return tink_webhooks_register_handler(hooks, TEXT(key), 0, handler, plan, destroy, NULL);
}

static tink_webhooks_event *parse(const tink_webhooks *hooks, const char *body) {
    tink_webhooks_event *event = NULL;
    CHECK_OK(tink_webhooks_parse_event(hooks, TEXT(body), &event, NULL));
    return event;
}

static void order_and_failures(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_error *error = NULL;
    tink_webhooks_event *event = parse(hooks, ACCOUNT), *out = event;
    struct plan any = {hooks, "*", 0, 0, 0}, first = {hooks, "1", 7, 0, 0}, second = {hooks, "2", 0, 0, 0},
                third = {hooks, "3", 9, 0, 0}, unknown = {hooks, "?", 0, 0, 0};

    CHECK_OK(add(hooks, "*", run, &any));
    CHECK_OK(add(hooks, "account:updated", run, &first));
    CHECK_OK(add(hooks, "account_updated", run, &second));
    CHECK_OK(add(hooks, "account:updated", run, &third));
    CHECK_OK(add(hooks, "unknown", run, &unknown));
    ran[0] = 0;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_HANDLER_FAILED, tink_webhooks_dispatch(hooks, event, &error));
    CHECK(strcmp(ran, "123*") == 0);
    CHECK(tink_webhooks_error_failure_count(error) == 2 && tink_webhooks_error_first_failure(error) == 7);
    tink_webhooks_error_free(error);
    tink_webhooks_event_free(event);

    ran[0] = 0;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_HANDLER_FAILED,
               tink_webhooks_handle_webhook(hooks, TEXT(ACCOUNT), TEXT(sign(ACCOUNT)), &out, NULL));
    CHECK(strcmp(ran, "123*") == 0 && out == NULL);

    /* Two that cannot run now, and nothing else: so it is with the dispatch, by the first one's code. */
    first.result = TINK_WEBHOOKS_ERROR_STORE_UNAVAILABLE;
    third.result = TINK_WEBHOOKS_ERROR_IN_PROGRESS;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_STORE_UNAVAILABLE,
               tink_webhooks_handle_webhook(hooks, TEXT(ACCOUNT), TEXT(sign(ACCOUNT)), &out, &error));
    CHECK(tink_webhooks_error_failure_count(error) == 2);
    CHECK(tink_webhooks_code_http_status(tink_webhooks_error_code(error)) == 503);
    tink_webhooks_error_free(error);
    third.result = TINK_WEBHOOKS_ERROR_INVALID_JSON;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_HANDLER_FAILED,
               tink_webhooks_handle_webhook(hooks, TEXT(ACCOUNT), TEXT(sign(ACCOUNT)), &out, NULL));

    event = parse(hooks, "{\"event\":\"some:thing\"}");
    ran[0] = 0;
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(strcmp(ran, "?*") == 0);
    tink_webhooks_event_free(event);

    /* No handler runs for a refused delivery. */
    ran[0] = 0;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE,
               tink_webhooks_handle_webhook(hooks, TEXT(ACCOUNT), NULL, 0, &out, NULL));
    CHECK(ran[0] == 0 && out == NULL);

    tink_webhooks_free(hooks);
    CHECK(any.destroyed == 1 && first.destroyed == 1 && second.destroyed == 1 && third.destroyed == 1);
}

static void registered_twice(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = parse(hooks, ACCOUNT);
    struct plan plan = {hooks, "a", 0, 0, 0}, other = {hooks, "b", 0, 0, 0};
    size_t removed = 99;

    CHECK_OK(add(hooks, "account:updated", run, &plan));
    CHECK_OK(add(hooks, "account_updated", run, &plan));
    CHECK(plan.destroyed == 0);
    /* Another function, or other user_data, is another handler. */
    CHECK_OK(add(hooks, "account:updated", run_too, &plan));
    CHECK_OK(add(hooks, "account:updated", run, &other));
    ran[0] = 0;
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(strcmp(ran, "aab") == 0);
    CHECK_OK(tink_webhooks_unregister_handlers(hooks, TEXT("account:updated"), &removed, NULL));
    CHECK(removed == 3 && plan.destroyed == 2 && other.destroyed == 1);
    CHECK_OK(tink_webhooks_unregister_handlers(hooks, TEXT("account:updated"), &removed, NULL));
    CHECK(removed == 0);
    ran[0] = 0;
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(ran[0] == 0);
    tink_webhooks_event_free(event);
    tink_webhooks_free(hooks);
    CHECK(plan.destroyed == 2 && other.destroyed == 1);
}

static void refused_registrations_take_nothing_over(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_error *error = NULL;
    struct plan plan = {hooks, "a", 0, 0, 0};

    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE,
               tink_webhooks_register_handler(hooks, TEXT("refresh:finnished"), 0, run, &plan, destroy, &error));
    CHECK(strcmp(tink_webhooks_error_hint(error), "did you mean \"refresh:finished\"?") == 0);
    tink_webhooks_error_free(error);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE, add(hooks, "\xff:x", run, &plan));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE, add(hooks, "", run, &plan));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
               tink_webhooks_register_handler(hooks, TEXT("*"), 2, run, &plan, destroy, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT,
               tink_webhooks_register_handler(hooks, TEXT("*"), 0, NULL, &plan, destroy, NULL));
    CHECK(plan.destroyed == 0);
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("refresh:finnished"), TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN, run,
                                            &plan, destroy, NULL));
    CHECK_OK(tink_webhooks_unregister_handlers(hooks, TEXT("refresh:finnished"), NULL, NULL));
    CHECK(plan.destroyed == 1);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE,
               tink_webhooks_unregister_handlers(hooks, TEXT("refresh:finnished"), NULL, NULL));
    /* No destroy function, and no user_data. */
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("some:thing"), 0, run, NULL, NULL, NULL));
    tink_webhooks_free(hooks);
    CHECK(plan.destroyed == 1);
}

static void listing(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_handlers *handlers = NULL;
    tink_webhooks_slice key;
    tink_webhooks_handler_fn handler = NULL;
    void *user_data = NULL;
    struct plan one = {hooks, "1", 0, 0, 0}, two = {hooks, "2", 0, 0, 0};

    CHECK_OK(tink_webhooks_get_handlers(hooks, &handlers, NULL));
    CHECK(tink_webhooks_handlers_count(handlers) == 0);
    tink_webhooks_handlers_free(handlers);

    CHECK_OK(add(hooks, "account:updated", run, &one));
    CHECK_OK(add(hooks, "*", run, &two));
    CHECK_OK(add(hooks, "account:updated", run_too, &two));
    CHECK_OK(tink_webhooks_get_handlers(hooks, &handlers, NULL));
    CHECK(tink_webhooks_handlers_count(handlers) == 3);
    CHECK_OK(tink_webhooks_handlers_get(handlers, 0, &key, &handler, &user_data));
    CHECK(slice_is(key, "account_updated") && handler == run && user_data == &one);
    CHECK_OK(tink_webhooks_handlers_get(handlers, 1, &key, &handler, &user_data));
    CHECK(slice_is(key, "account_updated") && handler == run_too && user_data == &two);
    CHECK_OK(tink_webhooks_handlers_get(handlers, 2, &key, NULL, NULL));
    CHECK(slice_is(key, "*"));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, tink_webhooks_handlers_get(handlers, 3, &key, NULL, NULL));

    /* The listing keeps user_data, even longer than the object. */
    tink_webhooks_free(hooks);
    CHECK(one.destroyed == 0 && two.destroyed == 0);
    tink_webhooks_handlers_free(handlers);
    CHECK(one.destroyed == 1 && two.destroyed == 2);
}

static void one_of_several(void) {
    tink_webhooks *hooks = make_hooks();
    struct plan one = {hooks, "1", 0, 0, 0}, two = {hooks, "2", 0, 0, 0};
    size_t removed = 99;

    CHECK_OK(add(hooks, "account:updated", run, &one));
    CHECK_OK(add(hooks, "account:updated", run, &two));
    CHECK_OK(add(hooks, "*", run, &one));
    /* Another function, another user_data, another key: another handler. */
    CHECK_OK(tink_webhooks_unregister_handler(hooks, TEXT("account:updated"), run_too, &one, &removed, NULL));
    CHECK(removed == 0);
    CHECK_OK(tink_webhooks_unregister_handler(hooks, TEXT("account:updated"), run, hooks, &removed, NULL));
    CHECK(removed == 0);
    CHECK_OK(tink_webhooks_unregister_handler(hooks, TEXT("account_updated"), run, &one, &removed, NULL));
    CHECK(removed == 1 && one.destroyed == 1 && two.destroyed == 0);
    CHECK_OK(tink_webhooks_unregister_handler(hooks, TEXT("account_updated"), run, &one, NULL, NULL));
    CHECK(one.destroyed == 1);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE,
               tink_webhooks_unregister_handler(hooks, TEXT("account:update"), run, &one, &removed, NULL));
    /* A registered key is no typo, whichever handler was registered for it. */
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("account:update"), TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN, run,
                                            NULL, NULL, NULL));
    CHECK_OK(tink_webhooks_unregister_handler(hooks, TEXT("account:update"), run, &one, &removed, NULL));
    CHECK(removed == 0);
    tink_webhooks_free(hooks);
    CHECK(one.destroyed == 2 && two.destroyed == 1);
}

static void matching(void) {
    tink_webhooks *hooks = make_hooks();
    int any, unknown, name, type, type_too;
    void *found[3] = {NULL, NULL, NULL};
    size_t count = 99;

    CHECK_OK(tink_webhooks_matching_handlers(hooks, TEXT("some:thing"), NULL, 0, &count));
    CHECK(count == 0);
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("*"), 0, run, &any, NULL, NULL));
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("unknown"), 0, run, &unknown, NULL, NULL));
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("some:thing"), 0, run, &name, NULL, NULL));
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("account:updated"), 0, run, &type, NULL, NULL));
    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("account_updated"), 0, run, &type_too, NULL, NULL));

    CHECK_OK(tink_webhooks_matching_handlers(hooks, TEXT("some:thing"), found, 3, &count));
    CHECK(count == 3 && found[0] == &name && found[1] == &unknown && found[2] == &any);
    CHECK_OK(tink_webhooks_matching_handlers(hooks, TEXT("account:updated"), found, 3, &count));
    CHECK(count == 3 && found[0] == &type && found[1] == &type_too && found[2] == &any);
    /* A name, not a key: the snake_case type is the name of no known event. */
    CHECK_OK(tink_webhooks_matching_handlers(hooks, TEXT("account_updated"), found, 3, &count));
    CHECK(count == 2 && found[0] == &unknown && found[1] == &any);
    /* No more than the capacity is written, but the count is complete. */
    found[1] = NULL;
    CHECK_OK(tink_webhooks_matching_handlers(hooks, TEXT("account:updated"), found, 1, &count));
    CHECK(count == 3 && found[0] == &type && found[1] == NULL);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
               tink_webhooks_matching_handlers(hooks, TEXT("\xff"), found, 3, &count));
    tink_webhooks_free(hooks);
}

static uint32_t register_another(void *user_data, const tink_webhooks_event *event) {
    struct plan *plan = (struct plan *)user_data;
    tink_webhooks_event *copy = tink_webhooks_event_clone(event);
    CHECK_OK(add(plan->hooks, "account:updated", run, plan));
    /* A handler may handle another delivery. */
    CHECK_OK(tink_webhooks_handle_webhook(plan->hooks, TEXT("{\"event\":\"some:thing\"}"),
                                          TEXT(sign("{\"event\":\"some:thing\"}")), NULL, NULL));
    tink_webhooks_event_free(copy);
    return 0;
}

static void re_entrancy(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = parse(hooks, ACCOUNT);
    struct plan plan = {hooks, "a", 0, 0, 0}, last = {hooks, "z", 0, 0, 1};

    CHECK_OK(tink_webhooks_register_handler(hooks, TEXT("account:updated"), 0, register_another, &plan, NULL, NULL));
    ran[0] = 0;
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(ran[0] == 0); /* registered meanwhile: from the next dispatch on */
    CHECK_OK(add(hooks, "account:updated", run, &last));
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(strcmp(ran, "az") == 0); /* the last one removed them all while it ran, and was kept until the end */
    CHECK(plan.destroyed == 1 && last.destroyed == 1);
    CHECK_OK(tink_webhooks_dispatch(hooks, event, NULL));
    CHECK(strcmp(ran, "az") == 0);
    tink_webhooks_event_free(event);
    tink_webhooks_free(hooks);
}

/* Threads: handlers come and go while events are dispatched. Each one's user_data is memory that destroy frees, so that
 * a sanitizer sees a use after the last. */

enum { ROUNDS = 20000 };

struct shared {
    tink_webhooks *hooks;
    const char *header;
    long made, run, freed;
    int begun;
};

struct counted {
    struct shared *shared;
    int alive;
};

/* Without a lock: threads that wait for a lock take turns, and then nothing happens at the same time. */
static void count(long *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static uint32_t count_run(void *user_data, const tink_webhooks_event *event) {
    struct counted *counted = (struct counted *)user_data;
    (void)event;
    count(&counted->shared->run);
    return counted->alive ? 0 : 1;
}

static void count_freed(void *user_data) {
    struct counted *counted = (struct counted *)user_data;
    count(&counted->shared->freed);
    counted->alive = 0;
    free(counted);
}

/* All begin together: otherwise one thread ends before the next has begun. */
static void begin(struct shared *shared) {
    while (!__atomic_load_n(&shared->begun, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
}

/* Threads count their own failures, because CHECK is not thread-safe. */
static void *keep_registering(void *argument) {
    struct shared *shared = (struct shared *)argument;
    size_t failures = 0;
    int round;
    begin(shared);
    for (round = 0; round < ROUNDS; round++) {
        struct counted *counted = (struct counted *)malloc(sizeof *counted);
        if (counted == NULL) {
            abort();
        }
        counted->shared = shared;
        counted->alive = 1;
        count(&shared->made);
        failures += tink_webhooks_register_handler(shared->hooks, TEXT("account:updated"), 0, count_run, counted,
                                                   count_freed, NULL) != TINK_WEBHOOKS_OK;
        if (round % 3 == 0) {
            failures += tink_webhooks_unregister_handlers(shared->hooks, TEXT("account:updated"), NULL, NULL) !=
                        TINK_WEBHOOKS_OK;
        }
    }
    return failures == 0 ? NULL : argument;
}

static void *keep_handling(void *argument) {
    struct shared *shared = (struct shared *)argument;
    size_t failures = 0;
    int round;
    begin(shared);
    for (round = 0; round < ROUNDS; round++) {
        failures += tink_webhooks_handle_webhook(shared->hooks, TEXT(ACCOUNT), TEXT(shared->header), NULL, NULL) !=
                    TINK_WEBHOOKS_OK;
    }
    return failures == 0 ? NULL : argument;
}

static void threads(void) {
    struct shared shared;
    pthread_t ids[4];
    void *failure = NULL;
    int i;

    memset(&shared, 0, sizeof shared);
    shared.hooks = make_hooks();
    shared.header = sign(ACCOUNT);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&ids[i], NULL, i % 2 ? keep_registering : keep_handling, &shared) == 0);
    }
    __atomic_store_n(&shared.begun, 1, __ATOMIC_RELEASE);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(ids[i], &failure) == 0 && failure == NULL);
    }
    /* Whatever the order of the threads, this dispatch has handlers to run. */
    CHECK(keep_registering(&shared) == NULL && keep_handling(&shared) == NULL);
    CHECK(shared.run > 0);
    tink_webhooks_free(shared.hooks);
    CHECK(shared.made == 3 * ROUNDS && shared.freed == shared.made);
}

/* A handler that does not return, and what another thread does meanwhile. If that waits, a minute is enough to tell. */

enum stage { BEGUN, ENTERED, CHANGED, RELEASED };

struct hanging {
    tink_webhooks *hooks;
    const char *header;
    pthread_mutex_t lock;
    pthread_cond_t reached;
    enum stage stage;
};

static void reach(struct hanging *hanging, enum stage stage) {
    pthread_mutex_lock(&hanging->lock);
    hanging->stage = stage > hanging->stage ? stage : hanging->stage;
    pthread_cond_broadcast(&hanging->reached);
    pthread_mutex_unlock(&hanging->lock);
}

static int reached(struct hanging *hanging, enum stage stage) {
    struct timespec soon;
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 60;
    pthread_mutex_lock(&hanging->lock);
    while (hanging->stage < stage && late == 0) {
        late = pthread_cond_timedwait(&hanging->reached, &hanging->lock, &soon);
    }
    pthread_mutex_unlock(&hanging->lock);
    return late == 0;
}

static uint32_t hang(void *user_data, const tink_webhooks_event *event) {
    struct hanging *hanging = (struct hanging *)user_data;
    (void)event;
    reach(hanging, ENTERED);
    pthread_mutex_lock(&hanging->lock);
    while (hanging->stage < RELEASED) {
        pthread_cond_wait(&hanging->reached, &hanging->lock);
    }
    pthread_mutex_unlock(&hanging->lock);
    return 0;
}

static uint32_t do_nothing(void *user_data, const tink_webhooks_event *event) {
    (void)user_data;
    (void)event;
    return 0;
}

static void *deliver(void *argument) {
    struct hanging *hanging = (struct hanging *)argument;
    uint32_t code = tink_webhooks_handle_webhook(hanging->hooks, TEXT(ACCOUNT), TEXT(hanging->header), NULL, NULL);
    return code == TINK_WEBHOOKS_OK ? NULL : argument;
}

static void *change_and_deliver(void *argument) {
    struct hanging *hanging = (struct hanging *)argument;
    size_t removed = 0;
    uint32_t codes = tink_webhooks_unregister_handlers(hanging->hooks, TEXT("*"), &removed, NULL);
    codes |= tink_webhooks_register_handler(hanging->hooks, TEXT("*"), 0, do_nothing, NULL, NULL, NULL);
    if (deliver(hanging) == NULL && codes == TINK_WEBHOOKS_OK && removed == 1) {
        reach(hanging, CHANGED);
    }
    return NULL;
}

static void a_handler_that_hangs(void) {
    struct hanging hanging;
    pthread_t hangs, changes;
    void *failure = &hanging;

    memset(&hanging, 0, sizeof hanging);
    pthread_mutex_init(&hanging.lock, NULL);
    pthread_cond_init(&hanging.reached, NULL);
    hanging.hooks = make_hooks();
    hanging.header = sign(ACCOUNT);
    CHECK_OK(tink_webhooks_register_handler(hanging.hooks, TEXT("*"), 0, hang, &hanging, NULL, NULL));
    CHECK(pthread_create(&hangs, NULL, deliver, &hanging) == 0 && reached(&hanging, ENTERED));
    CHECK(pthread_create(&changes, NULL, change_and_deliver, &hanging) == 0 && reached(&hanging, CHANGED));
    reach(&hanging, RELEASED);
    CHECK(pthread_join(hangs, &failure) == 0 && failure == NULL);
    CHECK(pthread_join(changes, NULL) == 0);
    tink_webhooks_free(hanging.hooks);
    pthread_cond_destroy(&hanging.reached);
    pthread_mutex_destroy(&hanging.lock);
}

int main(void) {
    order_and_failures();
    registered_twice();
    refused_registrations_take_nothing_over();
    listing();
    one_of_several();
    matching();
    re_entrancy();
    threads();
    a_handler_that_hangs();
    return report("handlers");
}
