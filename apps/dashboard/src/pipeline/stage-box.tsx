import type { StageRates } from '@layerline/api';
import { counted, NONE, percent, perSecond, stageTitle } from '../format.js';
import { toneOf } from '../ui/tone.js';
import { COMPACT_HEIGHT } from './layout.js';
import type { Box } from './layout.js';
import { STAGE_STATES } from './stages.js';
import type { StageView } from './stages.js';

const INSET = 12;
const BAR_HEIGHT = 7;

/** What a stage is, how it fares and how it spends its time. */
export function StageBox({ view, box }: { readonly view: StageView; readonly box: Box }) {
  const { stage, layer, state, rates, isBottleneck } = view;
  const right = box.width - INSET;
  const kind = `stage is-${state}${isBottleneck ? ' is-bottleneck' : ''}${layer === undefined ? '' : ` ${toneOf(layer)}`}`;
  return (
    <g class={kind} transform={`translate(${box.x} ${box.y})`}>
      <rect class="stage-frame" width={box.width} height={box.height} rx="7" />
      {layer !== undefined && <rect class="stage-tone" x={INSET} y="14" width="4" height="12" rx="2" />}
      <text class="stage-name" x={layer === undefined ? INSET : INSET + 10} y="24">
        {stageTitle(stage)}
      </text>
      <text class="stage-state" x={right} y="24" text-anchor="end">
        {STAGE_STATES[state]}
      </text>
      <text class="stage-what" x={INSET} y="43">
        {what(view)}
      </text>
      {box.height > COMPACT_HEIGHT && <Figures rates={rates} width={box.width} />}
      {isBottleneck && <Badge width={box.width} />}
    </g>
  );
}

/** @param rates undefined while it has not said */
function Figures({ rates, width }: { readonly rates: StageRates | undefined; readonly width: number }) {
  return (
    <>
      <text class="stage-rate" x={INSET} y="68">
        {rates === undefined ? NONE : perSecond(rates.rowsPerSecond, 'rows')}
      </text>
      <ShareBar rates={rates} x={INSET} y={79} width={width - 2 * INSET} />
      {rates !== undefined && (
        <>
          <text class="stage-share" x={INSET} y="102">
            busy {percent(rates.busy, 0)}
          </text>
          <text class="stage-share" x={width - INSET} y="102" text-anchor="end">
            {rates.processors.toFixed(2)} CPU
          </text>
        </>
      )}
    </>
  );
}

function what({ units, program, stage }: StageView): string {
  if (program !== undefined) return `program ${program}`;
  if (units !== undefined) return counted(units, 'unit');
  return stage === 'feeder' ? 'rows and barriers' : 'scores and reports';
}

function Badge({ width }: { readonly width: number }) {
  return (
    <g class="stage-badge" transform={`translate(${width / 2} 0)`}>
      <rect x="-39" y="-9" width="78" height="18" rx="9" />
      <text y="4" text-anchor="middle">
        bottleneck
      </text>
    </g>
  );
}

interface BarProps {
  readonly rates: StageRates | undefined;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Shares of a stage's time: busy, waiting for input, waiting for credit. */
function ShareBar({ rates, x, y, width }: BarProps) {
  let from = x;
  const shares =
    rates === undefined
      ? []
      : ([
          ['busy', rates.busy],
          ['for-input', rates.waitingForInput],
          ['for-credit', rates.waitingForCredit],
        ] as const);
  return (
    <g>
      <rect class="share-ground" x={x} y={y} width={width} height={BAR_HEIGHT} rx="2" />
      {shares.map(([name, share]) => {
        const [start, length] = [from, Math.max(0, Math.min(share * width, x + width - from))];
        from += length;
        return <rect key={name} class={`share-${name}`} x={start} y={y} width={length} height={BAR_HEIGHT} />;
      })}
    </g>
  );
}
