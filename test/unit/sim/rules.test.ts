import { expect, test } from "vitest";

import { rulesSince } from "../../sim/check/approval-check.ts";
import { SimRules } from "../../sim/rules.ts";

const MINUTE = 60_000;

/** The quorums that count in prod at a moment, after two approvers were asked for at the tenth minute. */
function quorumsAt(minutes: number, disk?: { readonly from: number; readonly until: number }): readonly unknown[] {
  const rules = new SimRules();
  rules.replaced("usual", 0);
  if (disk !== undefined && disk.from < 10) rules.hindered(disk.from * MINUTE, disk.until * MINUTE);
  rules.replaced("two approvers", 10 * MINUTE);
  if (disk !== undefined && disk.from >= 10) rules.hindered(disk.from * MINUTE, disk.until * MINUTE);
  const place = rules.places.find(({ environment, service }) => environment === "prod" && service === "checkout");
  return place === undefined ? [] : rulesSince(place, minutes * MINUTE).map((rule) => rule?.quorum);
}

test("a rule that was replaced counts for a minute more, and not longer", () => {
  expect(quorumsAt(10.5)).toEqual([1, 2]);
  expect(quorumsAt(11)).toEqual([2]);
});

test("a rule may count for a minute after nothing could be recorded, whenever that began", () => {
  for (const from of [9.9, 10.5]) {
    expect(quorumsAt(12.5, { from, until: 12 })).toEqual([1, 2]);
    expect(quorumsAt(13, { from, until: 12 })).toEqual([2]);
  }
});

test("a disk that fails long after the rule was replaced does not bring the old one back", () => {
  expect(quorumsAt(12.5, { from: 11.5, until: 12 })).toEqual([2]);
});
