import type { Notice } from '@layerline/api';

/** Why a run is going back: the sentence that says so, and the stages whose failure it tells of. */
export interface Fault {
  readonly sentence: string;
  readonly stages: readonly string[];
}

/** What a notice tells of stages. */
export function faultOf({ sentence, stages = [] }: Omit<Notice, 'at'>): Fault {
  return { sentence, stages };
}
