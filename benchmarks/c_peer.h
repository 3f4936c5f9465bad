// The same by hand with OpenSSL; for the timings and for the receiver under load.
#pragma once

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <tink_webhooks.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

inline const uint8_t *bytes(std::string_view text) { return reinterpret_cast<const uint8_t *>(text.data()); }

inline void must(bool condition, const char *what) {
    if (!condition) {
        std::fprintf(stderr, "failed: %s\n", what);
        std::exit(1);
    }
}

inline tink_webhooks *make_hooks(std::initializer_list<std::string_view> secrets) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    for (const std::string_view secret : secrets) {
        tink_webhooks_builder_add_secret(builder, bytes(secret), secret.size());
    }
    tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
    tink_webhooks *hooks = nullptr;
    must(tink_webhooks_builder_build(builder, &hooks, nullptr) == TINK_WEBHOOKS_OK, "build");
    tink_webhooks_builder_free(builder);
    return hooks;
}

// The 32 bytes that 64 hex digits stand for.
inline bool unhex(std::string_view digits, unsigned char *out) {
    const auto value = [](char digit) {
        return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
    };
    if (digits.size() != 64) return false;
    for (size_t index = 0; index < 32; index += 1) {
        const int high = value(digits[2 * index]), low = value(digits[2 * index + 1]);
        if (high < 0 || low < 0) return false;
        out[index] = static_cast<unsigned char>(high << 4 | low);
    }
    return true;
}

// HMAC() needs the message in one piece, so the time is put before the body in `message`, a buffer that is used again.
inline bool openssl_holds(std::string_view secret, std::string_view t, std::string_view body,
                          const unsigned char *claimed, std::string &message) {
    message.assign(t).append(1, '.').append(body);
    unsigned char mac[32];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(message), message.size(), mac, &size);
    return CRYPTO_memcmp(mac, claimed, sizeof mac) == 0;
}
