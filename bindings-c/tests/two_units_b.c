#include <tink_webhooks.h>

uint32_t version_of_the_other_unit(void);

uint32_t version_of_the_other_unit(void) { return tink_webhooks_abi_version(); }
