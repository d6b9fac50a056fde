import { NONE, percent } from '../format.js';
import { nodesOf } from './groups.js';
import { BOX_HEIGHT, SHARD_HEIGHT } from './layout.js';
import { shortened } from './shortened.js';
import { ShareBar } from './share-bar.js';
import { STAGE_STATES } from './stages.js';
import type { StageView } from './stages.js';

/** Beside the bar, for the share in figures. */
const FIGURE_WIDTH = 42;
/** For the longest state. */
const STATE_WIDTH = 88;

interface RowsProps {
  readonly stages: readonly StageView[];
  readonly lead: StageView;
  /** From the sides of the box. */
  readonly inset: number;
  /** Of the box. */
  readonly width: number;
}

/** The shards of a layer, one below the other: how each fares, and how it spends its time. */
export function ShardRows({ stages, lead, inset, width }: RowsProps) {
  const right = width - inset;
  const namesNode = nodesOf(stages).length > 1;
  return (
    <>
      {stages.map((view, place) => {
        const { stage, node, state, rates } = view;
        const name = namesNode ? `${place + 1} on ${node ?? NONE}` : `shard ${place + 1}`;
        return (
          <g
            key={stage}
            class={`shard is-${state}${view === lead ? ' is-lead' : ''}`}
            transform={`translate(0 ${BOX_HEIGHT + place * SHARD_HEIGHT})`}
          >
            <line class="shard-line" x1={inset} x2={right} y1="0" y2="0" />
            <text class="shard-name" x={inset} y="14">
              <title>{node === undefined ? stage : `${stage} on ${node}`}</title>
              {shortened(name, right - inset - STATE_WIDTH)}
            </text>
            <text class="shard-state" x={right} y="14" text-anchor="end">
              {STAGE_STATES[state]}
            </text>
            <ShareBar rates={rates} x={inset} y={21} width={right - inset - FIGURE_WIDTH} height={5} />
            <text class="shard-share" x={right} y="27" text-anchor="end">
              {rates === undefined ? NONE : percent(rates.busy, 0)}
            </text>
          </g>
        );
      })}
    </>
  );
}
