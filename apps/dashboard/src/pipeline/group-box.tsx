import { counted, NONE, percent, perSecond, stageTitle } from '../format.js';
import { toneOf } from '../ui/tone.js';
import type { GroupView } from './groups.js';
import { BOX_HEIGHT, COMPACT_HEIGHT } from './layout.js';
import type { Box } from './layout.js';
import { ShardRows } from './shard-rows.js';
import { ShareBar } from './share-bar.js';
import { STAGE_STATES } from './stages.js';

const INSET = 12;
const BAR_HEIGHT = 7;

/** What a stage is, how it fares and how it spends its time; of a layer that is cut, also each of its shards. */
export function GroupBox({ view, box }: { readonly view: GroupView; readonly box: Box }) {
  const { name, layer, lead, stages, isBottleneck } = view;
  const right = box.width - INSET;
  const kind = `stage is-${lead.state}${isBottleneck ? ' is-bottleneck' : ''}${layer === undefined ? '' : ` ${toneOf(layer)}`}`;
  return (
    <g class={kind} transform={`translate(${box.x} ${box.y})`}>
      <rect class="stage-frame" width={box.width} height={box.height} rx="7" />
      {layer !== undefined && <rect class="stage-tone" x={INSET} y="14" width="4" height="12" rx="2" />}
      <text class="stage-name" x={layer === undefined ? INSET : INSET + 10} y="24">
        {stageTitle(name)}
      </text>
      <text class="stage-state" x={right} y="24" text-anchor="end">
        {STAGE_STATES[lead.state]}
      </text>
      <text class="stage-what" x={INSET} y="43">
        {what(view)}
      </text>
      {box.height > COMPACT_HEIGHT && <Figures lead={lead} stages={stages} width={box.width} />}
      {box.height > BOX_HEIGHT && <ShardRows stages={stages} lead={lead} inset={INSET} width={box.width} />}
      {isBottleneck && <Badge width={box.width} />}
    </g>
  );
}

/** Of a layer that is cut, those of its busiest shard: the others wait for it. */
function Figures({ lead: { rates }, stages, width }: Pick<GroupView, 'lead' | 'stages'> & { readonly width: number }) {
  const processors = stages.reduce((sum, stage) => sum + (stage.rates?.processors ?? 0), 0);
  return (
    <>
      <text class="stage-rate" x={INSET} y="68">
        {rates === undefined ? NONE : perSecond(rates.rowsPerSecond, 'rows')}
      </text>
      <ShareBar rates={rates} x={INSET} y={79} width={width - 2 * INSET} height={BAR_HEIGHT} />
      {rates !== undefined && (
        <>
          <text class="stage-share" x={INSET} y="102">
            busy {percent(rates.busy, 0)}
          </text>
          <text class="stage-share" x={width - INSET} y="102" text-anchor="end">
            {processors.toFixed(2)} CPU
          </text>
        </>
      )}
    </>
  );
}

function what({ units, program, name, stages }: GroupView): string {
  if (program !== undefined) return `program ${program}`;
  if (units === undefined) return name === 'feeder' ? 'rows and barriers' : 'scores and reports';
  return stages.length === 1 ? counted(units, 'unit') : `${counted(units, 'unit')} in ${stages.length} shards`;
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
