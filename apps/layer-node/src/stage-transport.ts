import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { MAX_CONTROL_BYTES } from '@layerline/protocol';
import type { Assignment, StageInstruction } from '@layerline/protocol';
import { withoutSecrets } from './environment.js';
import { eachLine } from './lines.js';
import { builtIn, UnknownProgramError } from './programs.js';
import type { Programs } from './programs.js';

/**
 * A stage computes on one thread of Node's pool at a time, and with a pool of one it stays on its core. The default four
 * take turns: Linux then wakes a thread whose last core is busy now, while another core is idle.
 */
const POOL = { UV_THREADPOOL_SIZE: '1' } as const;

/** A stage's process, and how the node talks to it. */
export interface StageTransport {
  readonly process: ChildProcess;
  /** What the process writes for people to read. */
  readonly logs: readonly Readable[];
  /** Does nothing once the process has hung up: news of its exit is on its way. */
  send(instruction: StageInstruction): void;
  /** Calls `handle` with each message from the process, unchecked. `handle` must not throw. */
  listen(handle: (raw: unknown) => void): void;
}

/**
 * Starts a stage's process: Layerline's own program for its role, or the node's program that the assignment names.
 * @throws UnknownProgramError if the node has none of that name
 */
export function startStage({ role, program }: Assignment, programs: Programs): StageTransport {
  if (program === undefined) return overChannel(role);
  const command = programs.get(program);
  if (command === undefined) throw new UnknownProgramError(program);
  return overLines(command);
}

/** Over the channel that Node.js gives its child processes. */
function overChannel(role: Assignment['role']): StageTransport {
  const child = fork(builtIn(role), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...withoutSecrets(process.env), ...POOL },
  });
  return {
    process: child,
    logs: [child.stdout, child.stderr].filter((stream) => stream !== null),
    send: (instruction) => {
      if (child.connected) child.send(instruction, () => undefined);
    },
    listen: (handle) => void child.on('message', handle),
  };
}

/** Over standard input and output, for programs in any language: one JSON object per line. */
function overLines([command = '', ...args]: readonly string[]): StageTransport {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: withoutSecrets(process.env) });
  child.stdin.on('error', () => undefined);
  return {
    process: child,
    logs: [child.stderr],
    send: (instruction) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(instruction)}\n`);
    },
    listen: (handle) => eachLine(child.stdout, MAX_CONTROL_BYTES, (line) => handle(jsonOf(line))),
  };
}

/** @returns the line itself if it is not JSON, or was too long to be read whole: the checks that follow then say why */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
