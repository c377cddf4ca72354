import { checkRunLink, makeRunLink, RUN_PAGES } from "../../../src/web/run-link.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const key = { id: "k1", bytes: new Uint8Array(32).fill(3) };
const RUN = "run_01JD2K6W3V8QZ7E4M5N6P77FQ2";
const NOW = Date.UTC(2026, 0, 1);
const make = (run: string, until: number): string => makeRunLink({ publicUrl: "", run, until, key });
const good = make(RUN, NOW + 3_600_000);
const old = make(RUN, NOW - 1000);

/** The path and the query of a run's page. */
export const target: FuzzTarget = {
  seeds: [good, old, `${RUN_PAGES}run_1`, `${good}&until=9`, "/runs/?", "/runs/run_%30"],
  words: ["until=", "&until=99999999999", "key=k1", "signature=", "run_", "%00", "&", "=", "/runs/"],
  longest: 4000,
  run(input) {
    const mark = input.indexOf("?");
    const link =
      mark === -1 ? { path: input, query: "" } : { path: input.slice(0, mark), query: input.slice(mark + 1) };
    const checked = checkRunLink(link, { keys: [key], now: NOW });
    if (checked.kind !== "forged") {
      must(checked.kind === "expired" || checked.run === RUN, "only the run that was signed");
      must(checked.kind === "expired" || checked.until === NOW + 3_600_000, "only the end that was signed");
    }
    return checked;
  },
};
