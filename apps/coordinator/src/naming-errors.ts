const MOST_NAMED = 5;

/** Several runs may be meant. */
export class AmbiguousRunError extends Error {
  readonly code = 'ERR_AMBIGUOUS_RUN';

  constructor(text: string, ids: readonly string[]) {
    super(`${text} may be ${ids.slice(0, MOST_NAMED).join(', ')}: name one of them`);
    this.name = 'AmbiguousRunError';
  }
}

/** Another run in the folder has the name that a new one is to have. */
export class NameTakenError extends Error {
  readonly code = 'ERR_NAME_TAKEN';

  constructor(name: string, run: string) {
    super(`The name ${name} is taken by run ${run}: give another, or remove that one with layerline runs rm ${name}`);
    this.name = 'NameTakenError';
  }
}
