//go:build cgo && !wazero && !pkgconfig && !(linux && (amd64 || arm64)) && !(darwin && (amd64 || arm64)) && !(windows && amd64)

package tinkwebhooks

// There is no static library for this platform. The name below does not exist, so that the compiler prints it.
var _ = tinkwebhooks_has_no_archive_for_this_platform_build_with_tags_wazero_or_install_the_library_and_build_with_tags_pkgconfig
