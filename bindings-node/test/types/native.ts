// What ts/native.ts says of the native half is what napi writes of it when it is built. Not in it: the closures that
// `create` gives, which napi does not describe.
import type * as built from "../../../target/napi/addon";
import type { Config, ErrorFields, ExplanationFields, Native, StoredVerification } from "../../ts/native";

type Functions = Omit<Native, "create">;
type Built = Omit<typeof built, "create">;

/** Assignable in both directions, with optional fields as if they were required: else a missing one would be the same. */
type Same<One, Other> = [Required<One>] extends [Required<Other>]
  ? [Required<Other>] extends [Required<One>]
    ? true
    : false
  : false;

export const same: [
  Same<Config, built.Config>,
  Same<ErrorFields, built.ErrorFields>,
  Same<ExplanationFields, Omit<built.ExplanationFields, "originalBody"> & Pick<ExplanationFields, "originalBody">>,
  built.ExplanationFields extends ExplanationFields ? true : false,
  Same<StoredVerification, built.StoredVerification>,
  Same<keyof Functions, keyof Built>,
  Built extends Functions ? true : false,
] = [true, true, true, true, true, true, true];
