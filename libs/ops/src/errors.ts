/** A graph was built from values that do not fit together: a bug in the code that builds it. */
export class GraphError extends Error {
  readonly code = 'ERR_GRAPH';

  constructor(graph: string, problem: string) {
    super(`Graph "${graph}" ${problem}`);
    this.name = 'GraphError';
  }
}
