/**
 * Characters that a terminal may obey, or that change the order in which it shows text: C0 and C1 controls except newline,
 * DEL, Unicode's line and paragraph separators, and its directional marks, embeddings, overrides and isolates (UAX #9).
 */
const UNPRINTABLE = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r' };

/**
 * Makes text from elsewhere, such as a file or another machine, safe to write to a terminal: characters that would control
 * the terminal are escaped, as `\x1b` or `\u202e`. Newlines stay. Idempotent.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return SHORT[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** Like {@link printable}, but escapes newlines too: for a name or a one-line message. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}
