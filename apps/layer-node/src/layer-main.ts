import { openLayer } from '@layerline/pipeline';
import { runStage } from '@layerline/stage';

runStage(openLayer);
