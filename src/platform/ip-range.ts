/** A block of addresses such as `10.0.0.0/8` or `fc00::/7`; a single address is a block of one. */
export interface IpRange {
  /** 4 bytes, or 16. */
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** Reads a block of addresses; undefined when it is none. What stands after the prefix has to be zero, as in `10.0.0.0/8`. */
export function tryIpRange(text: string): IpRange | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const bytes = ipBytes(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  const longest = bytes.length * 8;
  if (prefix === undefined) return { bytes, bits: longest };
  const bits = /^\d{1,3}$/u.test(prefix) ? Number(prefix) : Number.NaN;
  const range = { bytes, bits };
  return bits <= longest && bytes.every((byte, index) => (byte & ~maskAt(range, index)) === 0) ? range : undefined;
}

/** Whether an address, as `ipBytes` gives it, lies in the block. An IPv4 address never lies in a block of IPv6. */
export function isInRange(bytes: readonly number[], range: IpRange): boolean {
  if (bytes.length !== range.bytes.length) return false;
  return range.bytes.every((byte, index) => ((byte ^ (bytes[index] ?? 0)) & maskAt(range, index)) === 0);
}

/** The bytes of an address as it is written in full or shortened, 4 or 16; undefined for whatever is none, zones included. */
export function ipBytes(text: string): readonly number[] | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/u.test(text)) return v4Bytes(text);
  // The longest way to write an address has 45 characters.
  if (!/^[0-9a-f:.]{2,45}$/iu.test(text) || !text.includes(":")) return undefined;
  // This knows every way of writing one, and writes it in one.
  const host = URL.parse(`http://[${text}]`)?.hostname;
  return host === undefined ? undefined : v6Bytes(host.slice(1, -1));
}

function v4Bytes(text: string): readonly number[] | undefined {
  const bytes = text.split(".").map(Number);
  const isExact = bytes.every((byte) => byte <= 255) && bytes.join(".") === text;
  return isExact ? bytes : undefined;
}

function v6Bytes(text: string): readonly number[] {
  const [left = "", right] = text.split("::");
  const [before, after] = [groups(left), groups(right ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function groups(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function maskAt({ bits }: IpRange, index: number): number {
  const left = Math.min(8, Math.max(0, bits - index * 8));
  return (0xff << (8 - left)) & 0xff;
}
