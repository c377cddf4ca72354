/** What somebody types with `@ana` in it, as Slack sends it: with the mention that it makes of the name. */
export function asSlackSends(typed: string): string {
  return typed.replaceAll(/@([a-z]+)/gu, (_, name: string) => `<@U0${name.toUpperCase()}000|${name}>`);
}
