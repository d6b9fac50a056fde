/** No row can take part in a hybrid image with the given one: all rows have the same label. */
export class HybridPartnerError extends Error {
  readonly code = 'ERR_HYBRID_PARTNER';

  constructor(row: number, label: number) {
    super(`Row ${row} has no partner for a hybrid image: all rows are labelled ${label}; use data of several classes`);
    this.name = 'HybridPartnerError';
  }
}
