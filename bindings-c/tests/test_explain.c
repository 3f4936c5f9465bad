/* Why a delivery does not verify. The vectors hold what is found; here is what only C has: NULL, lengths, who owns what,
 * and what a receiver asks before it explains. */
#include "check.h"

#define NULL_ARGUMENT TINK_WEBHOOKS_ERROR_NULL_ARGUMENT
#define SPACED "{\"event\": \"a:b\", \"content\": {}}"
#define SIGNED "{\"event\":\"a:b\",\"content\":{}}"

static char stale; /* out-parameters point here before each call */

static void what_was_found(tink_webhooks_explanation *found) {
    size_t index = 7;
    CHECK(strcmp(tink_webhooks_explanation_cause(found, 0), "json_spaced") == 0);
    CHECK(tink_webhooks_explanation_cause(found, 1) == NULL);
    CHECK(tink_webhooks_explanation_proved(found));
    CHECK(strstr(tink_webhooks_explanation_where(found), "json.dumps") != NULL);
    CHECK(strstr(tink_webhooks_explanation_fix(found), "await request.body()") != NULL);
    CHECK(strstr(tink_webhooks_explanation_text(found), tink_webhooks_explanation_where(found)) != NULL);
    CHECK(strstr(tink_webhooks_explanation_text(found), SECRET) == NULL);
    CHECK(strstr(tink_webhooks_explanation_text(found), "a:b") == NULL);
    CHECK(tink_webhooks_explanation_secret_index(found, &index) && index == 0);
    CHECK(!tink_webhooks_explanation_secret_index(found, NULL));
    CHECK(slice_is(tink_webhooks_explanation_original_body(found), SIGNED));
    tink_webhooks_explanation_free(found);
}

static void by_secrets(void) {
    tink_webhooks_slice secrets[2] = {{(const uint8_t *)SECRET, sizeof SECRET - 1}, {NULL, 0}};
    tink_webhooks_explanation *found = (tink_webhooks_explanation *)&stale;
    size_t index = 7;
    CHECK_OK(tink_webhooks_explain(TEXT(SPACED), TEXT(sign(SIGNED)), secrets, 2, SIGNED_AT, &found));
    what_was_found(found);
    /* Without secrets and without a header. */
    CHECK_OK(tink_webhooks_explain(NULL, 0, NULL, 0, NULL, 0, TINK_WEBHOOKS_NOW, &found));
    CHECK(strcmp(tink_webhooks_explanation_cause(found, 0), "header_missing") == 0);
    CHECK(!tink_webhooks_explanation_proved(found) && !tink_webhooks_explanation_secret_index(found, &index) && index == 7);
    CHECK(is_nothing(tink_webhooks_explanation_original_body(found)));
    tink_webhooks_explanation_free(found);
}

static void by_an_object(void) {
    tink_webhooks *hooks = make_hooks(), *dispatcher = tink_webhooks_dispatcher_new();
    tink_webhooks_explanation *found = (tink_webhooks_explanation *)&stale;
    CHECK_OK(tink_webhooks_explain_refusal(hooks, TEXT(SPACED), TEXT(sign(SIGNED)), SIGNED_AT, &found));
    what_was_found(found);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED,
               tink_webhooks_explain_refusal(dispatcher, TEXT(SPACED), NULL, 0, SIGNED_AT, &found));
    CHECK(found == NULL);
    tink_webhooks_free(dispatcher);
    tink_webhooks_free(hooks);
}

static void hostile(void) {
    tink_webhooks_slice lying = {NULL, 1};
    tink_webhooks_explanation *found = (tink_webhooks_explanation *)&stale;
    size_t index;
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain(NULL, 1, NULL, 0, NULL, 0, 0, &found));
    CHECK(found == NULL);
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain(NULL, 0, NULL, 1, NULL, 0, 0, &found));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain(NULL, 0, NULL, 0, NULL, 1, 0, &found));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain(NULL, 0, NULL, 0, &lying, 1, 0, &found));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain(NULL, 0, NULL, 0, NULL, 0, 0, NULL));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, tink_webhooks_explain(NULL, 0, NULL, 0, &lying, SIZE_MAX, 0, &found));
    CHECK_CODE(NULL_ARGUMENT, tink_webhooks_explain_refusal(NULL, NULL, 0, NULL, 0, 0, &found));
    CHECK(tink_webhooks_explanation_cause(NULL, 0) == NULL && !tink_webhooks_explanation_proved(NULL));
    CHECK(tink_webhooks_explanation_where(NULL)[0] == 0 && tink_webhooks_explanation_fix(NULL)[0] == 0);
    CHECK(tink_webhooks_explanation_text(NULL)[0] == 0);
    CHECK(!tink_webhooks_explanation_secret_index(NULL, &index));
    CHECK(is_nothing(tink_webhooks_explanation_original_body(NULL)));
    tink_webhooks_explanation_free(NULL);
}

static void one_limit_for_all(void) {
    CHECK(tink_webhooks_may_explain(100));
    CHECK(!tink_webhooks_may_explain(100) && !tink_webhooks_may_explain(109));
    CHECK(tink_webhooks_may_explain(110) && !tink_webhooks_may_explain(111));
}

int main(void) {
    by_secrets();
    by_an_object();
    hostile();
    one_limit_for_all();
    return report("explain");
}
