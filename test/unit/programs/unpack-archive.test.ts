import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readTar } from "../../../src/programs/read-tar.ts";
import { unpackArchive } from "../../../src/programs/unpack-archive.ts";
import { AppError } from "../../../src/platform/errors.ts";

interface Written {
  readonly path: string;
  readonly type?: string;
  readonly content?: string;
  readonly link?: string;
}

function header({ path, type = "0", content = "", link = "" }: Written): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0, 100);
  block.write("0000644\0", 100);
  block.write(`${Buffer.byteLength(content).toString(8).padStart(11, "0")}\0`, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link, 157, 100);
  block.write("ustar\0", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function tarOf(...entries: readonly Written[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? "");
    return [header(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function pax(key: string, value: string): Written {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length += 1;
  return { path: "pax", type: "x", content: `${length}${rest}` };
}

async function unpack(tar: Buffer): Promise<readonly string[] | string> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-unpack-"));
  try {
    await unpackArchive(tar, join(folder, "inside"));
    return await readdir(join(folder, "inside"), { recursive: true });
  } catch (error) {
    expect(await readdir(folder)).toSatisfy((names: string[]) => names.length === 0 || names[0] === "inside");
    return error instanceof AppError ? error.code : String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("unpackArchive", () => {
  it("takes files, folders and links that stay inside", async () => {
    const tar = tarOf(
      { path: "a/", type: "5" },
      { path: "a/b.txt", content: "hello" },
      { path: "a/up", type: "2", link: "../c" },
      pax("path", "a/long name"),
      { path: "short", content: "x" },
    );
    expect(await unpack(tar)).toEqual(expect.arrayContaining(["a", "a/b.txt", "a/up", "a/long name"]));
  });

  it.each([
    ["a path that leads out", tarOf({ path: "../evil", content: "x" })],
    ["a path that leads out after a while", tarOf({ path: "a/../../evil", content: "x" })],
    ["an absolute path", tarOf({ path: "/tmp/evil", content: "x" })],
    ["a long path that leads out", tarOf(pax("path", "../evil"), { path: "good", content: "x" })],
    ["a link that leads out", tarOf({ path: "link", type: "2", link: "../../etc" })],
    ["an absolute link", tarOf({ path: "link", type: "2", link: "/etc/passwd" })],
    ["a link that leads out by its long name", tarOf(pax("linkpath", "../.."), { path: "link", type: "2", link: "a" })],
  ])("refuses %s", async (_what, tar) => {
    expect(await unpack(tar)).toBe("archive.unsafe");
  });

  it("writes nothing through a link, in whatever order they come", async () => {
    const link = { path: "a", type: "2", link: "b" };
    const through = { path: "a/file", content: "x" };
    // The folder is there before the link, which then cannot be made.
    expect(await unpack(tarOf(link, through))).toBe("archive.unwritable");
    expect(await unpack(tarOf(through, link))).toBe("archive.unwritable");
  });

  it("refuses what Git does not write, and what is cut off", async () => {
    expect(await unpack(tarOf({ path: "dev", type: "3" }))).toBe("archive.malformed");
    expect(await unpack(tarOf({ path: "hard", type: "1", link: "a" }))).toBe("archive.malformed");
    expect(await unpack(tarOf({ path: "a", content: "x".repeat(600) }).subarray(0, 700))).toBe("archive.malformed");
    const changed = tarOf({ path: "a", content: "x" });
    changed.write("b", 0);
    expect(await unpack(changed)).toBe("archive.malformed");
  });

  it("throws nothing but its own errors for any bytes", () => {
    const good = tarOf({ path: "a", content: "hello" }, pax("path", "b"), { path: "c" });
    const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const tar = Buffer.from(good);
        for (const { at, byte } of changes) tar[at] = byte;
        try {
          expect([...readTar(tar)].length).toBeLessThan(100);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
