import { describe, expect, it } from "vitest";

import type { PlannedEntry } from "../../../../src/engine/question-answers.ts";
import { plannedText } from "../../../../src/slack/views/planned-steps.ts";

const step = (name: string, when: "runs" | "skipped" | "later" = "runs"): PlannedEntry => ({
  name,
  uses: "test",
  when,
});
const beside = (...steps: readonly PlannedEntry[]): PlannedEntry => ({ isBeside: true, steps });
const command = (name: string, ...steps: readonly PlannedEntry[]): PlannedEntry => ({ isBeside: false, name, steps });
const branch = (...steps: readonly PlannedEntry[]): PlannedEntry => ({ isBeside: false, steps });

describe("the steps of a plan in a line", () => {
  it.each([
    [[step("a"), step("b", "later")], "`a` → `b` (decided when it is reached)"],
    [[beside(step("a"), branch(step("b"), step("c"))), step("d")], "(`a` ∥ (`b` → `c`)) → `d`"],
    [[command("verify", step("look"), beside(step("a"), step("b")))], "`verify` (`look` → (`a` ∥ `b`))"],
    [[step("a", "skipped"), beside(step("b", "skipped")), beside(step("b", "skipped"), step("c"))], "`c`"],
    [[step("a", "skipped")], "no step would run"],
    [[], "no step would run"],
  ])("say how they go together %#", (entries, text) => {
    expect(plannedText(entries, 12)).toBe(text);
  });

  it("are cut where there are many, also within a block", () => {
    const many = [step("a"), beside(step("b"), step("c"), step("d")), step("e")];
    expect(plannedText(many, 3)).toBe("`a` → (`b` ∥ `c`), and 2 more");
    expect(plannedText(many, 5)).toBe("`a` → (`b` ∥ `c` ∥ `d`) → `e`");
  });
});
