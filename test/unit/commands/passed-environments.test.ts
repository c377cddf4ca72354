import { describe, expect, it } from "vitest";

import { mistakesOf } from "./chain-rig.ts";

const ANY = "place: { type: environment }";
const OF = "service: { type: service }, place: { type: environment, of: service }";

/** A command with an environment of one sort that passes it to a command that takes one of another. */
function passed(own: string, taken: string): readonly string[] {
  const slash = own === ANY ? "/x <place>" : "/x <service> in <place>";
  const given = taken === ANY ? "" : ', service: "${{ service }}"';
  const service = own === ANY && taken === OF ? ", service: \"${{ {'name': 'web', 'environments': []} }}\"" : given;
  const x = `name: X\nsummary: S\non: { slash: "${slash}" }\ninputs: { ${own} }\nsteps: [{ id: part, uses: command/part, with: { place: "\${{ place }}"${service} } }]\n`;
  const part = `name: Part\nsummary: P\ninputs: { ${taken} }\nsteps: [{ id: a, uses: slack/alert }]\n`;
  return mistakesOf({ x, part });
}

describe("an environment that is passed to a command", () => {
  it("may be that of a service where any is taken, and not the other way round", () => {
    expect(passed(ANY, ANY)).toEqual([]);
    expect(passed(OF, ANY)).toEqual([]);
    expect(passed(OF, OF)).toEqual([]);
    expect(passed(ANY, OF).join("\n")).toContain(
      '"place": an environment of a service is expected, but this is Environment',
    );
  });

  it("has no application where it is none of a service", () => {
    const x = `name: X\nsummary: S\non: { slash: /x <place> }\ninputs: { ${ANY} }\nsteps: [{ id: a, uses: argocd/wait, with: { app: "\${{ place.app }}", revision: ${"a".repeat(40)} } }]\n`;
    expect(mistakesOf({ x }).join("\n")).toMatch(/app/u);
  });
});
