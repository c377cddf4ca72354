import { defineConfig } from "vitest/config";

import { LongestFirst } from "./support/longest-first.ts";

const project = (
  name: string,
  folders: readonly string[],
  { testTimeout, isolate }: { readonly testTimeout: number; readonly isolate: boolean },
) => ({
  test: {
    name,
    isolate,
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    testTimeout,
    hookTimeout: testTimeout,
    // On a busy machine a second is nothing; what never comes is said by the test's own limit.
    expect: { poll: { timeout: Math.min(testTimeout / 2, 30_000) } },
  },
});

const afterwards = ({ test }: ReturnType<typeof project>, groupOrder: number) => ({
  test: { ...test, maxWorkers: 2, sequence: { groupOrder } },
});

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    reporters: ["default", new URL("support/closing-line-reporter.ts", import.meta.url).pathname],
    // Tests with sockets and processes wait most of their time, whatever the number of cores.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Nothing of ours keeps state in a module, and loading everything anew for each file takes longer than the tests.
      project("fast", ["unit", "contract", "policy"], { testTimeout: 10_000, isolate: false }),
      project("integration", ["integration"], { testTimeout: 120_000, isolate: true }),
      project("e2e", ["e2e"], { testTimeout: 180_000, isolate: true }),
      // Programs that take all of the machine, when everything else has ended; two at a time, because the chaos waits half of its time.
      afterwards(project("long", ["long"], { testTimeout: 300_000, isolate: true }), 1),
      // A form is acknowledged within three seconds, as Slack wants it, or the person is told that it failed: on a machine on which ten
      // programs wait for two cores, that is what would be tried.
      afterwards(project("browser", ["browser"], { testTimeout: 120_000, isolate: true }), 2),
    ],
  },
});
