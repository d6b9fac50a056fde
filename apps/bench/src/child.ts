import { spawn } from 'node:child_process';
import { z } from 'zod';
import { ProgramError } from './errors.js';

const STDERR_KEPT = 4000;

/** Settings by which a shell could give one side of a comparison other threads, kernels or options than the others. */
const DECIDING = /^(LAYERLINE|OPENBLAS|OMP|MKL|XLA|JAX|TORCH|PYTORCH|KMP|GOMP|GOTO)_/;

export interface Command {
  /** For people. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/**
 * Runs a program to its end, with nothing in its environment that could decide the comparison.
 * @returns its standard output
 * @throws ProgramError with the end of what it wrote on standard error where it fails
 */
export async function run({ name, program, args, cwd }: Command): Promise<string> {
  const kept = Object.entries(process.env).filter(([variable]) => !DECIDING.test(variable));
  const child = spawn(program, args, { cwd, env: Object.fromEntries(kept), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-STDERR_KEPT)));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', (error) => reject(new ProgramError(name, error.message, { cause: error })));
    child.on('close', (...ending) => resolve(ending));
  });
  if (code !== 0) {
    const lastLine = errors.trimEnd().split('\n').at(-1) ?? '';
    const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
    throw new ProgramError(name, lastLine === '' ? how : `${how}: ${lastLine}`, { cause: errors });
  }
  return output;
}

/** Runs a program whose last line is a JSON object of the given shape. @throws ProgramError */
export async function runForJson<Result>(command: Command, schema: z.ZodType<Result>): Promise<Result> {
  const output = await run(command);
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : 'no JSON';
    throw new ProgramError(command.name, `its last line is not as it should be (${problem})`, { cause: error });
  }
}
