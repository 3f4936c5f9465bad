/* The header alone, twice, in two units of one program: nothing in it is defined twice, and it needs no other header. */
#include <tink_webhooks.h>
#include <tink_webhooks.h>

uint32_t version_of_the_other_unit(void);

int main(void) {
    tink_webhooks_verification nothing = {0, 0, 0, {0}, {0}};
    return nothing.scheme == TINK_WEBHOOKS_SCHEME_NONE && version_of_the_other_unit() == TINK_WEBHOOKS_ABI_VERSION ? 0 : 1;
}
