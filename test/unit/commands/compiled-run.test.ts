import { describe, expect, it } from "vitest";

import { RunSpec } from "../../support/run-spec.ts";
import { isUnderWay } from "../../../src/domain/run-state.ts";
import { planOf } from "./chain-rig.ts";

const PART = `
name: Part
summary: Looks at one place
inputs:
  service: { type: service }
  place: { type: environment, of: service }
  token: { type: string, secret: true }
  note: { type: string, default: "no \${{ note }}" }
steps:
  - { id: look, uses: test/call, with: { url: "\${{ service.name + '/' + place.name + '/' + note }}", token: "\${{ token }}" } }
  - parallel:
      - { id: left, uses: test/call, with: { url: "\${{ steps.look.outputs.name }}" } }
      - { id: right, uses: test/call, with: { token: "\${{ secrets.DEPLOY_KEY }}" } }
outputs:
  both: { value: "\${{ steps.left.outputs.name + steps.right.outputs.name }}" }
  key: { value: "\${{ steps.right.outputs.key }}" }
`;

/** What is under way, by its path below the command. */
function underWay(spec: RunSpec): readonly string[] {
  return [...spec.state.steps.values()].filter(isUnderWay).map(({ path }) => path.slice("x/".length));
}

describe("a command file, loaded and run", () => {
  it("does what is written there: commands with a scope of their own, branches, and an end", () => {
    const plan = planOf(
      `
steps:
  - for-each: \${{ service.environments }}
    as: target
    at-a-time: 50%
    steps:
      - { id: part, uses: command/part, with: { service: "\${{ service }}", place: "\${{ target }}", token: "\${{ secrets.TOKEN }}" } }
      - { id: last, uses: test/call, with: { url: "\${{ steps.part.outputs.both }}", token: "\${{ steps.part.outputs.key }}" } }
finally:
  - { id: end, uses: test/call, with: { url: "\${{ run.status }}" } }
`,
      { part: PART },
    );
    const spec = new RunSpec([{ name: "staging" }], plan);
    const key = { sealed: "here it is only passed on" };
    expect(underWay(spec)).toEqual(["for-each[staging]/part/look"]);
    expect(spec.step("/look").input).toEqual({ url: "checkout/staging/no ${{ note }}", token: { secret: "TOKEN" } });
    spec.succeed("/look", { name: "found" });
    expect(underWay(spec)).toEqual(["for-each[staging]/part/parallel/left", "for-each[staging]/part/parallel/right"]);
    expect(spec.step("/left").input).toEqual({ url: "found" });
    expect(spec.step("/right").input).toEqual({ token: { secret: "DEPLOY_KEY" } });
    spec.succeed("/left", { name: "l" });
    spec.succeed("/right", { name: "r", key });
    expect(spec.step("/last").input).toEqual({ url: "lr", token: key });
    spec.succeed("/last");
    expect(underWay(spec)).toEqual(["finally/end"]);
    expect(spec.step("/end").input).toEqual({ url: "succeeded" });
    spec.succeed("/end");
    expect(spec.state.status).toBe("succeeded");
  });
});
