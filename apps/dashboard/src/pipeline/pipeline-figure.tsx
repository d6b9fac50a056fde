import { counted } from '../format.js';
import { useWidth } from '../ui/use-width.js';
import { layOut } from './layout.js';
import type { Layout } from './layout.js';
import { Link } from './link.js';
import { StageBox } from './stage-box.js';
import type { LinkView, StageView } from './stages.js';

interface FigureProps {
  readonly stages: readonly StageView[];
  readonly links: readonly LinkView[];
}

/** The chain of stages as it stands. Its figures are to be had as a table, too, so it is a picture to a screen reader. */
export function PipelineFigure({ stages, links, hasFigures }: FigureProps & { readonly hasFigures: boolean }) {
  const [element, width] = useWidth<HTMLDivElement>();
  const nodes = stages.map(({ node }) => node);
  return (
    <div class="pipeline" ref={element}>
      {width > 0 && <Figure stages={stages} links={links} layout={layOut(nodes, width, !hasFigures)} />}
      <ul class="legend" aria-hidden="true" hidden={!hasFigures}>
        <li class="legend-busy">busy</li>
        <li class="legend-for-input">waits for input</li>
        <li class="legend-for-credit">waits for credit</li>
        <li class="legend-frame">frame in flight</li>
      </ul>
    </div>
  );
}

function Figure({ stages, links, layout }: FigureProps & { readonly layout: Layout }) {
  const { width, height, groups, links: lines, boxes } = layout;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary(stages)}>
      <defs>
        <marker id="arrow" viewBox="0 0 6 8" refX="1" refY="4" markerWidth="6" markerHeight="8" orient="auto">
          <path class="link-head" d="M0 0L6 4L0 8Z" />
        </marker>
      </defs>
      {groups.map(({ node, x, y, width, height }) => (
        <g key={`${x} ${y}`} class="node-group">
          <rect x={x} y={y} width={width} height={height} rx="10" />
          <text x={x + 11} y={y + 15}>
            {node ?? 'no node yet'}
          </text>
        </g>
      ))}
      {lines.map((line, place) => {
        const view = links[place];
        return view !== undefined && <Link key={view.to} view={view} line={line} />;
      })}
      {boxes.map((box, place) => {
        const view = stages[place];
        return view !== undefined && <StageBox key={view.stage} view={view} box={box} />;
      })}
    </svg>
  );
}

function summary(stages: readonly StageView[]): string {
  const bottleneck = stages.find(({ isBottleneck }) => isBottleneck)?.stage ?? 'none';
  return `The pipeline: ${counted(stages.length, 'stage')}; bottleneck: ${bottleneck}`;
}
