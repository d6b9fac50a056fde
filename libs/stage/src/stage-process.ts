import { parse, stageInstruction } from '@layerline/protocol';
import type { StageEvent, StageInstruction } from '@layerline/protocol';
import { letHeapGrow } from './heap-growth.js';
import type { RoleFactory } from './role.js';
import { MAX_MESSAGE_LENGTH, Session, SessionLeftError } from './session.js';

/** What the protocol takes of a failure's code, in characters. */
const MAX_CODE_LENGTH = 100;

/**
 * The life of a stage's process: a session for each assignment that its node gives it, one at a time. It ends with a stream that
 * has reached its end, and with any failure but the loss of a neighbour, after which it waits for the next assignment. Takes
 * itself down when its node is gone.
 */
export function runStage(open: RoleFactory): void {
  letHeapGrow();
  let session: Session | undefined;
  const begin = async ({ assignment, site }: Extract<StageInstruction, { type: 'assign' }>): Promise<void> => {
    process.title = `layerline ${assignment.stage}`;
    session = new Session(assignment, site, emit);
    try {
      await session.run(open);
      leave({ type: 'finished' }, 0);
    } catch (error) {
      if (!(error instanceof SessionLeftError)) {
        if (!isLostNeighbour(error)) return fail(error);
        emit(failureOf(error));
      }
      session = undefined;
      emit({ type: 'left' });
    }
  };
  process.on('message', (raw) => {
    const instruction = parse(stageInstruction, raw);
    switch (instruction.type) {
      case 'ping':
        return emit({ type: 'pong' });
      case 'order':
        return session?.handle(instruction.order);
      case 'leave':
        return session?.leave();
      case 'assign':
        void begin(instruction);
    }
  });
  // The node is gone, or has let go of this process: nobody is left to work for.
  process.on('disconnect', () => process.exit(1));
  // Ctrl-C, or the end of a terminal, goes to every process of the group; the coordinator ends stages in order.
  // SIGUSR1 would open Node's inspector, if nobody listened.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => undefined);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // It may have gone while this program was loading.
  if (!process.connected) process.exit(1);
}

function emit(event: StageEvent): void {
  process.send?.(event);
}

/** Whether a neighbour has gone, which is no fault of this stage. */
function isLostNeighbour(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ERR_CONNECTION_LOST';
}

function failureOf(error: unknown): Extract<StageEvent, { type: 'failed' }> {
  const reason: Error & { readonly code?: unknown } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${reason.stack ?? reason.message}\n`);
  const code = typeof reason.code === 'string' ? reason.code.slice(0, MAX_CODE_LENGTH) : 'ERR_UNEXPECTED';
  return { type: 'failed', code, message: reason.message.slice(0, MAX_MESSAGE_LENGTH) };
}

function fail(error: unknown): void {
  leave(failureOf(error), 1);
}

let leaving = false;

/** Ends the process once the event is on its way. The first event counts. */
function leave(event: StageEvent, code: number): void {
  if (!process.connected) process.exit(code);
  if (leaving) return;
  leaving = true;
  process.send?.(event, undefined, undefined, () => process.exit(code));
}
