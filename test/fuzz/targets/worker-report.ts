import { sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { ReportReader } from "../../../src/dispatch/report-reader.ts";
import { Answer } from "../../../src/dispatch/wire.ts";
import { WorkerRegistry } from "../../../src/dispatch/worker-registry.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { tryJson } from "../../../src/platform/try-json.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const key = { id: "k1", bytes: new Uint8Array(32).fill(9) };
const report = (content: object): string => JSON.stringify({ epoch: "e1", worker: "w1", seq: 3, content });
const ref = { key: "run_1/sync/1", token: 4 };

/** What workers say and are told: bodies of our own key, and everything else. */
export const target: FuzzTarget = {
  seeds: [
    report({ type: "beat", version: "1.0.0", protocol: 1, kinds: ["argocd/sync"], free: 4, jobs: [ref] }),
    report({ type: "claim", request: "r1", ...ref }),
    report({ type: "progress", ...ref, progress: { text: "2 of 3", done: 2, total: 3, lines: ["a"] } }),
    report({ type: "checkpoint", request: "r2", ...ref, data: { before: 1 } }),
    report({
      type: "outcome",
      request: "r3",
      ...ref,
      outcome: { status: "failed", failure: { code: "a", message: "b", retry: { afterMs: 1 } } },
    }),
    report({ type: "leaving", unfinished: [ref] }),
    sealEnvelope(key, { epoch: "e1", worker: "w1", seq: 3, content: { type: "leaving", unfinished: [] } }),
    JSON.stringify({
      epoch: "e1",
      worker: "*",
      received: ["r3"],
      content: { type: "stop", ...ref, reason: "cancelled", silently: false },
    }),
  ],
  words: [
    "beat",
    "claim",
    "unable",
    "outcome",
    "checkpoint",
    '"epoch":"e1"',
    '"seq":',
    "status",
    "succeeded",
    "postponed",
    "afterMs",
  ],
  longest: 20_000,
  run(input) {
    const value = tryJson(input);
    const isObject = typeof value === "object" && value !== null;
    return [read(input), isObject && read(sealEnvelope(key, value)), Answer.safeParse(value).success];
  },
};

function read(text: string): readonly string[] {
  const said: string[] = [];
  const reader = new ReportReader({
    key,
    epoch: "e1",
    workers: new WorkerRegistry(2500),
    clock: new FakeClock(),
    logger: silentLogger,
    hear: ({ worker, content: { type } }) => void said.push(`${worker} ${type}`),
    onStranger: () => void said.push("stranger"),
    onRefused: (reason) => void said.push(reason),
  });
  reader.read(text);
  const [first = ""] = said;
  must(first !== "", "a report is heard or refused");
  reader.read(text);
  must(!first.includes(" ") || said.at(-1) === "replayed", "a report that comes again is refused");
  return said;
}
