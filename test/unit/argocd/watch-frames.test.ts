import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { WatchFrames } from "../../../src/argocd/watch-frames.ts";
import { anApplication, type ApplicationParts, at } from "./application-builder.ts";

function aFeed(): { readonly frames: WatchFrames; readonly taken: { type: string; application: Application }[] } {
  const taken: { type: string; application: Application }[] = [];
  const frames = new WatchFrames((type, application) => {
    taken.push({ type, application });
    return application;
  });
  return { frames, taken };
}

const frame = (parts: ApplicationParts, type = "MODIFIED"): string =>
  JSON.stringify({ result: { type, application: anApplication(parts) } });

const resources = (health: string): readonly object[] => [
  { kind: "Deployment", name: "api", health: { status: health } },
];

describe("frames of the watch", () => {
  it("say the same whether or not they were read anew", () => {
    const { frames, taken } = aFeed();
    const copies = [
      { version: 1, status: { resources: resources("Healthy") } },
      { version: 2, status: { resources: resources("Healthy") } },
      { version: 3, status: { resources: resources("Healthy"), reconciledAt: at(60) } },
      { version: 4, status: { resources: resources("Degraded"), reconciledAt: at(60) } },
      { version: 5, status: { resources: resources("Healthy"), reconciledAt: at(61) } },
    ];
    for (const copy of copies) frames.read(frame(copy));
    expect(taken.map(({ application }) => application)).toEqual(copies.map(anApplication));
  });

  it("are not read anew where nothing but the version and the moment of the comparison moved", () => {
    const { frames, taken } = aFeed();
    frames.read(frame({ version: 1, status: { resources: resources("Healthy") } }));
    frames.read(frame({ version: 2, status: { resources: resources("Healthy"), reconciledAt: at(90) } }));
    frames.read(frame({ version: 3, status: { resources: resources("Degraded") } }));
    const [first, second, third] = taken.map(({ application }) => application.status.resources);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("are read anew after the application was deleted", () => {
    const { frames, taken } = aFeed();
    frames.read(frame({ version: 1 }));
    frames.read(frame({ version: 2 }, "DELETED"));
    frames.read(frame({ version: 3 }));
    expect(taken.map(({ type, application }) => `${type} ${application.metadata.resourceVersion}`)).toEqual([
      "MODIFIED 1",
      "DELETED 2",
      "MODIFIED 3",
    ]);
    expect(taken[2]?.application.spec).not.toBe(taken[0]?.application.spec);
  });

  it("are always read where what moves cannot be told by the text alone", () => {
    const { frames, taken } = aFeed();
    const spec = (resourceVersion: unknown): NonNullable<ApplicationParts["spec"]> => ({
      source: { repoURL: "a", helm: { valuesObject: { resourceVersion } } },
    });
    frames.read(frame({ version: 1, spec: spec("7") }));
    frames.read(frame({ version: 2, spec: spec("8") }));
    frames.read(frame({ version: 3, spec: spec({ a: '"resourceVersion":"9"' }) }));
    expect(taken.map(({ application }) => application)).toEqual([
      anApplication({ version: 1, spec: spec("7") }),
      anApplication({ version: 2, spec: spec("8") }),
      anApplication({ version: 3, spec: spec({ a: '"resourceVersion":"9"' }) }),
    ]);
  });

  it("say where they do not fit, and change nothing", () => {
    const { frames, taken } = aFeed();
    expect(frames.read('{"result":{"type":"MODIFIED"}}')).toEqual({ kind: "unreadable", place: "result.application" });
    expect(frames.read("{")).toEqual({ kind: "unreadable", place: "" });
    expect(taken).toEqual([]);
  });
});
