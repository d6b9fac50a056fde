import t from 'tap';
import { faultOf } from '../src/data/fault.js';

const PLACEMENT = { feeder: 'ada', 'layer-1': 'ada', 'layer-10': 'box', evaluator: 'box' };

t.test('finds the stages that a sentence is about', async (t) => {
  const stages = (sentence: string): readonly string[] => faultOf(sentence, PLACEMENT).stages;
  t.same(stages('layer-1 (pid 71) was killed by SIGKILL; going back'), ['layer-1'], 'not layer-10');
  t.same(stages('layer-10: failed'), ['layer-10']);
  t.same(stages('Node box is gone: its connection closed; going back'), ['layer-10', 'evaluator']);
  t.same(stages('Something else'), []);
});
