import { type Given, headerText } from "./frame";
import type { ExplanationFields } from "./native";
import { fromText } from "./runtime";
import type { RawBytes } from "./types";

// generated: causes
/** What can be the matter with a delivery. Later versions may have more. */
export type Cause =
  | "verifies"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "time_in_milliseconds"
  | "arguments_swapped"
  | "json_indented"
  | "json_spaced"
  | "json_compacted"
  | "keys_reordered"
  | "numbers_rewritten"
  | "unicode_escaped"
  | "unicode_unescaped"
  | "unicode_escape_case"
  | "html_escaped"
  | "html_unescaped"
  | "slashes_escaped"
  | "slashes_unescaped"
  | "keys_renamed"
  | "empty_to_null"
  | "empty_object_to_array"
  | "plus_to_space"
  | "python_repr"
  | "python_bytes_repr"
  | "buffer_stringified"
  | "json_in_string"
  | "wrapped_in_event"
  | "base64_encoded"
  | "gzip_compressed"
  | "form_encoded"
  | "html_entities"
  | "utf8_read_as_latin1"
  | "utf8_read_as_cp1252"
  | "written_as_latin1"
  | "utf16"
  | "bom_added"
  | "whitespace_added"
  | "newline_removed"
  | "line_endings_changed"
  | "header_quoted"
  | "header_name_included"
  | "header_percent_encoded"
  | "header_base64"
  | "header_prefixed"
  | "header_upper_case"
  | "header_repeated"
  | "header_rewritten"
  | "signed_without_time"
  | "signed_with_parsed_time"
  | "signed_differently"
  | "secret_whitespace"
  | "secret_quoted"
  | "secret_with_name"
  | "secret_prefixed"
  | "secret_decoded"
  | "secret_encoded"
  | "secret_list"
  | "secret_case"
  | "header_missing"
  | "header_malformed"
  | "secret_missing"
  | "secret_short"
  | "body_empty"
  | "object_object"
  | "characters_lost"
  | "body_truncated"
  | "body_not_json"
  | "secret_other"
  | (string & {});
// generated: end

/**
 * Why a delivery does not verify, as far as it can be known. Neither `String(explanation)` nor what `console.log` shows of
 * it holds a secret, a MAC or anything of the body.
 */
export class Explanation {
  /** A stable word, such as `numbers_rewritten`; `verifies` where nothing is wrong. `docs/explain.md` lists them. */
  readonly cause: Cause;
  /** Everything that had to be undone together, `cause` first. */
  readonly causes: readonly Cause[];
  /**
   * Whether a MAC proves it: with these changes undone, the delivery verifies under a secret of at least 16 bytes. It
   * proves what happened, and never where.
   */
  readonly proved: boolean;
  /** Where it usually happens, in one sentence. */
  readonly where: string;
  /** The line to change, for each framework on a line of its own. */
  readonly fix: string;
  /** Which of the given secrets it is, also where it was given in another form; none where nothing was proved. */
  readonly secretIndex: number | undefined;
  readonly #text: string;
  readonly #originalBody: RawBytes | undefined;

  /** @internal */
  constructor(fields: ExplanationFields) {
    this.causes = Object.freeze(fields.causes as Cause[]);
    this.cause = this.causes[0] as Cause;
    this.proved = fields.proved;
    this.where = fields.place;
    this.fix = fields.fix;
    this.secretIndex = fields.secretIndex ?? undefined;
    this.#text = fields.text;
    this.#originalBody = (fields.originalBody as RawBytes | undefined) ?? undefined;
    Object.freeze(this);
  }

  /**
   * The body that was signed, where that is another than the one given. Like any body it does not belong into a log,
   * which is why it is no enumerable property.
   */
  get originalBody(): RawBytes | undefined {
    return this.#originalBody;
  }

  /** The text for people, of several lines. */
  toString(): string {
    return this.#text;
  }
}

/** @internal What to do where the module cannot explain. */
export const ELSEWHERE = 'to explain, import "tink-webhooks/explain" before a handler object is made';

/** The header's bytes. Several are as one field, which is how HTTP has them. */
export function signatureBytes(given: Given): Uint8Array | undefined {
  const { signature } = given;
  if (Array.isArray(signature) && signature.every((value) => typeof value === "string")) {
    given.signature = signature.length > 0 ? signature.join(",") : undefined;
  }
  const header = headerText(given);
  return header === undefined ? undefined : fromText(header);
}
