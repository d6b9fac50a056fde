import { feederHost } from '@layerline/pipeline';
import { runStage } from '@layerline/stage';

runStage(feederHost());
