/* Runs the example at the beginning of the header, which run.sh extracts to example.h. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "example.h"

/* A body that is read byte by byte. */
static size_t one_byte(void *source, uint8_t *buffer, size_t size) {
    const char **rest = source;
    size_t len = **rest != 0 && size > 0;
    memcpy(buffer, *rest, len);
    *rest += len;
    return len;
}

int main(void) {
    const char *rest = NULL;
    static const char body[] = "{\"event\":\"refresh:finished\",\"context\":{\"userId\":\"u1\"}}";
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    tink_webhooks_slice insights = tink_webhooks_example_body(TINK_WEBHOOKS_TYPE_ACTIONABLE_INSIGHTS_CREATED);
    tink_webhooks_event *event;
    tink_webhooks *hooks;
    unsigned good, forged;

    setenv("TINK_WEBHOOK_SECRET", "s3cret", 1);
    hooks = start();
    if (hooks == NULL ||
        tink_webhooks_generate_signature((const uint8_t *)body, strlen(body), (const uint8_t *)"s3cret", 6,
                                         TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_NOW, header, sizeof header,
                                         NULL) != TINK_WEBHOOKS_OK) {
        return EXIT_FAILURE;
    }
    good = receive(hooks, (const uint8_t *)body, strlen(body), header, strlen(header));
    forged = receive(hooks, (const uint8_t *)body, strlen(body) - 1, header, strlen(header));
    rest = body;
    if (verify_pieces(hooks, header, strlen(header), one_byte, &rest) != TINK_WEBHOOKS_OK || *rest != 0) {
        return EXIT_FAILURE;
    }
    rest = body + 1;
    if (verify_pieces(hooks, header, strlen(header), one_byte, &rest) != TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH) {
        return EXIT_FAILURE;
    }
    if (tink_webhooks_parse_event(hooks, insights.ptr, insights.len, &event, NULL) != TINK_WEBHOOKS_OK) {
        return EXIT_FAILURE;
    }
    print_insights(event);
    tink_webhooks_event_free(event);
    tink_webhooks_free(hooks);
    return good == 200 && forged == 401 ? EXIT_SUCCESS : EXIT_FAILURE;
}
