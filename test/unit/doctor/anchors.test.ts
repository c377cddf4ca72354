import { describe, expect, it } from "vitest";

import { anchorKeyOf } from "../../../src/audit/anchor-key.ts";
import type { KnownAnchors } from "../../../src/audit/anchor-log.ts";
import { signHead } from "../../../src/audit/signed-head.ts";
import { type AnchorsQuestion, anchorFindings } from "../../../src/doctor/anchors.ts";
import { AppError } from "../../../src/platform/errors.ts";

const NOW = Date.UTC(2026, 10, 21, 18);
const HOUR = 3_600_000;
const signed = (at: number) =>
  signHead({ sequence: 40, hash: "a".repeat(64), log: "b".repeat(64), at }, anchorKeyOf(Buffer.alloc(32, 7)));
const known = (at: number, sequence?: number): KnownAnchors => ({
  signed: signed(at),
  written: new Map(sequence === undefined ? [] : [["folder /srv/anchors", { sequence, at }]]),
});

async function said(more: Partial<AnchorsQuestion>): Promise<readonly string[]> {
  const targets = [{ address: "folder /srv/anchors" }];
  const question = { targets, everyMs: HOUR, known: undefined, now: NOW, ...more };
  const findings = await anchorFindings(question, new AbortController().signal);
  return findings.map(({ level, subject, what }) => `${level} ${subject}: ${what}`);
}

describe("the doctor, of anchors", () => {
  it("says how old the newest one is", async () => {
    expect(await said({ known: known(NOW - 2 * HOUR, 40) })).toEqual([
      "ok folder /srv/anchors: the newest anchor there is of event 40, 2 h ago",
    ]);
  });

  it("warns where one that was signed has not come for a while, and of none at all", async () => {
    expect(await said({ known: known(NOW - 2 * HOUR, 12) })).toEqual([
      "warning folder /srv/anchors: the newest anchor there is of event 12, 2 h ago, though event 40 was signed 2 h ago",
    ]);
    expect(await said({ known: known(NOW - 2 * HOUR) })).toEqual([
      "warning folder /srv/anchors: no anchor was put there, though event 40 was signed 2 h ago",
    ]);
    expect(await said({ known: known(NOW - 20_000) })).toEqual(["ok folder /srv/anchors: no anchor was put there"]);
  });

  it("waits for the first one, also where there is no log yet", async () => {
    const first = ["ok folder /srv/anchors: nothing was anchored yet; the server does it when something has happened"];
    expect(await said({ known: undefined })).toEqual(first);
    expect(await said({ known: { signed: undefined, written: new Map() } })).toEqual(first);
  });

  it("tries out what can be tried out", async () => {
    const failing = { address: "git x", tryOut: () => Promise.reject(new AppError("no rights", { code: "x" })) };
    const working = {
      address: "folder y",
      tryOut(): Promise<void> {
        return this === working ? Promise.resolve() : Promise.reject(new Error("it was taken out of its target"));
      },
    };
    const all = await said({ targets: [failing, working] });
    expect(all.filter((line) => !line.includes("nothing was anchored"))).toEqual([
      "problem git x: no rights",
      "ok folder y: it takes anchors",
    ]);
  });
});
