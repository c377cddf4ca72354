/** What is installed in an image of Alpine. */
export interface AlpineContent {
  /** Such as 3.22.1. */
  readonly version: string;
  /** Versions by the name of the package. */
  readonly packages: Readonly<Record<string, string>>;
}

/** A layer of an image, as a tar: the two files by which scanners know the system and its packages. */
export function alpineLayer({ version, packages }: AlpineContent): Buffer {
  const installed = Object.entries(packages).map(([name, one]) => `P:${name}\nV:${one}\nA:x86_64\n\n`);
  return Buffer.concat([
    tarFile("etc/os-release", `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${version}\n`),
    tarFile("etc/alpine-release", `${version}\n`),
    tarFile("lib/apk/db/installed", installed.join("")),
    Buffer.alloc(2 * BLOCK),
  ]);
}

const BLOCK = 512;

function tarFile(path: string, text: string): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\0", 257);
  header.write("00", 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, content, padding]);
}
