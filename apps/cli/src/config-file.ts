import { ConfigError } from '@layerline/plan';
import { readPlainFileSync } from '@layerline/process';
import { Lexer, LineCounter, parseDocument, Parser, visit } from 'yaml';
import type { Document } from 'yaml';
import { printableLine } from './display/printable.js';

/**
 * More than any config needs: a run's own record with 64 layers takes 30 KiB. On some files, the YAML parser takes time in
 * the square of their size: seconds at this limit.
 */
const MOST_BYTES = 64 * 1024;
/** Deeper than any config or run record. The YAML parser recurses for each level, and too many overflow V8's stack. */
const MOST_LEVELS = 32;

/**
 * Reads the keys and values of a config file, JSON or YAML by its extension; from a run's own record, those of its config.
 * @param name of the file, for messages
 * @throws ConfigError that says what is wrong with it
 */
export function readConfigFile(path: string, name: string): Record<string, unknown> {
  const text = readText(path, name);
  const content = path.endsWith('.json') ? parseJson(text, name) : parseYaml(text, name);
  if (!isRecord(content)) throw new ConfigError(`${name}: has to consist of keys and values`);
  return isRunRecord(content) ? content['config'] : content;
}

function readText(path: string, name: string): string {
  const { bytes } = attempt(name, () => readPlainFileSync(path, MOST_BYTES));
  try {
    // The decoder drops a byte order mark, if there is one.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError(`${name}: is not valid UTF-8: save it in that encoding`, { cause: error });
  }
}

/** JSON is also YAML, whose parser sees what `JSON.parse` passes over: repeated keys. */
function parseJson(text: string, name: string): unknown {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const hint = /^\s*\/[/*]|,\s*[}\]]/m.test(text) ? '. JSON has no comments, and no comma after the last entry' : '';
    throw new ConfigError(`${name}: cannot be read: ${printableLine((error as Error).message)}${hint}`, {
      cause: error,
    });
  }
  refuseRepeatedKeys(documentOf(text, name), name);
  return content;
}

function parseYaml(text: string, name: string): unknown {
  const lines = new LineCounter();
  const document = documentOf(text, name, lines);
  // An unknown tag is only a warning, and its value becomes a string: not what was meant.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const what =
      problem.code === 'MULTIPLE_DOCS'
        ? 'it contains a second document, but a config file may have only one'
        : printableLine(problem.message);
    throw new ConfigError(`${name}: cannot be read: ${what}, at line ${line}, column ${col}`);
  }
  refuseRepeatedKeys(document, name);
  // A file of comments leaves everything as it is. An empty one may be what a full disk has left.
  if (document.contents === null && document.commentBefore !== null) return {};
  // Refuses aliases that multiply without bound.
  return attempt(name, () => document.toJS() as unknown);
}

/** Parses YAML, without the parser's own error excerpts and check for repeated keys: both are slow if there are many. */
function documentOf(text: string, name: string, lineCounter = new LineCounter()): Document.Parsed {
  refuseDeep(text, name);
  return parseDocument(text, { prettyErrors: false, uniqueKeys: false, lineCounter });
}

/** The first half of the YAML parser keeps a stack of its own, whose height is how deeply the text is nested. */
function refuseDeep(text: string, name: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens are discarded: the text is parsed again later, errors included.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) {
      throw new ConfigError(`${name}: is nested more than ${MOST_LEVELS} levels deep, too deep for a config`);
    }
  }
}

function refuseRepeatedKeys(document: Document.Parsed, name: string): void {
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<string>();
      for (const { key } of items) {
        const text = String(key);
        if (keys.has(text))
          throw new ConfigError(`${name}: has the key "${printableLine(text)}" twice: remove one of them`);
        keys.add(text);
      }
    },
  });
}

/** `config.json` in a run's folder: the config that the run was given, next to the plan made from it. */
function isRunRecord(
  content: Record<string, unknown>,
): content is { layerline: unknown; plan: unknown; config: Record<string, unknown> } {
  return 'layerline' in content && 'plan' in content && isRecord(content['config']);
}

/** Whether a value has keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reports whatever goes wrong as a mistake in the file. */
function attempt<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${name}: cannot be read: ${printableLine((error as Error).message)}`, { cause: error });
  }
}
