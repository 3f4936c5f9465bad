package tinkwebhooks

// Version is the version of this package. All packages of the project carry the same one.
const Version = "0.1.0"
