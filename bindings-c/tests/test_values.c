/* Values in an event's data: what is found, as what it is read, and calls that are not as they should be. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "check.h"

#define NULL_ARGUMENT TINK_WEBHOOKS_ERROR_NULL_ARGUMENT
#define INVALID_ARGUMENT TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT

#define DATA                                                                                                           \
    "{ \"status\" : \"SENT\", \"a/b\":1, \"~\":2, \"~1\":3, \"name\":\"Caf\\u00e9 \\ud83d\\ude00\\u0000!\","           \
    "\"amount\":10.50, \"updated\":1767225660000, \"large\":9223372036854775808, \"small\":-9223372036854775808,"      \
    "\"yes\":true, \"no\":false, \"nothing\":null, \"empty\":\"\", \"ids\":[\"x\", \"y\\\"\" , \"z\"], \"none\":[ ],"  \
    "\"insights\":[{\"id\":\"i1\",\"type\":\"A\",\"data\":{\"id\":0}},{\"id\":\"i2\"},7,{\"\\u0069d\":\"i3\"}],"       \
    "\"twice\":1, \"twice\":{\"deep\":[[1]]}, \"\\u0074wice\":{\"deep\":[[2]],\"deep\":[[3]]} }"

static tink_webhooks_event *make_event(const tink_webhooks *hooks, const char *data) {
    static char body[4096];
    tink_webhooks_event *event = NULL;
    snprintf(body, sizeof body, "{\"event\":\"a:b\",\"content\":%s}", data);
    CHECK_OK(tink_webhooks_parse_event(hooks, TEXT(body), &event, NULL));
    memset(body, '!', sizeof body); /* the event has its own copy */
    return event;
}

static tink_webhooks_value at(const tink_webhooks_event *event, const char *pointer) {
    tink_webhooks_value value;
    memset(&value, 0x11, sizeof value);
    CHECK_OK(tink_webhooks_event_data_get(event, TEXT(pointer), &value));
    CHECK((value.kind == TINK_WEBHOOKS_VALUE_NONE) == (value.json.ptr == NULL));
    return value;
}

static int is_none(tink_webhooks_value value) {
    return value.kind == TINK_WEBHOOKS_VALUE_NONE && value.escaped == 0 && is_nothing(value.json);
}

static int is(tink_webhooks_value value, uint32_t kind, const char *json) {
    return value.kind == kind && slice_is(value.json, json);
}

static void what_is_found(const tink_webhooks_event *event) {
    tink_webhooks_slice body = tink_webhooks_event_raw_body(event), data = tink_webhooks_event_data(event);
    tink_webhooks_value whole = at(event, ""), value;
    CHECK(is(whole, TINK_WEBHOOKS_VALUE_OBJECT, DATA) && whole.json.ptr == data.ptr);
    value = at(event, "/status");
    CHECK(is(value, TINK_WEBHOOKS_VALUE_STRING, "\"SENT\"") && value.escaped == 0);
    CHECK(value.json.ptr > body.ptr && value.json.ptr + value.json.len < body.ptr + body.len);
    CHECK(is(at(event, "/a~1b"), TINK_WEBHOOKS_VALUE_NUMBER, "1"));
    CHECK(is(at(event, "/~0"), TINK_WEBHOOKS_VALUE_NUMBER, "2"));
    CHECK(is(at(event, "/~01"), TINK_WEBHOOKS_VALUE_NUMBER, "3"));
    CHECK(is(at(event, "/amount"), TINK_WEBHOOKS_VALUE_NUMBER, "10.50"));
    CHECK(is(at(event, "/yes"), TINK_WEBHOOKS_VALUE_BOOL, "true"));
    CHECK(is(at(event, "/nothing"), TINK_WEBHOOKS_VALUE_NULL, "null"));
    CHECK(is(at(event, "/none"), TINK_WEBHOOKS_VALUE_ARRAY, "[ ]"));
    CHECK(is(at(event, "/ids/2"), TINK_WEBHOOKS_VALUE_STRING, "\"z\""));
    CHECK(at(event, "/ids/1").escaped == 1);
    CHECK(is(at(event, "/insights/3/id"), TINK_WEBHOOKS_VALUE_STRING, "\"i3\""));
    /* Of duplicates the last, whatever its spelling. */
    CHECK(is(at(event, "/twice/deep/0/0"), TINK_WEBHOOKS_VALUE_NUMBER, "3"));
    CHECK(is_none(at(event, "/missing")) && is_none(at(event, "/")) && is_none(at(event, "/ids/3")));
    CHECK(is_none(at(event, "/ids/-")) && is_none(at(event, "/ids/01")) && is_none(at(event, "/status/0")));

    value = at(event, "/twice");
    CHECK_OK(tink_webhooks_value_get(&value, TEXT("/deep/0"), &value)); /* into itself */
    CHECK(is(value, TINK_WEBHOOKS_VALUE_ARRAY, "[3]"));
    CHECK_OK(tink_webhooks_value_get(&value, NULL, 0, &value));
    CHECK(is(value, TINK_WEBHOOKS_VALUE_ARRAY, "[3]"));
    CHECK_OK(tink_webhooks_value_get(&value, TEXT("/1"), &value));
    CHECK(is_none(value));
    CHECK_OK(tink_webhooks_value_get(&value, TEXT("/1"), &value)); /* none in none */
    CHECK(is_none(value));
}

