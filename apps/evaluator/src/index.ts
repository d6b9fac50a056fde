import { openEvaluator } from '@layerline/pipeline';
import { runStage } from '@layerline/stage';

runStage(openEvaluator);
