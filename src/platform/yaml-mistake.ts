const MESSAGES: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation does not fit: either a bracket or quote is not closed, or this line is too far left",
  BLOCK_AS_IMPLICIT_KEY: "a second key in the same line; if this is one text with a colon in it, put it in quotes",
  BLOCK_IN_FLOW:
    "this does not go into brackets: either a bracket further up is not closed, or it has to be written as [a, b] or { a: b }",
  DUPLICATE_KEY: "this key stands here twice; each may stand once",
  MISSING_CHAR: "something is missing here, such as a quote, a bracket, a comma or a space after a colon",
  MULTILINE_IMPLICIT_KEY: "a key ends with a colon on the same line",
  MULTIPLE_DOCS: "a file is one document; put the second one into a file of its own",
  NON_STRING_KEY: "a key is a plain word",
  TAB_AS_INDENT: "indent with spaces; YAML allows no tabs here",
};

/** What a code of the YAML parser means for whoever wrote the file; undefined where the parser's own words have to do. */
export function yamlMistake(code: string): string | undefined {
  return MESSAGES[code];
}
