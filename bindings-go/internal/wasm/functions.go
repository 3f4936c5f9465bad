package wasm

// The protocol that this package speaks.
const protocol = 1

// The functions of the module.
const (
	fnProtocol = iota
	fnArena
	fnRecord
	fnError
	fnCreate
	fnRelease
	fnConfigure
	fnMaxBodyBytes
	fnWarnings
	fnVerify
	fnVerifyLent
	fnConstruct
	fnParse
	fnRegister
	fnUnregister
	fnUnregisterSlot
	fnMatching
	fnKeys
	fnSlots
	fnStreamBegin
	fnStreamUpdate
	fnStreamFinish
	fnStreamFinishEvent
	fnStreamRelease
	fnSign
	fnRestore
	fnSerialize
	fnReadText
	fnIdempotencyKey
	fnEventTypes
	fnKeyWarning
	fnExampleBody
	fnFail
	fnExplain
	fnExplainRefusal
	fnEnvironments
	fnMayExplain
)

var functions = []string{
	"protocol", "arena", "record", "error",
	"create", "release", "configure", "max_body_bytes", "warnings",
	"verify", "verify_lent", "construct", "parse",
	"register", "unregister", "unregister_slot", "matching", "keys", "slots",
	"stream_begin", "stream_update", "stream_finish", "stream_finish_event", "stream_release",
	"sign", "restore", "serialize", "read_text", "idempotency_key",
	"event_types", "key_warning", "example_body", "fail",
	"explain", "explain_refusal", "environments", "may_explain",
}

// What a function returns.
const (
	codeDone     = 0
	codeAskClock = 1
	codeMisuse   = 2
)

// The record: 19 numbers, the delivery id, and where the result is.
const (
	recordNumbers  = 19
	recordVerified = 3 // which of them say what was proved
	recordID       = recordNumbers * 8
	recordResult   = recordID + 16
	recordSize     = recordResult + 8
)

const absent = 0xffff_ffff
