/** The shortest text found that still `fits`, by leaving pieces out for as long as that works, and at most so many tries. */
export async function shrink(
  text: string,
  fits: (text: string) => Promise<boolean>,
  mostTries = 1000,
): Promise<string> {
  let best = text;
  let tries = 0;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < mostTries;) {
      const shorter = best.slice(0, at) + best.slice(at + size);
      tries += 1;
      if (await fits(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