static void numbers_and_words(const tink_webhooks_event *event) {
    tink_webhooks_value value;
    int64_t integer = 5;
    double number = 5;
    bool truth = true;
    value = at(event, "/updated");
    CHECK(tink_webhooks_value_int64(&value, &integer) && integer == 1767225660000);
    value = at(event, "/small");
    CHECK(tink_webhooks_value_int64(&value, &integer) && integer == INT64_MIN);
    value = at(event, "/large");
    CHECK(!tink_webhooks_value_int64(&value, &integer) && integer == INT64_MIN);
    CHECK(tink_webhooks_value_double(&value, &number) && number == 9223372036854775808.0);
    CHECK(!tink_webhooks_value_double(&value, NULL) && !tink_webhooks_value_bool(&value, NULL));
    value = at(event, "/amount");
    CHECK(!tink_webhooks_value_int64(&value, &integer) && tink_webhooks_value_double(&value, &number));
    CHECK(number == 10.5 && !tink_webhooks_value_bool(&value, &truth) && truth);
    value = at(event, "/no");
    CHECK(tink_webhooks_value_bool(&value, &truth) && !truth && !tink_webhooks_value_double(&value, &number));
    value = at(event, "/yes");
    CHECK(tink_webhooks_value_bool(&value, &truth) && truth && !tink_webhooks_value_bool(&value, NULL));
    value = at(event, "/nothing");
    CHECK(!tink_webhooks_value_bool(&value, &truth) && !tink_webhooks_value_int64(&value, &integer));
    CHECK(!tink_webhooks_value_int64(NULL, &integer) && !tink_webhooks_value_bool(NULL, &truth));
    CHECK(!tink_webhooks_value_double(NULL, &number) && number == 10.5);
}

