/** A bug that can be planted: in the text of one file, `find`, which stands there once, becomes `replace`. */
export interface Mutant {
  /** Below `src`, such as `domain/decide.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What goes wrong then, in a few words. */
  readonly what: string;
}
