import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { runPath } from '../data/client.js';
import type { LiveState } from '../data/run-state.js';
import { useAnswer } from '../data/use-answer.js';
import { clockTime, stageTitle } from '../format.js';
import { stageNames } from '../pipeline/stages.js';
import { Panel } from '../ui/panel.js';
import { Skeleton } from '../ui/states.js';
import { joinLines, parseLine } from './log-lines.js';
import type { ShownLine } from './log-lines.js';

const LINES = 500;
/** So close to the end, new lines are followed, in CSS pixels. */
const AT_END = 24;

/** The end of the run's log, or of one stage's, as it is written. */
export function LogView({ state }: { readonly state: LiveState }) {
  const [stage, setStage] = useState('');
  const path = `/log?lines=${LINES}${stage === '' ? '' : `&stage=${stage}`}`;
  const asked = useAnswer<{ readonly lines: readonly string[] }>(runPath(state.status.id, path));
  const read = useMemo(() => (asked.state === 'answered' ? asked.answer.lines.map(parseLine) : []), [asked]);
  const heard = state.log.filter((line) => stage === '' || line.stage === stage);
  return (
    <Panel title="Log" aside={<StageChoice names={stageNames(state.plan)} stage={stage} choose={setStage} />}>
      {asked.state === 'asking' && <Skeleton lines={8} />}
      {asked.state === 'failed' && <p class="banner banner-bad">{asked.why}</p>}
      {asked.state === 'answered' && <Lines lines={joinLines(read, heard)} />}
    </Panel>
  );
}

interface ChoiceProps {
  readonly names: readonly string[];
  readonly stage: string;
  readonly choose: (stage: string) => void;
}

function StageChoice({ names, stage, choose }: ChoiceProps) {
  return (
    <label class="select">
      <span class="dim">Lines of</span>
      <select value={stage} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">the whole run</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {stageTitle(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Follows the end unless it has been scrolled away from there. Lines come from outside, and are only ever text. */
function Lines({ lines }: { readonly lines: readonly ShownLine[] }) {
  const element = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const box = element.current;
    if (box !== null && isAtEnd.current) box.scrollTop = box.scrollHeight;
  }, [lines.length]);
  if (lines.length === 0) return <p class="empty">Nothing has been written yet.</p>;
  const scrolled = ({ currentTarget: box }: { readonly currentTarget: HTMLDivElement }): void => {
    isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
  };
  return (
    <div class="log" ref={element} onScroll={scrolled} tabIndex={0} role="log" aria-label="Log lines">
      {lines.map(({ at, stage, text }, place) => (
        <p key={place}>
          <time>{at === '' ? '' : clockTime(at)}</time>
          <span class="log-stage">{stage}</span>
          <span class="log-text">{text}</span>
        </p>
      ))}
    </div>
  );
}
