import { BaseSequencer, type TestSpecification } from "vitest/node";

// What is quick tells soonest that something is wrong. Files of plays and kills take minutes each: the last one would be waited for by itself.
const RANKS = new Map([
  ["fast", 0],
  ["e2e", 1],
]);

/** The order in which Vitest hands out files: what is quick, then what takes longest, then the others as it does by itself. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the sequencer, not of an array
    const sorted = await super.sort(files);
    const rank = ({ project }: TestSpecification): number => RANKS.get(project.name) ?? RANKS.size;
    return sorted.toSorted((left, right) => rank(left) - rank(right));
  }
}