static void strings(const tink_webhooks_event *event) {
    static const char name[] = "Caf\xC3\xA9 \xF0\x9F\x98\x80\0!";
    const size_t name_len = sizeof name - 1;
    tink_webhooks_value value = at(event, "/status");
    tink_webhooks_slice text;
    size_t size;
    CHECK_OK(tink_webhooks_value_string(&value, NULL, 0, &text));
    CHECK(slice_is(text, "SENT") && text.ptr == value.json.ptr + 1);
    CHECK(tink_webhooks_value_is_string(&value, TEXT("SENT")) && !tink_webhooks_value_is_string(&value, TEXT("SEN")));
    CHECK(!tink_webhooks_value_is_string(&value, NULL, 0) && !tink_webhooks_value_is_string(&value, NULL, 4));
    CHECK(!tink_webhooks_value_is_string(NULL, TEXT("SENT")));
    value = at(event, "/empty");
    CHECK_OK(tink_webhooks_value_string(&value, NULL, 0, &text));
    CHECK(text.ptr != NULL && text.len == 0 && tink_webhooks_value_is_string(&value, NULL, 0));

    /* With escapes: a buffer of exactly each size, so that the sanitizer sees a byte too many. */
    value = at(event, "/name");
    CHECK(value.escaped == 1 && tink_webhooks_value_is_string(&value, (const uint8_t *)name, name_len));
    CHECK(!tink_webhooks_value_is_string(&value, (const uint8_t *)name, name_len - 1));
    for (size = 0; size <= value.json.len; size++) {
        uint8_t *buffer = (uint8_t *)malloc(size);
        uint32_t code = tink_webhooks_value_string(&value, buffer, size, &text);
        CHECK_CODE(size < name_len ? TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL : TINK_WEBHOOKS_OK, code);
        if (code == TINK_WEBHOOKS_OK) {
            CHECK(text.ptr == buffer && text.len == name_len && memcmp(buffer, name, name_len) == 0);
        } else {
            CHECK(is_nothing(text));
        }
        free(buffer);
    }
    CHECK_CODE(TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, tink_webhooks_value_string(&value, NULL, 0, &text));

    value = at(event, "/amount");
    CHECK_OK(tink_webhooks_value_string(&value, NULL, 0, &text));
    CHECK(is_nothing(text) && !tink_webhooks_value_is_string(&value, TEXT("10.50")));
    value = at(event, "/missing");
    CHECK_OK(tink_webhooks_value_string(&value, NULL, 0, &text));
    CHECK(is_nothing(text) && !tink_webhooks_value_is_string(&value, NULL, 0));
}

static void lists(const tink_webhooks_event *event) {
    static const tink_webhooks_slice keys[] = {{(const uint8_t *)"id", 2}, {(const uint8_t *)"type", 4},
                                               {NULL, 0},                  {(const uint8_t *)"id", 2}};
    static const char *const ids[] = {"\"i1\"", "\"i2\"", NULL, "\"i3\""};
    tink_webhooks_value list = at(event, "/ids"), key, value, found[4];
    tink_webhooks_iterator iterator = tink_webhooks_value_iterate(&list), copy;
    tink_webhooks_slice texts[2];
    size_t count = 0;
    memset(&key, 0x11, sizeof key);
    CHECK(tink_webhooks_value_count(&list) == 3);
    CHECK(tink_webhooks_iterator_next(&iterator, &key, &value) && slice_is(value.json, "\"x\"") && is_none(key));
    copy = iterator;
    CHECK(tink_webhooks_iterator_next(&iterator, NULL, NULL));
    CHECK(tink_webhooks_iterator_next(&iterator, NULL, &value) && slice_is(value.json, "\"z\""));
    CHECK(!tink_webhooks_iterator_next(&iterator, &key, &value) && is_none(key) && is_none(value));
    CHECK(!tink_webhooks_iterator_next(&iterator, &key, &value));
    CHECK(tink_webhooks_iterator_next(&copy, NULL, &value) && slice_is(value.json, "\"y\\\"\""));
    CHECK(tink_webhooks_iterator_next_strings(&copy, texts, 2) == 1 && slice_is(texts[0], "z"));
    CHECK(tink_webhooks_iterator_next_strings(&copy, texts, 2) == 0);
    iterator = tink_webhooks_value_iterate(&list);
    CHECK(tink_webhooks_iterator_next_strings(&iterator, texts, 0) == 0);
    CHECK(tink_webhooks_iterator_next_strings(&iterator, texts, 2) == 1 && slice_is(texts[0], "x"));
    CHECK(tink_webhooks_iterator_next_strings(&iterator, texts, 2) == 0); /* in front of the one with an escape */
    CHECK(tink_webhooks_iterator_next(&iterator, NULL, &value) && value.escaped == 1);

    list = at(event, "");
    iterator = tink_webhooks_value_iterate(&list);
    CHECK(tink_webhooks_iterator_next_strings(&iterator, texts, 2) == 0); /* members */
    while (tink_webhooks_iterator_next(&iterator, &key, &value)) {
        if (count++ == 0) {
            CHECK(tink_webhooks_value_is_string(&key, TEXT("status")) && slice_is(value.json, "\"SENT\""));
        }
    }
    CHECK(count == 19 && tink_webhooks_value_count(&list) == 19);
    CHECK(tink_webhooks_value_is_string(&key, NULL, 0) == false);

    list = at(event, "/insights");
    iterator = tink_webhooks_value_iterate(&list);
    for (count = 0; tink_webhooks_iterator_next_members(&iterator, keys, 4, found); count++) {
        CHECK(ids[count] == NULL ? is_none(found[0]) : slice_is(found[0].json, ids[count]));
        CHECK(memcmp(&found[0], &found[3], sizeof *found) == 0 && is_none(found[2]));
        CHECK(count == 0 ? is(found[1], TINK_WEBHOOKS_VALUE_STRING, "\"A\"") : is_none(found[1]));
    }
    CHECK(count == 4 && is_none(found[0]) && is_none(found[1]));
    value = at(event, "/insights/0");
    CHECK_OK(tink_webhooks_value_members(&value, keys, 1, &value)); /* into itself */
    CHECK(is(value, TINK_WEBHOOKS_VALUE_STRING, "\"i1\""));
    CHECK_OK(tink_webhooks_value_members(&value, keys, 4, found)); /* of a string */
    CHECK(is_none(found[0]) && is_none(found[3]));
    value = at(event, "/twice");
    CHECK_OK(tink_webhooks_value_members(&value, NULL, 0, NULL));
    value = at(event, "/yes");
    iterator = tink_webhooks_value_iterate(&value);
    CHECK(!tink_webhooks_iterator_next(&iterator, NULL, &value) && tink_webhooks_value_count(&value) == 0);
}

