import { counted } from '../format.js';
import { useWidth } from '../ui/use-width.js';
import { GroupBox } from './group-box.js';
import { nodesOf } from './groups.js';
import type { GroupView, LinkView } from './groups.js';
import { layOut } from './layout.js';
import type { Layout } from './layout.js';
import { Link } from './link.js';
import { shortened } from './shortened.js';

/** From the left of a node's frame to its name. */
const NAME_INSET = 11;

interface FigureProps {
  readonly groups: readonly GroupView[];
  readonly links: readonly LinkView[];
}

/**
 * The chain of stages as it stands, the shards of a layer as one link of it. Its figures are to be had as a table, too,
 * so it is a picture to a screen reader.
 */
export function PipelineFigure({ groups, links, hasFigures }: FigureProps & { readonly hasFigures: boolean }) {
  const [element, width] = useWidth<HTMLDivElement>();
  const parts = groups.map(({ stages }) => ({ node: nodesOf(stages).join(', ') || undefined, shards: stages.length }));
  return (
    <div class="pipeline" ref={element}>
      {width > 0 && <Figure groups={groups} links={links} layout={layOut(parts, width, !hasFigures)} />}
      <ul class="legend" aria-hidden="true" hidden={!hasFigures}>
        <li class="legend-busy">busy</li>
        <li class="legend-for-input">waits for input</li>
        <li class="legend-for-credit">waits for credit</li>
        <li class="legend-frame">frame in flight</li>
      </ul>
    </div>
  );
}

function Figure({ groups, links, layout }: FigureProps & { readonly layout: Layout }) {
  const { width, height, frames, links: lines, boxes } = layout;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary(groups)}>
      <defs>
        <marker id="arrow" viewBox="0 0 6 8" refX="1" refY="4" markerWidth="6" markerHeight="8" orient="auto">
          <path class="link-head" d="M0 0L6 4L0 8Z" />
        </marker>
      </defs>
      {frames.map(({ node, x, y, width, height }) => (
        <g key={`${x} ${y}`} class="node-group">
          <rect x={x} y={y} width={width} height={height} rx="10" />
          <text x={x + NAME_INSET} y={y + 15}>
            {shortened(node ?? 'no node yet', width - 2 * NAME_INSET)}
          </text>
        </g>
      ))}
      {lines.map((line, place) => {
        const view = links[place];
        return view !== undefined && <Link key={view.to} view={view} line={line} />;
      })}
      {boxes.map((box, place) => {
        const view = groups[place];
        return view !== undefined && <GroupBox key={view.name} view={view} box={box} />;
      })}
    </svg>
  );
}

function summary(groups: readonly GroupView[]): string {
  const bottleneck = groups.find(({ isBottleneck }) => isBottleneck)?.lead.stage ?? 'none';
  const stages = groups.flatMap((group) => group.stages).length;
  return `The pipeline: ${counted(stages, 'stage')}; bottleneck: ${bottleneck}`;
}
