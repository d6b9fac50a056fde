import { classesOf, evaluationShare } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { whole } from './format.js';

/** Epochs of training from which on what an evaluation takes is worth a line. */
const MUCH = 0.5;

/** What an evaluation costs, where that is much. */
export function evaluationCost(plan: Plan): string | undefined {
  const share = evaluationShare(plan);
  if (share < MUCH) return undefined;
  const images = (plan.testRows ?? 0) + plan.data.validation;
  return (
    `An evaluation judges ${whole(images)} rows under each of ${classesOf(plan)} labels, which is about as much as ` +
    `${share.toFixed(1)} epochs of training: --eval-every makes it rarer`
  );
}
