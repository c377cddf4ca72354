// Given to Node with `--import`, before the program: the wall clock of this process is off by as many milliseconds as stand in a
// file, which is looked at again and again. The program knows nothing of it.
import { readFileSync } from "node:fs";

const file = process.env["CHAOS_CLOCK_FILE"] ?? "";
const LOOK_MS = 10;
const RealDate = Date;
const realNow = Date.now.bind(Date);

let offMs = read();
setInterval(() => void (offMs = read()), LOOK_MS).unref();

function read(): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

class SteppedDate extends RealDate {
  constructor(...args: readonly []) {
    if (args.length === 0) super(realNow() + offMs);
    else super(...args);
  }

  static override now(): number {
    return realNow() + offMs;
  }
}

Object.assign(globalThis, { Date: SteppedDate });
