import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with one line that says how many tests passed, failed and were skipped, whatever the runner prints before. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      // A module that could not even be loaded has no tests to count.
      if (module.state() === "failed" && !states.includes("failed")) counts.failed += 1;
      for (const state of states) counts[state === "pending" ? "skipped" : state] += 1;
    }
    const { passed, failed, skipped } = counts;
    process.on("exit", () => process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
