import { isDeepStrictEqual } from "node:util";

import { readPayload, SignalAsk } from "../../../src/domain/signal-ask.ts";
import { readPairs } from "../../../src/intake/signal-payload.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const ASK = SignalAsk.parse({
  name: "tests-done",
  payload: {
    build: { type: "number" },
    passed: { type: "boolean", optional: true },
    stage: { type: "choice", values: ["green", "red"], optional: true },
    note: { type: "text", max: 20, optional: true },
  },
});

/** What people type after the name of a signal, and what machines send as JSON. */
export const target: FuzzTarget = {
  seeds: [
    "build=42",
    'build=4.5 passed=true stage=green note="all \\"green\\""',
    "build='7' note=''",
    "build=1 build=2",
    '{"build":42,"passed":true,"note":"x"}',
    '{"__proto__":{"build":1},"build":"1"}',
  ],
  words: ["build=", "passed=", "stage=", "note=", '"', "'", "\\", "=", "true", "green", "__proto__", "constructor"],
  longest: 3000,
  run(input) {
    const typed = readPairs(input);
    const given = typed.kind === "read" ? typed.payload : fromJson(input);
    const reading = readPayload(ASK, given);
    if (reading.kind === "wrong") {
      must(reading.problems.length > 0, "a refusal says why");
      return [typed, reading.problems];
    }
    const { build, passed, stage, note, ...others } = reading.payload;
    must(typeof build === "number" && Number.isFinite(build), "a number is one");
    must(passed === undefined || typeof passed === "boolean", "what is true or false is either");
    must(stage === undefined || stage === "green" || stage === "red", "a choice is one of those there are");
    must(note === undefined || (typeof note === "string" && note.length <= 20), "a text is as long as it may be");
    must(Object.keys(others).length === 0, "nothing else comes with it");
    must(isDeepStrictEqual(readPayload(ASK, reading.payload), reading), "what was read is read as the same");
    return [typed, reading];
  },
};

function fromJson(input: string): Record<string, never> {
  try {
    const value: unknown = JSON.parse(input);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object(value) : {};
  } catch {
    return {};
  }
}
