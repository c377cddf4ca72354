const SHORT_LISTS = /^( *)((?:"[^"]*": )?)\[\n((?: *(?:"[^"\n]*"|[\d.]+),?\n)+) *\](,?)$/gmu;

/** JSON as the formatter of this repository writes it: short lists on one line, and a line end after all of it. */
export function formattedJson(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 2);
  const joined = lines.replaceAll(SHORT_LISTS, (whole, indent: string, key: string, items: string, comma: string) => {
    const line = `${indent}${key}[${items.trim().split(/\n\s*/u).join(" ")}]${comma}`;
    return line.length > 120 ? whole : line;
  });
  return `${joined}\n`;
}
