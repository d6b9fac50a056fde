/** A stage's process ended before its work did. */
export class StageDiedError extends Error {
  readonly code = 'ERR_STAGE_DIED';

  constructor(
    readonly stage: string,
    readonly pid: number | undefined,
    readonly exit: { readonly code: number | null; readonly signal: string | null },
    tail: readonly string[],
  ) {
    const how = exit.signal === null ? `ended with exit code ${exit.code}` : `was killed by ${exit.signal}`;
    super(`${stage} (pid ${pid ?? 'unknown'}) ${how}. ${quote(tail)}`);
    this.name = 'StageDiedError';
  }
}

/** A stage said that it cannot go on. Has the code of what went wrong in it. */
export class StageFailedError extends Error {
  constructor(
    readonly stage: string,
    readonly pid: number | undefined,
    readonly code: string,
    reason: string,
  ) {
    super(`${stage} (pid ${pid ?? 'unknown'}) failed: ${reason}`);
    this.name = 'StageFailedError';
  }
}

/** A node that has stages of a run is gone. */
export class NodeLostError extends Error {
  readonly code = 'ERR_NODE_LOST';

  constructor(node: string, reason: string) {
    super(`Node ${node} is gone: ${reason}`);
    this.name = 'NodeLostError';
  }
}

function quote(tail: readonly string[]): string {
  return tail.length === 0
    ? 'It had logged nothing'
    : `Its last log lines:\n${tail.map((line) => `  ${line}`).join('\n')}`;
}
