import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { checkRunLink, type LinkKey, makeRunLink } from "../../../src/web/run-link.ts";

const KEY: LinkKey = { id: "new", bytes: new Uint8Array(32).fill(1) };
const OLD: LinkKey = { id: "old", bytes: new Uint8Array(32).fill(2) };
const RUN = "run_01M7Z9EBAQTXR8981P715CGQRF";
const NOW = 1_800_000_000_000;
const UNTIL = NOW + 3_600_000;

const linkFor = (key: LinkKey, publicUrl = "https://deploy.example.com/qd"): string =>
  makeRunLink({ publicUrl, run: RUN, until: UNTIL, key });

/** As a server sees it whose proxy takes the beginning of the path away. */
function seen(link: string): { readonly path: string; readonly query: string } {
  const { pathname, search } = new URL(link);
  return { path: pathname.replace(/^\/qd/u, ""), query: search.slice(1) };
}

const check = (link: string, now = NOW, keys = [KEY, OLD]) => checkRunLink(seen(link), { keys, now });

describe("a link to the page of a run", () => {
  it("is good until its end, and then no more", () => {
    const link = linkFor(KEY);
    expect(link).toMatch(
      /^https:\/\/deploy\.example\.com\/qd\/runs\/run_[0-9A-Z]+\?until=\d+&key=new&signature=[\w-]{43}$/u,
    );
    expect(check(link)).toEqual({ kind: "good", run: RUN, until: UNTIL });
    expect(check(link, UNTIL - 1).kind).toBe("good");
    expect(check(link, UNTIL).kind).toBe("expired");
  });

  it("outlives a new secret for as long as the old one is configured", () => {
    expect(check(linkFor(OLD)).kind).toBe("good");
    expect(check(linkFor(OLD), NOW, [KEY]).kind).toBe("forged");
  });

  it("is forged when another key made it under the name of ours", () => {
    expect(check(linkFor({ id: "new", bytes: new Uint8Array(32) })).kind).toBe("forged");
  });

  it("leads to one run only, and its end cannot be moved", () => {
    const link = linkFor(KEY);
    const others = [
      link.replace(RUN, RUN.replace("F", "G")),
      link.replace(/until=\d+/u, `until=${UNTIL / 1000 + 1}`),
      link.replace(/until=\d+/u, `until=0${UNTIL / 1000}`),
      link.replace("key=new", "key=old"),
      link.replace(/&signature=.*/u, ""),
      link.replace(/signature=.*/u, "signature="),
      link.replace(/until=\d+&/u, ""),
      link.replace(RUN, `${RUN}/..`),
      link.replace(RUN, ""),
    ];
    expect(others.map((other) => check(other).kind)).toEqual(others.map(() => "forged"));
  });

  it("is never believed, and never throws, for anything else", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (path, query) => {
        return checkRunLink({ path: `/runs/${path}`, query }, { keys: [KEY], now: NOW }).kind === "forged";
      }),
    );
  });
});
