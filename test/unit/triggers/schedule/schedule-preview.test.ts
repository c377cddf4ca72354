import { expect, it } from "vitest";

import { previewText, schedulePreview } from "../../../../src/triggers/schedule/schedule-preview.ts";
import { scheduleSettings } from "../../../support/schedule-world.ts";

const afterMs = Date.parse("2026-11-20T12:00:00Z");

it("a schedule is shown with the next times at which it starts something, and what", () => {
  const settings = scheduleSettings({
    cron: "30 2 * * *",
    "time-zone": "Europe/Berlin",
    start: { command: "drift", inputs: { reason: "check of ${{ event.date }}" } },
  });
  const preview = schedulePreview(settings, { afterMs, count: 2 });
  expect(previewText(preview, ({ reason }) => `/qd drift ${reason ?? ""}`)).toBe(
    [
      "nightly: 30 2 * * * in Europe/Berlin, missed: last",
      "  Sat 2026-11-21 02:30 (Europe/Berlin)  2026-11-21T01:30Z  /qd drift check of 2026-11-21",
      "  Sun 2026-11-22 02:30 (Europe/Berlin)  2026-11-22T01:30Z  /qd drift check of 2026-11-22",
    ].join("\n"),
  );
});

it("what starts later by its jitter, never, or nothing says so", () => {
  const shown = () => "/qd drift";
  const later = schedulePreview(scheduleSettings({ cron: "@daily", jitter: "1h" }), { afterMs, count: 1 });
  expect(previewText(later, shown)).toMatch(/; starts \d+ min (\d+ s )?later by its jitter\n/u);
  const never = schedulePreview(scheduleSettings({ cron: "0 0 31W 4 *" }), { afterMs, count: 1 });
  expect(previewText(never, shown)).toContain("never");
  const failing = { command: "drift", inputs: { reason: "${{ event.gone }}" } };
  const nothing = schedulePreview(scheduleSettings({ cron: "@daily", start: failing }), { afterMs, count: 1 });
  expect(previewText(nothing, shown)).toContain('nothing: drift: the value for "reason" cannot be told');
});
