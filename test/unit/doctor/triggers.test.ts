import { expect, it } from "vitest";

import { triggerFindings } from "../../../src/doctor/triggers.ts";

const NONE = { posted: [], publicUrl: undefined, isLocal: true };

it("says nothing where nobody posts", () => {
  expect(triggerFindings(NONE)).toEqual([]);
});

it("says where senders post, by the public address or by that of the server", () => {
  const named = triggerFindings({ posted: ["a", "b", "c", "d"], publicUrl: "https://deck.example.com", isLocal: true });
  expect(named).toMatchObject([
    { level: "ok", what: "senders post to https://deck.example.com/triggers/NAME (a, b, c and 1 more)" },
  ]);
  expect(triggerFindings({ ...NONE, posted: ["a"], isLocal: false })).toMatchObject([{ level: "ok" }]);
});

it("warns where senders have no way to the server", () => {
  expect(triggerFindings({ ...NONE, posted: ["a"] })).toMatchObject([
    { level: "warning", what: "senders of a have no address to post to", mend: expect.stringContaining("/triggers/") },
  ]);
});

it.each(["http://127.0.0.1:8765", "http://localhost:8080/deck", "https://[::1]"])(
  "warns where the address that they are told is this machine: %s",
  (publicUrl) => {
    for (const isLocal of [true, false]) {
      expect(triggerFindings({ posted: ["a"], publicUrl, isLocal })).toMatchObject([
        {
          level: "warning",
          what: `senders of a would post to ${publicUrl}/triggers/NAME, which is this machine`,
          mend: expect.stringContaining("QUARTERDECK_PUBLIC_URL"),
        },
      ]);
    }
  },
);
