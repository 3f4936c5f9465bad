// `explain` over the WebAssembly module that has it: see bindings-wasm/README.md. A bundle for the edge has neither this nor
// that module, unless it imports `tink-webhooks/explain`.
import type { ExplanationFields } from "./contract";
import { type Core, decoder, framed, type Memory, type More, sizeOf } from "./wasm";

/** What that module has besides. */
interface Explaining extends Core {
  explain(secrets: number, signature: number, body: number, now: number): number;
  explain_refusal(handler: number, signature: number, body: number, now: number): number;
  environments(): void;
  may_explain(environment: number, seconds: number): number;
}

const encoder = new TextEncoder();

/** @param variable a variable of the environment, where there is one */
export function explaining(variable: (name: string) => string | undefined): More {
  return {
    native(memory) {
      const core = memory.core as Explaining;
      return {
        explain: (body, signature, secrets, now) => {
          const given = secrets.flatMap(framed);
          memory.place(...given, ...(signature ? [signature] : []), body);
          const code = memory.run(() => core.explain(sizeOf(given), lengthOf(signature), body.length, now));
          if (code !== 0) {
            throw new Error(memory.failure().message);
          }
          return found(memory);
        },
        mayExplain: (seconds) => {
          memory.run(() => core.environments());
          const values = memory.texts().map((name) => variable(name as string));
          const parts = values.flatMap((value) => framed(value === undefined ? undefined : encoder.encode(value)));
          memory.place(...parts);
          return memory.run(() => core.may_explain(sizeOf(parts), seconds)) === 0 && memory.answer[0] === 1;
        },
      };
    },
    state: (memory, handle) => ({
      explain: (body, signature, now) => {
        memory.place(...(signature ? [signature] : []), body);
        const core = memory.core as Explaining;
        const code = memory.run(() => core.explain_refusal(handle, lengthOf(signature), body.length, now));
        return code === 0 ? found(memory) : null;
      },
    }),
  };
}

const lengthOf = (signature: Uint8Array | null | undefined) => (signature ? signature.length : -1);

/** What the latest call has found. */
function found(memory: Memory): ExplanationFields {
  const [proved, secretIndex] = memory.answer as unknown as [number, number];
  const [place, fix, text, originalBody, ...causes] = memory.parts();
  const read = (part: Uint8Array | undefined) => decoder.decode(part);
  const fields: ExplanationFields = {
    causes: causes.map(read),
    proved: proved === 1,
    place: read(place),
    fix: read(fix),
    text: read(text),
  };
  if (secretIndex >= 0) {
    fields.secretIndex = secretIndex;
  }
  if (originalBody) {
    fields.originalBody = originalBody.slice();
  }
  return fields;
}
