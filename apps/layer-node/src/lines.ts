import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls `line` with each line of a stream, without its line break.
 * @param most how many characters of a line are kept; the rest is dropped
 */
export function eachLine(stream: Readable, most: number, line: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  const add = (text: string): void => {
    begun += text.slice(0, most - begun.length);
  };
  stream.on('data', (chunk: Buffer) => {
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    add(first);
    for (const next of others) {
      line(begun.replace(/\r$/, ''));
      begun = '';
      add(next);
    }
  });
  stream.on('end', () => {
    if (begun !== '') line(begun);
  });
}
