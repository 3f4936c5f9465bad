#include <stdio.h>
#include <string.h>
#include <tink_webhooks.h>

#if TINK_WEBHOOKS_VERSION_NUMBER < 0x000100
#error "an older header"
#endif

#define BYTES(text) (const uint8_t *)(text), strlen(text)

int main(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    tink_webhooks *hooks = NULL;
    uint32_t code;
    tink_webhooks_builder_add_secret(builder, BYTES("s3cret"));
    code = tink_webhooks_builder_build(builder, &hooks, NULL);
    tink_webhooks_builder_free(builder);
    if (code == TINK_WEBHOOKS_OK) {
        code = tink_webhooks_generate_signature(BYTES("{}"), BYTES("s3cret"), TINK_WEBHOOKS_SCHEME_V1,
                                                TINK_WEBHOOKS_NOW, header, sizeof header, NULL);
    }
    if (code == TINK_WEBHOOKS_OK) {
        code = tink_webhooks_verify_signature(hooks, BYTES("{}"), BYTES(header), NULL, NULL);
    }
    tink_webhooks_free(hooks);
    printf("%s, %s\n", code == TINK_WEBHOOKS_OK ? "verified" : tink_webhooks_code_name(code), tink_webhooks_version());
    return code == TINK_WEBHOOKS_OK ? 0 : 1;
}
