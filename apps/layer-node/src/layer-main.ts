import { LayerHost } from '@layerline/pipeline';
import { runStage } from '@layerline/stage';

runStage(new LayerHost().open);
