import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LineSplitter, LONGEST_LINE_BYTES } from "../../../src/programs/line-splitter.ts";
import { OutputTail } from "../../../src/programs/output-tail.ts";
import { ProgramLog } from "../../../src/programs/program-log.ts";

/** The same bytes in pieces that end at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function linesOf(chunks: readonly Buffer[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.add(chunk);
  splitter.end();
  return lines;
}

async function contentOf(log: ProgramLog): Promise<string> {
  const content: Uint8Array[] = [];
  for await (const piece of log.content()) content.push(piece);
  return Buffer.concat(content).toString("utf8");
}

const cuts = fc.array(fc.nat(200), { maxLength: 10 });

describe("LineSplitter", () => {
  it("makes the same lines of the same bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), cuts, (texts, places) => {
        const bytes = Buffer.from(texts.join("\n"));
        expect(linesOf(pieces(bytes, places))).toEqual(linesOf([bytes]));
      }),
    );
  });

  it("leaves out line ends of both sorts, and takes a last line without one", () => {
    expect(linesOf([Buffer.from("a\r\nb\n\nc")])).toEqual(["a", "b", "", "c"]);
  });

  it("cuts a line that is too long, and goes on with the next", () => {
    const [long, next] = linesOf([
      Buffer.from("x".repeat(LONGEST_LINE_BYTES)),
      Buffer.from("y".repeat(99)),
      Buffer.from("\nz"),
    ]);
    expect([long?.length, next]).toEqual([LONGEST_LINE_BYTES, "z"]);
  });

  it("reads what is no UTF-8 as far as it goes", () => {
    expect(linesOf([Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xe2, 0x82])])).toEqual(["a\uFFFD\uFFFDb", "\uFFFD"]);
  });
});

describe("OutputTail", () => {
  it("keeps the end from the beginning of a line on, however it was written", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", "ü"), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), cuts, fc.integer({ min: 1, max: 64 }), (lines, places, most) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
        const tail = new OutputTail(most);
        for (const piece of pieces(bytes, places)) tail.add(piece);
        const text = tail.text();
        expect(tail.isCut).toBe(bytes.length > most);
        expect(bytes.toString("utf8").endsWith(text)).toBe(true);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
        if (!tail.isCut) expect(text).toBe(bytes.toString("utf8"));
        else expect(`\n${bytes.toString("utf8")}`).toContain(`\n${text}`);
      }),
    );
  });
});

describe("ProgramLog", () => {
  it("keeps all of what is short", async () => {
    const log = new ProgramLog();
    for (const line of ["one", "", "two"]) log.add(line);
    expect(await contentOf(log)).toBe("one\n\ntwo\n");
    expect(log.lastLines).toEqual(["one", "two"]);
  });

  it("keeps the beginning and the end of what is long, and says how much is missing", async () => {
    const log = new ProgramLog();
    const line = "0123456789abcde";
    const count = (20 * 1024 * 1024) / 16;
    for (let at = 0; at < count; at += 1) log.add(at === count - 1 ? "the very last ..." : line);
    const text = await contentOf(log);
    const [, missing] = /\[(\d+) bytes were left out here\]\n/u.exec(text) ?? [];
    expect(text.startsWith(`${line}\n`)).toBe(true);
    expect(text.endsWith("the very last ...\n")).toBe(true);
    expect(text.length).toBeLessThan(16 * 1024 * 1024 + 100);
    expect(Number(missing)).toBeGreaterThanOrEqual(4 * 1024 * 1024);
  });
});
