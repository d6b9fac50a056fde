/** A graph was put together from values that do not fit: a mistake in the code that records it. */
export class GraphError extends Error {
  readonly code = 'ERR_GRAPH';

  constructor(graph: string, problem: string) {
    super(`Graph "${graph}" ${problem}`);
    this.name = 'GraphError';
  }
}
