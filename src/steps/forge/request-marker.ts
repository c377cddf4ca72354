const MARK = /<!-- quarterdeck: (\S{1,500}) -->/u;

/** The text of a pull request with a mark, which people do not see, of the effect that opened it. */
export function markedBody(body: string, effect: string): string {
  return `${body.trimEnd()}\n\n<!-- quarterdeck: ${plain(effect)} -->\n`.trimStart();
}

/** Whether this very effect has opened it: another attempt opens another. */
export function isOfEffect(body: string, effect: string): boolean {
  return MARK.exec(body)?.[1] === plain(effect);
}

/** Whether Quarterdeck has opened it, in whatever run. Whoever can write there can pretend that, and could do the same as it can. */
export function isOurs(body: string): boolean {
  return MARK.test(body);
}

/** What cannot end the mark. */
function plain(effect: string): string {
  return encodeURI(effect).replaceAll("--", "%2D%2D");
}
