import { setImmediate } from 'node:timers/promises';
import { evaluatorReport } from '@layerline/api';
import { partsOf, planOn } from '@layerline/coordinator';
import type { Execution, Executor, Life } from '@layerline/coordinator';
import { loadPlanned, MemoryPeers, numericsOf, openAll, runInMemory } from '@layerline/pipeline';
import { ConfigError, stagesOf } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import type { Resumption, Role, StageServices } from '@layerline/stage';
import { LOCAL_NODE } from './this-machine.js';
import type { ThisMachine } from './this-machine.js';

/** Stands for all stages, which share one process: this one. */
const ALL = { stage: 'all', role: 'single-process', node: LOCAL_NODE } as const;

/**
 * Carries out a run in this process, without a network. The run has only one life here: its layers share an engine, which is
 * closed along with them.
 */
export class InProcessExecutor implements Executor {
  constructor(readonly machine: ThisMachine) {}

  capabilities(): readonly Capabilities[] {
    return [{ ...this.machine.capabilities, host: ALL.node }];
  }

  check({ singleProcess }: RunConfig): void {
    if (!singleProcess) throw new ConfigError('singleProcess: this coordinator can only train in a single process');
  }

  async execute(life: Life): Promise<Execution> {
    const { record, emit, starting, running } = life;
    const { plan, config } = record;
    const { engine } = this.machine;
    await record.settleNumerics(await numericsOf(engine, plan), config.allowDifferentNumbers);
    const peers = new MemoryPeers(plan);
    const of = { services: servicesOf(life, peers), resumption: resumptionOf(life) };
    const roles = await openAll(plan, await loadPlanned(planOn(this.machine.capabilities, plan)), engine, of);
    const [feeder] = roles as [Role];
    let failure: Error | undefined;
    starting();
    emit({ type: 'stage-started', process: { ...ALL, pid: process.pid } });
    const flowing = async (): Promise<void> => {
      // Lets the caller receive this life before it runs.
      await setImmediate();
      running();
      await runInMemory(plan, roles, peers).finally(() => engine.close());
      if (failure !== undefined) throw failure;
    };
    const ended = flowing().catch((error: unknown) => {
      life.abort(error as Error);
      throw error;
    });
    return {
      ended,
      isRunning: true,
      bytesGiven: 0,
      placement: new Map(stagesOf(plan).map(({ stage }) => [stage, ALL.node])),
      order: (order) => feeder.handle?.(order),
      end: (error) => {
        // There is no other process to kill: after the current batch is the soonest that it can end.
        failure ??= error;
        feeder.handle?.({ type: 'stop' });
      },
    };
  }

  release(): void {}
}

/** What each stage resumes from; nothing for a run that begins. */
function resumptionOf({ record, resume }: Life): (stage: string) => Resumption | undefined {
  const parts = partsOf(record.plan);
  return (stage) => {
    if (resume === undefined) return undefined;
    return { step: resume, read: () => record.readSnapshot(resume, parts.get(stage) ?? stage) };
  };
}

function servicesOf({ record, emit }: Life, peers: MemoryPeers): (stage: string) => StageServices {
  const parts = partsOf(record.plan);
  const partOf = (stage: string): string => parts.get(stage) ?? stage;
  return (stage) => ({
    exchange: peers.exchangeOf(stage),
    report: (report) => emit(evaluatorReport.parse(report)),
    storeModel: (bytes) => record.putModel(partOf(stage), bytes),
    storeSnapshot: (step, bytes) =>
      record.putSnapshot(step, partOf(stage), bytes).catch((error: unknown) => {
        emit({ type: 'snapshot-failed', stage, step, message: (error as Error).message });
      }),
    storeLook: (id, bytes) => record.looks.put(id, bytes),
  });
}