static void hostile(const tink_webhooks_event *event) {
    static const char *const no_pointers[] = {"a",           "~",      "/~",   "/~2",  "/status/~",
                                              "/missing/~a", "status", "\xff", "/\xff"};
    static const tink_webhooks_slice null_key = {NULL, 1}, long_key = {(const uint8_t *)"a", SIZE_MAX};
    tink_webhooks_value value = at(event, "/ids"), zeros, out;
    tink_webhooks_iterator iterator = tink_webhooks_value_iterate(NULL);
    tink_webhooks_slice text;
    uint8_t buffer[8];
    size_t i;
    for (i = 0; i < sizeof no_pointers / sizeof *no_pointers; i++) {
        memset(&out, 0x11, sizeof out);
        CHECK_CODE(INVALID_ARGUMENT, tink_webhooks_event_data_get(event, TEXT(no_pointers[i]), &out));
        CHECK(is_none(out));
        memset(&out, 0x11, sizeof out);
        CHECK_CODE(INVALID_ARGUMENT, tink_webhooks_value_get(&value, TEXT(no_pointers[i]), &out));
        CHECK(is_none(out));
    }
    memset(&out, 0x11, sizeof out);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_data_get(NULL, TEXT("/a"), &out));
    CHECK(is_none(out));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_data_get(event, NULL, 1, &out));
    CHECK_CODE(INVALID_ARGUMENT, tink_webhooks_event_data_get(event, TEXT("/a") - 2 + SIZE_MAX, &out));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_event_data_get(event, TEXT("/a"), NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_get(NULL, TEXT("/a"), &out));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_get(&value, TEXT("/a"), NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_members(NULL, NULL, 0, NULL));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_members(&value, NULL, 1, &out));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_members(&value, &long_key, 1, NULL));
    memset(&out, 0x11, sizeof out);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_members(&value, &null_key, 1, &out));
    CHECK(is_none(out));
    CHECK_CODE(INVALID_ARGUMENT, tink_webhooks_value_members(&value, &long_key, 1, &out));
    CHECK_CODE(INVALID_ARGUMENT, tink_webhooks_value_members(&value, &null_key, SIZE_MAX, &out));
    CHECK(!tink_webhooks_iterator_next(&iterator, NULL, NULL) && !tink_webhooks_iterator_next(NULL, NULL, &out));
    iterator = tink_webhooks_value_iterate(&value);
    CHECK(!tink_webhooks_iterator_next_members(NULL, NULL, 0, NULL));
    CHECK(tink_webhooks_iterator_next_strings(NULL, &text, 1) == 0);
    CHECK(tink_webhooks_iterator_next_strings(&iterator, NULL, 1) == 0);
    CHECK(!tink_webhooks_iterator_next_members(&iterator, &null_key, 1, &out));
    CHECK(!tink_webhooks_iterator_next_members(&iterator, &long_key, 1, NULL));
    CHECK(tink_webhooks_iterator_next_members(&iterator, NULL, 0, NULL)); /* it is where it was */
    CHECK(tink_webhooks_iterator_next(&iterator, NULL, &out) && out.escaped == 1);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_string(NULL, buffer, sizeof buffer, &text));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_string(&value, NULL, 1, &text));
    CHECK(is_nothing(text));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_value_string(&value, buffer, sizeof buffer, NULL));
    CHECK(tink_webhooks_value_count(NULL) == 0);
    /* Zeros are no value. */
    memset(&zeros, 0, sizeof zeros);
    memset(&iterator, 0, sizeof iterator);
    CHECK_OK(tink_webhooks_value_get(&zeros, TEXT("/a"), &out));
    CHECK(is_none(out) && tink_webhooks_value_count(&zeros) == 0);
    CHECK(!tink_webhooks_iterator_next(&iterator, NULL, NULL));
    CHECK_OK(tink_webhooks_value_string(&zeros, buffer, sizeof buffer, &text));
    CHECK(is_nothing(text));
}

