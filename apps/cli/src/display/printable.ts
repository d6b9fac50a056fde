/**
 * What a terminal may take for an order, or show in another order than it stands there: C0 and C1 controls but newline,
 * DEL, Unicode's line and paragraph separators, and its marks, embeddings, overrides and isolates of direction (UAX #9).
 */
const UNPRINTABLE = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r' };

/**
 * A text from elsewhere, such as a file or another machine, as it can be written to a terminal: with what would steer the
 * terminal spelt out, as `\x1b` or `\u202e`. Newlines stay. Does nothing more to a text that it has returned.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return SHORT[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** As {@link printable}, with newlines spelt out too: for a name or a message that has one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}