/* A value that stands behind long ones, whose ends are known, and whole data of each kind. */
static void long_and_whole(const tink_webhooks *hooks) {
    static char data[3500];
    tink_webhooks_event *event, *clone;
    char *end = data;
    int i;
    end += sprintf(end, "{\"ids\":[");
    for (i = 0; i < 80; i++) {
        end += sprintf(end, "\"id number %08d of many\"%s", i, i < 79 ? "," : "],\"other\":{\"ids\":[");
    }
    for (i = 0; i < 40; i++) {
        end += sprintf(end, "[\"%d\",\"]\"]%s", i, i < 39 ? ", " : "]}, \"last\":true}");
    }
    event = make_event(hooks, data);
    clone = tink_webhooks_event_clone(event);
    CHECK(is(at(event, "/last"), TINK_WEBHOOKS_VALUE_BOOL, "true"));
    CHECK(is(at(event, "/other/ids/39/0"), TINK_WEBHOOKS_VALUE_STRING, "\"39\""));
    CHECK(is(at(event, "/ids/79"), TINK_WEBHOOKS_VALUE_STRING, "\"id number 00000079 of many\""));
    tink_webhooks_event_free(event);
    CHECK(is(at(clone, "/ids/79"), TINK_WEBHOOKS_VALUE_STRING, "\"id number 00000079 of many\""));
    tink_webhooks_event_free(clone);

    event = make_event(hooks, "\"\\n\"");
    CHECK(at(event, "").kind == TINK_WEBHOOKS_VALUE_STRING && at(event, "").escaped == 1 && is_none(at(event, "/0")));
    tink_webhooks_event_free(event);
    event = make_event(hooks, "null");
    CHECK(is(at(event, ""), TINK_WEBHOOKS_VALUE_OBJECT, "{}") && is_none(at(event, "/a")));
    tink_webhooks_event_free(event);
}

static void *read_all(void *event) {
    int i, wrong = 0;
    for (i = 0; i < 500; i++) {
        tink_webhooks_value value;
        tink_webhooks_slice text;
        uint8_t buffer[64];
        wrong += tink_webhooks_event_data_get((const tink_webhooks_event *)event, TEXT("/name"), &value) != 0;
        wrong += tink_webhooks_value_string(&value, buffer, sizeof buffer, &text) != 0 || text.len != 12;
    }
    return wrong == 0 ? event : NULL;
}

int main(void) {
    tink_webhooks *hooks = make_hooks();
    tink_webhooks_event *event = make_event(hooks, DATA);
    pthread_t threads[4];
    size_t i;
    tink_webhooks_free(hooks); /* events outlive it */
    hooks = make_hooks();
    what_is_found(event);
    numbers_and_words(event);
    strings(event);
    lists(event);
    hostile(event);
    long_and_whole(hooks);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, read_all, event) == 0);
    }
    for (i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0 && result == event);
    }
    tink_webhooks_event_free(event);
    tink_webhooks_free(hooks);
    return report("values");
}
